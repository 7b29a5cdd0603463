import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { openSqlite } from '#src/evidence/sqlite.ts';
import type { StateQuestion } from '#src/evidence/store.ts';
import { canonical } from '#src/ledger/canonical.ts';
import { checkLog } from '#src/ledger/check-log.ts';
import { checkpointText } from '#src/ledger/checkpoint.ts';
import { localSigner, NoteError, type NoteSigner, noteOf, signatureLine } from '#src/ledger/note.ts';
import { consistencyPath, inclusionPath, isConsistent, type NodeAt, nodesOf, ProofError, rootOf } from '#src/ledger/proof.ts';
import { checkStateInLog, formatStateProof, type LeafProof, parseStateProof } from '#src/ledger/state-proof.ts';
import { bundleOf, bundlePath, tileOf, tilePath, tilesOf } from '#src/ledger/tiles.ts';
import { formatPath, formatProof, parsePath } from '#src/ledger/tlog-proof.ts';
import { leafHash } from '#src/ledger/tree.ts';
import { recordOf, steps, worldOf } from '#test/evidence/world.ts';

/** The files of one log as they are handed over: all of it, proofs of some states, and that earlier heads are beginnings of it. */
export type Files = ReadonlyMap<string, Buffer>;

export interface Handed {
  readonly files: Files;
  /** The same log when it was shorter: signed as well, and no less true then. */
  readonly earlier: Files;
  /** What is wrong with the files, each line with its place; and with what they show, in place of what they should. */
  check(files: Files): string[];
}

/** A log of a random world. Of some of its states there are proofs of all four kinds. */
export async function handOver(cycles: number, seed: number): Promise<Handed> {
  const signer = localSigner('log.example/fuzz', generateKeyPairSync('ed25519').privateKey);
  const sampled = fc.sample(fc.array(steps, { minLength: cycles, maxLength: cycles }), { seed, numRuns: 1 })[0]!;
  const world = worldOf(sampled.flat().slice(0, cycles));
  await using store = openSqlite(':memory:', { synchronous: 'OFF' });
  for (const observation of world) await store.commit(recordOf(observation, store.held));

  const places = ['111111111111/global/example.bucket', '111111111111/global/example.change', '222222222222/global/none'];
  const questions = world.flatMap(({ connection }, cycle): StateQuestion[] =>
    places.map((place, n) => ({ cycle, scope: `${connection}/${place}`, item: `item-${(cycle + n) % 4}` })),
  );
  const proofs = store.prove(questions);
  const leaves = questions.flatMap(({ cycle }, i) => (i === 0 || questions[i - 1]!.cycle !== cycle ? [proofs[i]!.cycle.leaf] : []));
  const nodeAt = nodesOf(leaves.map((leaf) => leafHash(leaf)));

  const heads = [0, 1, 100, cycles - 1, cycles].filter((size) => size <= cycles);
  const states = questions.map((_, i) => i).filter((i) => i % 61 === 0);
  const write = async (size: number): Promise<Map<string, Buffer>> => {
    const files = await logOf(leaves.slice(0, size), nodeAt, signer);
    for (const old of heads)
      if (old <= size) files.set(`consistency/${old}.txt`, Buffer.from(formatPath(consistencyPath(old, size, nodeAt))));
    for (const i of states) {
      const { cycle } = proofs[i]!;
      if (cycle.index >= size) continue;
      const proof = formatProof({
        index: cycle.index,
        path: inclusionPath(cycle.index, size, nodeAt),
        note: files.get('checkpoint')!.toString(),
      });
      files.set(`proofs/${i}.tlog-proof`, Buffer.from(proof));
      files.set(`proofs/${i}.json`, Buffer.from(formatStateProof({ ...proofs[i]!, tlogProof: `${i}.tlog-proof` })));
    }
    return files;
  };
  const vkeys = [signer.vkey];

  function* checkAll(files: Files): Generator<string> {
    const isOfLog = (path: string) => !/^(proofs|consistency)\//.test(path);
    const head = yield* checkLog(new Map([...files].filter(([path]) => isOfLog(path))), vkeys);
    if (head && head.size !== cycles) yield `checkpoint: it is of ${head.size} leaves, not ${cycles}`;
    const [root, known] = [rootOf(cycles, nodeAt), new Set<string>()];
    const text = (path: string): string => {
      known.add(path);
      const bytes = files.get(path);
      if (!bytes) throw new NoteError('it is missing');
      return bytes.toString();
    };
    for (const old of heads) {
      const path = `consistency/${old}.txt`;
      yield* saying(path, () =>
        isConsistent(old, rootOf(old, nodeAt), cycles, root, parsePath(text(path))) ? null : 'it does not show that the log began so',
      );
    }
    for (const i of states) {
      const path = `proofs/${i}.json`;
      yield* saying(path, () => {
        const { tlogProof, ...proof } = parseStateProof(text(path));
        const beside = text(`proofs/${i}.tlog-proof`);
        if (tlogProof !== `${i}.tlog-proof`) return 'it names another file';
        const { size, ...shown } = checkStateInLog(proof, beside, vkeys);
        return canonical(shown) === expected.get(i) && size === cycles ? null : 'it shows something else';
      });
    }
    for (const path of files.keys()) if (!isOfLog(path) && !known.has(path)) yield `${path}: nobody expects it`;
  }
  const intact = await write(cycles);
  const expected = new Map(
    states.map((i) => {
      const { size: _, ...shown } = checkStateInLog(proofs[i]!, intact.get(`proofs/${i}.tlog-proof`)!.toString(), vkeys);
      return [i, canonical(shown)];
    }),
  );
  return { files: intact, earlier: await write(cycles - 1), check: (files) => [...checkAll(files)] };
}

