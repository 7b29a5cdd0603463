import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { Judgement } from '#src/cycle/evaluate.ts';
import { entryLeaf, requestsOf } from '#src/evidence/documents.ts';
import { committedName } from '#src/evidence/salted.ts';
import { openSqlite } from '#src/evidence/sqlite.ts';
import { type CycleRecord, parseScopeKey, type RuleSet, scopeKey } from '#src/evidence/store.ts';
import { canonical, sha256 } from '#src/ledger/canonical.ts';
import { checkpointText, parseCheckpoint } from '#src/ledger/checkpoint.ts';
import { cosignedText, localSigner, openNote, parseVkey, signatureLine } from '#src/ledger/note.ts';
import { byUtf8 } from '#src/ledger/order.ts';
import { consistencyPath, inclusionPath, isConsistent, nodesOf, rootOf } from '#src/ledger/proof.ts';
import { checkStateProof, formatStateProof, parseStateProof } from '#src/ledger/state-proof.ts';
import { bundleOf, bundlePath, tileOf, tilePath, tilesOf } from '#src/ledger/tiles.ts';
import { checkProof, formatPath, formatProof, parsePath } from '#src/ledger/tlog-proof.ts';
import { leafHash, merkleRoot, nodeHash } from '#src/ledger/tree.ts';
import { privateKeyOf } from './vectors.ts';

/** The vectors of the page: fenced blocks that have a name after their language. */
const page = readFileSync(new URL('../../docs/ledger.md', import.meta.url), 'utf8');
const blocks = new Map([...page.matchAll(/^```\w+ (\S+)\n(.*?)^```$/gms)].map(([, name, text]): [string, string] => [name!, text!]));
const used = new Set<string>();

/** A block as it stands, and without its last newline. */
const block = (name: string): string => {
  used.add(name);
  const text = blocks.get(name);
  if (text === undefined) throw new Error(`docs/ledger.md has no block ${name}`);
  return text;
};
const line = (name: string): string => block(name).slice(0, -1);
const lines = (name: string): string[] => line(name).split('\n');
/** `name value`, a line each. */
const table = (name: string): Record<string, string> => Object.fromEntries(lines(name).map((row) => row.split(/ +/) as [string, string]));

const entries = lines('entries');
const leaves = entries.map((entry) => leafHash(entry));
const nodeAt = nodesOf(leaves);

test('hashes of leaves, nodes and trees', () => {
  const hashes = Object.fromEntries([
    ['empty', merkleRoot([])],
    ['leaf0', leaves[0]!],
    ['leaf1', leaves[1]!],
    ['node01', nodeHash(leaves[0]!, leaves[1]!)],
    ...[1, 2, 3, 5, 7].map((n) => [`root${n}`, rootOf(n, nodeAt)] as const),
  ]);
  expect(table('hashes')).toEqual(Object.fromEntries(Object.entries(hashes).map(([name, hash]) => [name, hash.toString('hex')])));
});

test('canonical JSON, and the order of names', () => {
  const [loose, tight] = lines('canonical');
  expect(canonical(JSON.parse(loose!))).toBe(tight);
  expect(lines('order').toSorted(byUtf8)).toEqual(lines('order'));
  expect(lines('order').toSorted()).not.toEqual(lines('order'));
  for (const refused of lines('not-canonical')) expect(() => canonical(JSON.parse(refused))).toThrow(TypeError);
});

test('the name of an item that is a person', () => {
  const { key, salt, name } = table('salted');
  expect(committedName(key!, Buffer.from(salt!, 'hex'))).toBe(name);
});

describe('signed notes', () => {
  const seeds = table('keys');
  const signer = localSigner(line('origin'), privateKeyOf(seeds['log']!));
  const witness = privateKeyOf(seeds['witness']!);

  test('keys, text and signatures', async () => {
    const text = checkpointText({ origin: line('origin'), size: 7, root: rootOf(7, nodeAt) });
    expect(block('checkpoint')).toBe(text);
    const [vkey, witnessVkey] = lines('vkeys') as [string, string];
    expect(signer.vkey).toBe(vkey);
    expect(block('note').startsWith(`${text}\n${signatureLine(vkey, await signer.sign(text))}\n`)).toBe(true);
    const [seen] = openNote(block('note'), [witnessVkey]).verified;
    expect(block('cosigned')).toBe(cosignedText(text, seen!.timestamp!));
    expect(openNote(block('note'), [vkey, witnessVkey]).verified).toHaveLength(2);
    expect(parseVkey(witnessVkey).publicKey).toEqual(parseVkey(localSigner('w', witness).vkey).publicKey);
    expect(parseCheckpoint(text).size).toBe(7);
  });
});

test('tiles and bundles', () => {
  const size = 70_000;
  const paths = tilesOf(size).flatMap(({ level, n, width }) => [tilePath(level, n, width), ...(level === 0 ? [bundlePath(n, width)] : [])]);
  expect(lines('tile-paths').filter((path) => !paths.includes(path))).toEqual([]);
  expect(lines('tile-paths')).toEqual(expect.arrayContaining(paths.filter((path) => path.includes('.p/'))));
  expect(tilePath(1, 1_234_067, 256)).toBe(line('tile-deep'));
  expect(line('bundle')).toBe(bundleOf(entries.slice(0, 2)).toString('hex'));
  expect(line('tile')).toBe(tileOf({ level: 0, n: 0, width: 2 }, nodeAt).toString('hex'));
});

