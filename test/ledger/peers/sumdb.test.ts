import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonical } from '#src/ledger/canonical.ts';
import { checkpointText, parseCheckpoint } from '#src/ledger/checkpoint.ts';
import { localSigner, NoteError, noteOf, openNote, signatureLine } from '#src/ledger/note.ts';
import { consistencyPath, inclusionPath, nodesOf, rootOf } from '#src/ledger/proof.ts';
import type { LeafProof } from '#src/ledger/state-proof.ts';
import { bundleOf, bundlePath, tileOf, tilePath, tilesOf } from '#src/ledger/tiles.ts';
import { parseProof } from '#src/ledger/tlog-proof.ts';
import { leafHash } from '#src/ledger/tree.ts';
import { toldOf } from '#test/evidence/proofs.ts';
import { json } from '../json.ts';
import { flipped, line, note, text, vkey, witnessLine } from '../vectors.ts';
import { buildPeer, goIsHere, type Question } from './sumdb.ts';

(goIsHere ? describe : describe.skip)("what golang.org/x/mod's sumdb says", () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-sumdb-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  let ask: (questions: readonly Question[]) => string[];
  beforeAll(() => {
    ask = buildPeer(folder);
  }, 180_000);

  const size = 600;
  const entries = Array.from({ length: size }, (_, i) => Buffer.from(`{"n":${i},"t":"é${'x'.repeat(i % 7)}"}`));
  const nodeAt = nodesOf(entries.map((entry) => leafHash(entry)));
  const rootAt = (n: number) => rootOf(n, nodeAt);
  const signer = localSigner('log.example/ledger', generateKeyPairSync('ed25519').privateKey);
  const refused = (answers: readonly string[]) => answers.filter((answer) => answer.startsWith('refused:')).length;

  const inclusions = [1, 2, 7, 255, 256, 257, 600].flatMap((size) =>
    [...new Set([0, 1, size >> 1, size - 1])]
      .filter((index) => index < size)
      .map((index): Question & { do: 'inclusion' } => {
        const path = inclusionPath(index, size, nodeAt);
        return { do: 'inclusion', entry: entries[index]!, index, size, root: rootAt(size), path };
      }),
  );
  const consistencies = [1, 2, 7, 255, 256, 257, 600].flatMap((size) =>
    [...new Set([1, 2, 3, 5, 128, 256, size - 1, size])]
      .filter((old) => old > 0 && old <= size)
      .map((old): Question & { do: 'consistency' } => {
        return { do: 'consistency', old, oldRoot: rootAt(old), size, root: rootAt(size), path: consistencyPath(old, size, nodeAt) };
      }),
  );

  test('it accepts our notes, and opens the same text', async () => {
    const text = checkpointText({ origin: signer.name, size, root: rootAt(size) });
    const signed = noteOf(text, [signatureLine(signer.vkey, await signer.sign(text))]);
    const questions: Question[] = [
      { do: 'note', note: Buffer.from(signed), vkeys: [signer.vkey], text },
      { do: 'note', note: Buffer.from(note), vkeys: [vkey], text: openNote(note, [vkey]).text },
    ];
    expect(ask(questions)).toEqual(['ok', 'ok']);
    expect(ask([{ do: 'note', note: Buffer.from(note), vkeys: [signer.vkey] }])).toEqual(['refused: note has no verifiable signatures']);
  });

  test('it refuses a note with any bit the other way where we do, and nothing that we accept', () => {
    const bytes = Buffer.from(note);
    const notes = Array.from({ length: bytes.length * 8 }, (_, bit) => flipped(bytes, bit));
    const answers = ask(notes.map((note) => ({ do: 'note', note, vkeys: [vkey] })));
    expect(notes.filter((altered, i) => opens(altered.toString(), vkey) && answers[i] !== 'ok')).toEqual([]);
    // It knows nothing of the witness, nor minds the two bits that base64 leaves over at the end of a signature.
    const signature = bytes.indexOf(line) + Buffer.byteLength(line);
    const accepted = answers.flatMap((answer, bit) => (answer === 'ok' && bit < 8 * signature ? [bit >> 3] : []));
    expect(accepted.filter((at) => at !== signature - 2)).toEqual([]);
  });

  test('it accepts every note and every key, however it was put together, that we accept', () => {
    const pieces = [
      '',
      ' ',
      '\n',
      '\n\n',
      '+',
      '=',
      'A',
      '0',
      '\t',
      '\u00a0',
      '\u0085',
      '\ufeff',
      'é',
      '— ',
      '- ',
      text,
      line,
      witnessLine,
      `${line}\n`,
    ];
    const cut = fc.record({ from: fc.nat(), gone: fc.nat(3), piece: fc.constantFrom(...pieces) });
    const altered = (of: string) =>
      fc.sample(fc.array(cut, { minLength: 1, maxLength: 3 }), { numRuns: 1500 }).map((cuts) =>
        cuts.reduce((now, { from, gone, piece }) => {
          const at = from % (now.length + 1);
          return now.slice(0, at) + piece + now.slice(at + gone);
        }, of),
      );
    const notes = altered(`${text}\n${line}\n`);
    const answers = ask(notes.map((given) => ({ do: 'note', note: Buffer.from(given), vkeys: [vkey] })));
    const opened = notes.filter((given) => opens(given, vkey));
    expect(opened.length).toBeGreaterThan(0);
    expect(notes.filter((given, i) => opens(given, vkey) && answers[i] !== 'ok')).toEqual([]);
    const keys = [vkey, ...altered(vkey)];
    const known = ask(keys.map((given) => ({ do: 'note', note: Buffer.from(note), vkeys: [given] })));
    expect(keys.filter((given, i) => opens(note, given) && known[i] !== 'ok')).toEqual([]);
  });

  test('it accepts our inclusion proofs, and no other entry, place, size, root or path', () => {
    expect(ask(inclusions)).toEqual(inclusions.map(() => 'ok'));
    const altered = inclusions.flatMap((proof, i): Question[] => [
      { ...proof, entry: flipped(proof.entry, 3 * i) },
      { ...proof, root: flipped(proof.root, 7 * i) },
      { ...proof, index: proof.index + 1 },
      { ...proof, path: [...proof.path, proof.root] },
      ...proof.path.map((hash, at) => ({ ...proof, path: proof.path.with(at, flipped(hash, 11 * i)) })),
      ...proof.path.map((_, at) => ({ ...proof, path: proof.path.toSpliced(at, 1) })),
    ]);
    expect(refused(ask(altered))).toBe(altered.length);
  });

  test('it accepts our consistency proofs, and no other size, root or path', () => {
    expect(ask(consistencies)).toEqual(consistencies.map(() => 'ok'));
    const altered = consistencies.flatMap((proof, i): Question[] => [
      { ...proof, oldRoot: flipped(proof.oldRoot, 3 * i) },
      { ...proof, root: flipped(proof.root, 7 * i) },
      { ...proof, path: [...proof.path, proof.root] },
      ...(proof.old > 1 ? [{ ...proof, old: proof.old - 1 }] : []),
      ...proof.path.map((hash, at) => ({ ...proof, path: proof.path.with(at, flipped(hash, 11 * i)) })),
      ...proof.path.map((_, at) => ({ ...proof, path: proof.path.toSpliced(at, 1) })),
    ]);
    expect(refused(ask(altered))).toBe(altered.length);
  });

  test('it reads our tiles and entries, and finds every one of them under the checkpoint', async () => {
    const sizes = [1, 7, 256, 257, 600];
    const logs = await Promise.all(sizes.map((size) => written(size)));
    expect(ask(logs.map(({ folder }) => ({ do: 'log', folder, vkeys: [signer.vkey] })))).toEqual(sizes.map(() => 'ok'));
  });

  test('it refuses a log with a bit the other way in any of its files, or without one of them', async () => {
    const { folder, files } = await written(600, 'altered');
    expect(files).toEqual([
      'checkpoint',
      'tile/0/000',
      'tile/0/001',
      'tile/0/002.p/88',
      'tile/1/000.p/2',
      'tile/entries/000',
      'tile/entries/001',
      'tile/entries/002.p/88',
    ]);
    const accepted: string[] = [];
    const log: Question = { do: 'log', folder, vkeys: [signer.vkey] };
    for (const file of files) {
      const path = join(folder, file);
      const bytes = readFileSync(path);
      const last = bytes.length * 8 - 1;
      for (const altered of [flipped(bytes, 0), flipped(bytes, last >> 1), flipped(bytes, last), bytes.subarray(0, -1), Buffer.alloc(0)]) {
        writeFileSync(path, altered);
        if (ask([log])[0] === 'ok') accepted.push(file);
      }
      rmSync(path);
      if (ask([log])[0] === 'ok') accepted.push(file);
      writeFileSync(path, bytes);
    }
    expect(accepted).toEqual([]);
    expect(ask([log])).toEqual(['ok']);
  });

  test('it finds all three levels of a proof of a state: item in scope, scope in cycle, cycle in log', async () => {
    const { proofs, files } = await toldOf(3);
    const questions = proofs.flatMap(({ item, scope, cycle }): Question[] => {
      if (!item || !scope) return [];
      const { root: state } = (JSON.parse(cycle.leaf) as { state: { root: string } }).state;
      const { root: items } = JSON.parse(scope.leaf) as { root: string };
      const { index, path, note } = parseProof(files.get(cycle.index)!);
      const { size, root } = parseCheckpoint(note.slice(0, note.indexOf('\n\n') + 1));
      return [inTree(item, items), inTree(scope, state), { do: 'inclusion', entry: Buffer.from(cycle.leaf), index, size, root, path }];
    });
    expect(questions.length).toBeGreaterThan(100);
    expect(ask(questions)).toEqual(questions.map(() => 'ok'));
  });

  test('it writes JSON as canonically as we do', () => {
    const texts = fc.sample(json, { numRuns: 1000 }).map((value) => canonical(value));
    expect(ask(texts.map((text) => ({ do: 'canonical', entry: Buffer.from(text) })))).toEqual(texts.map(() => 'ok'));
    const wrong = ['{"b":0,"a":0}', '{"a": 0}', '["\\u00e9"]', '[1.0]', '[9007199254740992]', '["\\u001F"]', '[-0]'];
    expect(refused(ask(wrong.map((text) => ({ do: 'canonical', entry: Buffer.from(text) }))))).toBe(wrong.length);
  });

  /** The files of a log of the first entries. */
  async function written(size: number, name = `log-${size}`): Promise<{ folder: string; files: string[] }> {
    const text = checkpointText({ origin: signer.name, size, root: rootAt(size) });
    const files = new Map<string, string | Buffer>([['checkpoint', noteOf(text, [signatureLine(signer.vkey, await signer.sign(text))])]]);
    for (const tile of tilesOf(size)) files.set(tilePath(tile.level, tile.n, tile.width), tileOf(tile, nodeAt));
    for (const { n, width } of tilesOf(size).filter(({ level }) => level === 0))
      files.set(bundlePath(n, width), bundleOf(entries.slice(n * 256, n * 256 + width)));
    for (const [path, content] of files) {
      mkdirSync(dirname(join(folder, name, path)), { recursive: true });
      writeFileSync(join(folder, name, path), content);
    }
    return { folder: join(folder, name), files: [...files.keys()] };
  }
});

function opens(note: string, vkey: string): boolean {
  try {
    return openNote(note, [vkey]).text !== '';
  } catch (error) {
    if (error instanceof NoteError) return false;
    throw error;
  }
}

const inTree = ({ leaf, index, size, path }: LeafProof, root: string): Question => ({
  do: 'inclusion',
  entry: Buffer.from(leaf),
  index,
  size,
  root: Buffer.from(root, 'hex'),
  path: path.map((hash) => Buffer.from(hash, 'hex')),
});
