import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { contentOf, isSalted, salted } from '#src/evidence/salted.ts';
import { openSqlite } from '#src/evidence/sqlite.ts';
import type { EvidenceStore } from '#src/evidence/store.ts';
import { canonical, sha256 } from '#src/ledger/canonical.ts';
import { oracle } from '#test/evidence/oracle.ts';
import { shown } from '#test/evidence/shown.ts';
import { type Observation, recordOf, steps, worldOf } from '#test/evidence/world.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const people = new Set(['example.bucket', 'example.change']);
const open = (file: string) => openSqlite(file, { synchronous: 'OFF', personal: people });
const newFile = (): string => join(folder, `${files++}.db`);

describe('a salted document', () => {
  test('gives back what was put in, and is canonical JSON', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        const text = canonical(JSON.parse(json.replaceAll(/-?\d+\.?\d*(e[+-]?\d+)?/gi, '7')));
        expect(contentOf(salted(text))).toBe(text);
        const document = salted(text);
        expect(canonical(JSON.parse(document))).toBe(document);
        expect(isSalted(document)).toBe(true);
      }),
    );
  });

  test('what a provider makes look like one comes back as it was given', async () => {
    const forged = salted('{"mine":1}');
    await using store = open(newFile());
    await store.append('schedule', 0, JSON.parse(forged));
    expect(canonical(store.entries('schedule')[0]!.body)).toBe(forged);
    expect(store.check()).toEqual([]);
  });
});

test('people are kept as anything else is: the same answers, and nothing new for what is unchanged', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(), async (given, cut) => {
      const world = worldOf(given);
      const file = newFile();
      const at = cut % (world.length + 1);
      {
        await using store = open(file);
        await tell(store, world.slice(0, at));
        expectSame(store, world.slice(0, at));
      }
      await using store = open(file);
      await tell(store, world.slice(at));
      expectSame(store, world);
    }),
    { numRuns: 10 },
  );
}, 60_000);

test('neither name nor content can be guessed from what the ledger commits to', async () => {
  const [given] = fc.sample(fc.array(steps, { minLength: 4, maxLength: 4 }), { seed: 5, numRuns: 1 });
  const world = worldOf(given!.flat());
  const file = newFile();
  await using store = open(file);
  await tell(store, world);
  const guesses = world.flatMap(({ scopes }) =>
    scopes.flatMap(({ scope, items = [] }) =>
      people.has(scope.population) ? items.flatMap(({ snapshot, judgements }) => [snapshot, canonical(judgements)]) : [],
    ),
  );
  expect(guesses.length).toBeGreaterThan(10);
  for (const guess of guesses) expect(store.document(sha256(guess))).toBeNull();
  const leaves = Array.from({ length: store.head().size }, (_, i) => store.leaf(i)).join('\n');
  for (const guess of guesses) expect(leaves).not.toContain(sha256(guess));
});

async function tell(store: EvidenceStore, world: readonly Observation[]): Promise<void> {
  for (const observation of world) await store.commit(recordOf(observation, store.held));
}

function expectSame(store: EvidenceStore, world: readonly Observation[]): void {
  const expected = oracle(world);
  const byText = (rows: readonly object[]) => rows.map((row) => JSON.stringify(row)).toSorted();
  expect(byText([...store.runs({ from: -Infinity, to: Infinity })])).toEqual(byText(expected.runs()));
  const itemsOf = (held: EvidenceStore['held'], key: string) =>
    new Map([...held.get(key)!.items].map(([item, own]) => [item, { ...own, document: '' }]));
  const found = shown(store.held) as unknown as EvidenceStore['held'];
  const held = expected.held() as unknown as EvidenceStore['held'];
  for (const key of held.keys()) expect(itemsOf(found, key)).toEqual(itemsOf(held, key));
  for (const scope of expected.held().keys())
    expect(store.history(scope, 'item-0').map(({ index, asOf, snapshot, judgements }) => ({ index, asOf, snapshot, judgements }))).toEqual(
      expected.history(scope, 'item-0'),
    );
  const last = store.lastCycle();
  for (const scope of expected.held().keys()) if (last) store.calls(last.index, scope);
  expect(store.check()).toEqual([]);
}