function* saying(path: string, check: () => string | null): Generator<string> {
  try {
    const wrong = check();
    if (wrong !== null) yield `${path}: ${wrong}`;
  } catch (error) {
    if (!(error instanceof NoteError || error instanceof ProofError)) throw error;
    yield `${path}: ${error.message}`;
  }
}

async function logOf(leaves: readonly string[], nodeAt: NodeAt, signer: NoteSigner): Promise<Map<string, Buffer>> {
  const size = leaves.length;
  const text = checkpointText({ origin: signer.name, size, root: rootOf(size, nodeAt) });
  const files = new Map<string, Buffer>([['checkpoint', Buffer.from(noteOf(text, [signatureLine(signer.vkey, await signer.sign(text))]))]]);
  for (const tile of tilesOf(size)) {
    const { level, n, width } = tile;
    files.set(tilePath(level, n, width), tileOf(tile, nodeAt));
    if (level === 0) files.set(bundlePath(n, width), bundleOf(leaves.slice(n * 256, n * 256 + width)));
  }
  return files;
}

/** One edit: which file, how, and two numbers that choose where. */
export const edit = fc.record({ file: fc.nat(), how: fc.nat(), at: fc.nat(), to: fc.nat() });

/** The files after the edit, what it was, and which of them a report has to name: one is enough. Null where it happens to change nothing. */
export function edited({ files, earlier }: Handed, { file, how, at, to }: { file: number; how: number; at: number; to: number }) {
  const names = [...files.keys()];
  const [name, other] = [names[file % names.length]!, names[to % names.length]!];
  const bytes = files.get(name)!;
  const place = at % Math.max(bytes.length, 1);
  const splice = (from: number, gone: number, ...put: readonly Uint8Array[]) =>
    Buffer.concat([bytes.subarray(0, from), ...put, bytes.subarray(from + gone)]);
  const lines = bytes.toString('latin1').split('\n');
  const [line, second] = [at % lines.length, to % lines.length];
  const ofLines = (altered: readonly string[]) => Buffer.from(altered.join('\n'), 'latin1');
  const edits: Record<string, () => Map<string, Buffer>> = {
    'a bit is the other way': () => put(splice(place, 1, Buffer.of((bytes[place] ?? 0) ^ (1 << (to % 8))))),
    'a byte is another': () => put(splice(place, 1, Buffer.of(to % 256))),
    'a byte is gone': () => put(splice(place, 1)),
    'a byte is put in': () => put(splice(place, 0, Buffer.of(to % 256))),
    'a byte stands twice': () => put(splice(place, 0, bytes.subarray(place, place + 1))),
    'two bytes are swapped': () => put(splice(place, 2, bytes.subarray(place + 1, place + 2), bytes.subarray(place, place + 1))),
    'a digit is another': () => put(Buffer.from(bytes.toString('latin1').replace(/\d/g, digitAt(at, to)), 'latin1')),
    'some bytes are zero': () => put(splice(place, to % 40, Buffer.alloc(Math.min(to % 40, bytes.length - place)))),
    'the tail is gone': () => put(bytes.subarray(0, place)),
    'the head is gone': () => put(bytes.subarray(place)),
    'something follows': () => put(Buffer.concat([bytes, bytes.subarray(place, place + 1 + (to % 64))])),
    'it stands twice': () => put(Buffer.concat([bytes, bytes])),
    'two lines are swapped': () => put(ofLines(lines.with(line, lines[second]!).with(second, lines[line]!))),
    'a line is gone': () => put(ofLines(lines.toSpliced(line, 1))),
    'a line stands twice': () => put(ofLines(lines.toSpliced(line, 0, lines[line]!))),
    'a line of another file': () => put(ofLines(lines.toSpliced(line, 1, files.get(other)!.toString('latin1').split('\n')[0]!))),
    'blanks are other blanks': () => put(Buffer.from(bytes.toString('latin1').replaceAll('\n', '\r\n'), 'latin1')),
    'it is empty': () => put(Buffer.alloc(0)),
    'it is gone': () => new Map([...files].filter(([path]) => path !== name)),
    'it has another name': () => new Map([...files].map(([path, content]) => [path === name ? `${path}.bak` : path, content])),
    'it is another file': () => put(files.get(other)!),
    'two files are swapped': () => new Map([...files, [name, files.get(other)!] as const, [other, bytes] as const]),
    'it is what it was before': () => put(earlier.get(name) ?? Buffer.alloc(0)),
    'the log is what it was before': () => new Map([...files, ...[...earlier].filter(([path]) => !path.startsWith('proofs'))]),
  };
  const put = (content: Uint8Array) => new Map([...files, [name, Buffer.from(content)]]);
  const what = Object.keys(edits)[how % Object.keys(edits).length]!;
  const altered = edits[what]!();
  const same = altered.size === files.size && [...files].every(([path, content]) => saysTheSame(path, altered.get(path), content));
  const touched = what.startsWith('the log') ? ['checkpoint'] : what.startsWith('two files') ? [name, other] : [name];
  return same ? null : { what: `${name}: ${what} (${at}, ${to})`, touched: touched.map(withoutEnding), files: altered };
}