test('proofs of inclusion and consistency', () => {
  const [vkey] = lines('vkeys') as [string];
  const proof = formatProof({ index: 3, path: inclusionPath(3, 7, nodeAt), note: block('note') });
  expect(block('tlog-proof')).toBe(proof);
  expect(checkProof(proof, entries[3]!, [vkey])).toEqual({ index: 3, size: 7, origin: line('origin') });
  const path = consistencyPath(5, 7, nodeAt);
  expect(block('consistency')).toBe(formatPath(path));
  expect(isConsistent(5, rootOf(5, nodeAt), 7, rootOf(7, nodeAt), parsePath(block('consistency')))).toBe(true);
});

describe('the leaf of a cycle and what hangs on it', () => {
  const ruleSet = JSON.parse(line('rule-set')) as RuleSet;
  const looks = JSON.parse(line('looks')) as { looks: { scope: string; hold: number; unread?: never }[] };
  const items = lines('snapshots').map((snapshot, i) => {
    const { key } = JSON.parse(snapshot) as { key: string };
    return { key, name: key, at: null, snapshot, judgements: JSON.parse(lines('details')[i]!) as Judgement[] };
  });
  const leaf = JSON.parse(line('cycle-leaf')) as { asOf: string; ended: string; connection: string; manifest: { sample: string[] } };
  const cycle: CycleRecord = {
    connection: leaf.connection,
    asOf: Date.parse(leaf.asOf),
    ended: Date.parse(leaf.ended),
    ruleSet,
    retired: [],
    scopes: looks.looks.map(({ scope, hold, unread }, i) => {
      const call = { operation: 'List', parameters: '{}', page: 0, requestId: `request-${i}` };
      const known = { scope: parseScopeKey(scope), hold };
      if (unread)
        return {
          ...known,
          status: 'failed',
          unread,
          calls: [{ ...call, status: 403, reply: null, failure: { reason: 'denied', code: 'AccessDenied', detail: '' } }],
        };
      return { ...known, status: 'complete', items: items.length, changes: items, calls: [{ ...call, status: 200, reply: '[]' }] };
    }),
  };

  test('the store writes this leaf, and proves these four things', async () => {
    await using store = openSqlite(':memory:', { synchronous: 'OFF' });
    await store.commit(cycle);
    expect(store.leaf(0)).toBe(line('cycle-leaf'));
    expect(JSON.parse(line('cycle-leaf'))).toMatchObject({
      ruleSet: sha256(line('rule-set')),
      scopes: { looks: sha256(line('looks')) },
      manifest: { sha256: sha256(line('cycle-manifest')) },
    });
    const [failing, there] = cycle.scopes.map(({ scope }) => scopeKey(scope));
    const questions = [
      { cycle: 0, scope: there!, item: 'b' },
      { cycle: 0, scope: there!, item: 'c' },
      { cycle: 0, scope: failing!, item: 'b' },
      { cycle: 0, scope: 'aws/222222222222/eu-west-1/example.bucket', item: 'b' },
    ];
    const proofs = store.prove(questions).map((proof) => formatStateProof(proof));
    expect(proofs).toEqual(['proof-item', 'proof-no-item', 'proof-failed', 'proof-no-scope'].map(block));
    expect(proofs.map((proof) => checkStateProof(parseStateProof(proof)).shows)).toEqual(['item', 'no item', 'failed', 'no scope']);
  });

  test('leaves of items, scopes and changes, up to the roots', () => {
    const itemLeaves = lines('item-leaves');
    const [failed, complete] = lines('scope-leaves');
    const root = merkleRoot(itemLeaves.map((text) => leafHash(text))).toString('hex');
    expect(JSON.parse(complete!)).toMatchObject({ status: 'complete', items: items.length, root });
    expect(JSON.parse(failed!)).toMatchObject({ status: 'failed' });
    for (const [i, text] of itemLeaves.entries()) {
      const hashes = { snapshot: sha256(lines('snapshots')[i]!), detail: sha256(lines('details')[i]!) };
      expect(JSON.parse(text)).toMatchObject({ item: items[i]!.key, ...hashes });
    }
    const changes = lines('change-leaves');
    expect(changes.map((text) => (JSON.parse(text) as { leaf: string }).leaf)).toEqual(
      itemLeaves.map((text) => leafHash(text).toString('hex')),
    );
    expect(JSON.parse(line('cycle-leaf'))).toMatchObject({
      state: { root: merkleRoot([failed!, complete!].map((text) => leafHash(text))).toString('hex') },
      changes: { n: changes.length, root: merkleRoot(changes.map((text) => leafHash(text))).toString('hex') },
    });
    for (const text of [...itemLeaves, failed!, complete!, ...changes, line('cycle-leaf')]) expect(canonical(JSON.parse(text))).toBe(text);
  });

  test('the sample of request ids', () => {
    const { previous, sample } = table('request-sample');
    const ids = lines('request-ids');
    const found = requestsOf(ids.toReversed(), Buffer.from(previous!, 'hex'));
    expect(found).toEqual({ n: ids.length, root: table('request-sample')['root'], sample: sample!.split(',') });
  });

  test('the leaf of an entry', () => {
    const { kind, asOf } = JSON.parse(line('entry-leaf')) as { kind: string; asOf: string };
    expect(entryLeaf(kind, Date.parse(asOf), sha256(line('entry-body')))).toBe(line('entry-leaf'));
  });
});

test('every block of the page was read', () => {
  expect([...blocks.keys()].filter((name) => !used.has(name))).toEqual([]);
});