/**
 * Whether a file is the other one. The number of scopes stands in no leaf, so that of a proof of a scope only gives its path a shape, and another
 * number may give it the same shape.
 */
function saysTheSame(path: string, altered: Buffer | undefined, intact: Buffer): boolean {
  if (altered?.equals(intact)) return true;
  if (!altered || !/^proofs\/.*\.json$/.test(path)) return false;
  const [one, other] = [altered, intact].map((bytes) => shapeOf(bytes.toString()));
  return one !== null && one === other;
}

/** A proof with the shapes of its scopes' paths in place of what gives them; null where it is none. */
function shapeOf(text: string): string | null {
  try {
    const { scope, noScope, ...proof } = parseStateProof(text);
    const sides = [scope, noScope?.before, noScope?.after].map((leaf) => leaf && { ...leaf, index: turns(leaf), size: null });
    return canonical({ ...proof, name: noScope?.name ?? null, sides: sides.map((side) => side ?? null) });
  } catch {
    return null;
  }
}

/** On which side of each node of its path a leaf stands, from below. Throws where the path is not of that length. */
function turns({ index, size, path }: LeafProof): string {
  const sides: string[] = [];
  for (let at = index, last = size - 1; last > 0; at = Math.floor(at / 2), last = Math.floor(last / 2))
    if (at % 2 === 1) sides.push('right');
    else if (at < last) sides.push('left');
  if (sides.length !== path.length || index >= size) throw new ProofError('the path is of another tree');
  return sides.join(' ');
}

/** A proof of a state is two files. */
const withoutEnding = (path: string): string => path.replace(/\.(json|tlog-proof)$/, '');

/** Replaces the nth digit, counted round a thousand, by another. */
function digitAt(at: number, to: number): (digit: string) => string {
  let n = 0;
  return (digit) => (n++ === at % 1000 ? String((Number(digit) + 1 + (to % 9)) % 10) : digit);
}
