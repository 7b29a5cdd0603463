import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { CallRecord } from '#src/cycle/collect.ts';
import { openSqlite } from '#src/evidence/sqlite.ts';
import type { CycleRecord, EvidenceStore, ItemChange } from '#src/evidence/store.ts';
import { canonical } from '#src/ledger/canonical.ts';
import { hour, recordOf, start, steps, worldOf } from '#test/evidence/world.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const newFile = (): string => join(folder, `${files++}.db`);
const order = { policy: 'replies 400 days', by: 'security@example.com', at: Date.UTC(2027, 0, 1) };

describe('a policy', () => {
  test('takes data, and neither a root nor an answer about results', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { minLength: 1, maxLength: 3 }), fc.nat(), fc.boolean(), async (given, n, salted) => {
        const world = worldOf(given.flat());
        const cutoff = world[n % world.length]!.asOf;
        const options = { synchronous: 'OFF', ...(salted && { personal: new Set(['example.bucket']) }) } as const;
        const file = newFile();
        let before: unknown;
        {
          await using store = openSqlite(file, options);
          for (const observation of world) await store.commit(recordOf(observation, store.held));
          before = answers(store);
          const root = store.head();
          const purged = await store.purge({ ...order, before: { replies: cutoff, snapshots: cutoff } });
          expect(store.rootAt(root.size).toString('hex')).toBe(root.root);
          expect(purged.head.size).toBe(root.size + Number(purged.documents > 0));
          expect(answers(store)).toEqual(before);
          expect(store.check()).toEqual([]);
        }
        await using store = openSqlite(file, options);
        expect(answers(store)).toEqual(before);
        const later = { ...world.at(-1)!, asOf: world.at(-1)!.asOf + hour, retired: [] };
        await store.commit(recordOf(later, store.held));
        expect(store.check()).toEqual([]);
      }),
      { numRuns: 12 },
    );
  }, 60_000);

  test('says what it took; asked again, it takes nothing', async () => {
    await using store = openSqlite(newFile(), { synchronous: 'OFF' });
    for (let n = 0; n < 4; n++) await store.commit(look(n, [item('a', n)]));
    const trial = await store.purge({ ...order, before: { replies: start + 2 * hour }, dryRun: true });
    expect(trial).toMatchObject({ documents: 2, head: { size: 4 } });
    const done = await store.purge({ ...order, before: { replies: start + 2 * hour } });
    expect(done).toEqual({ ...trial, head: done.head });
    expect(store.entries('tombstone')).toMatchObject([
      { index: 4, body: { reason: 'retention', policy: order.policy, by: order.by, items: [] } },
    ]);
    expect((await store.purge({ ...order, before: { replies: start + 2 * hour } })).documents).toBe(0);
    expect(store.calls(0, scopeName).map(({ reply }) => reply)).toEqual([null]);
    expect(store.calls(2, scopeName).map(({ reply }) => reply)).toEqual([expect.stringContaining('a@example.com')]);
  });
});

describe('erasing a person', () => {
  const people = new Set(['identity.account']);
  const open = (file: string) => openSqlite(file, { synchronous: 'OFF', personal: people });
  const jane = 'jane@example.com';

  async function withJane(file: string): Promise<{ size: number; root: string }> {
    await using store = open(file);
    await store.commit(look(0, [item('jane', 0), item('a', 0)]));
    await store.commit(look(1, [item('jane', 1)], 2));
    await store.commit(look(2, [{ key: 'jane', name: 'jane', at: null, snapshot: null, judgements: null }], 1));
    return store.head();
  }

  test('leaves no trace of the name in the file, and every root and proof as it was', async () => {
    const file = newFile();
    const before = await withJane(file);
    const secrets = compressedIn(file);
    expect(secrets.length).toBeGreaterThan(3);
    for (const secret of secrets) expect(traceIn(file, secret)).toBe(true);
    {
      await using store = open(file);
      expect(JSON.stringify(store.history(scopeName, 'jane'))).toContain(jane);
      const proof = store.prove([{ cycle: 1, scope: scopeName, item: 'jane' }]);
      const done = await store.erase({ ...order, scope: scopeName, item: 'jane' });
      expect(done.words).toEqual(['jane', jane]);
      expect(done.remaining).toEqual({ living: 0, unsalted: 0 });
      expect(store.rootAt(before.size).toString('hex')).toBe(before.root);
      const { name } = (store.entries('tombstone')[0]!.body as unknown as { items: { name: string }[] }).items[0]!;
      expect(name).toMatch(/^salted:[0-9a-f]{64}$/);
      expect(store.prove([{ cycle: 1, scope: scopeName, item: name }])).toEqual(proof);
      expect(store.history(scopeName, 'jane')).toEqual([]);
      expect(store.history(scopeName, name)).toMatchObject([
        { snapshot: null, judgements: [{ result: 'pass' }] },
        { snapshot: null },
        { snapshotHash: null },
      ]);
      expect([...store.runs({ from: 0, to: Infinity, item: name })]).toMatchObject([{ result: 'pass', gone: true }]);
      expect(store.check()).toEqual([]);
      const everything = JSON.stringify([store.history(scopeName, name), store.entries(), [0, 1, 2].map((n) => store.calls(n, scopeName))]);
      expect(everything).not.toContain(jane);
    }
    for (const secret of secrets) expect(traceIn(file, secret)).toBe(false);
    await using store = open(file);
    expect(store.check()).toEqual([]);
    await store.commit(look(3, [item('jane', 5)], 2));
    expect(store.history(scopeName, 'jane')).toHaveLength(1);
    expect(store.check()).toEqual([]);
  });

  test('says so where a reader keeps the old pages alive: nothing is called gone that is not', async () => {
    const file = newFile();
    await withJane(file);
    await using store = open(file);
    using reader = new DatabaseSync(file, { readOnly: true });
    reader.exec('BEGIN');
    reader.prepare('SELECT count(*) FROM blob').get();
    await expect(store.erase({ ...order, scope: scopeName, item: 'jane' })).rejects.toMatchObject({ code: 'STORE_NOT_SCRUBBED' });
    expect(store.entries('tombstone')).toHaveLength(1);
    expect(store.check()).toEqual([]);
  }, 30_000);

  test('is refused while the person is there, and for what was never a person', async () => {
    const file = newFile();
    await withJane(file);
    await using store = open(file);
    await expect(store.erase({ ...order, scope: scopeName, item: 'a' })).rejects.toMatchObject({ code: 'ITEM_NOT_ERASABLE' });
    await expect(store.erase({ ...order, scope: scopeName, item: 'nobody' })).rejects.toMatchObject({ code: 'ITEM_NOT_ERASABLE' });
    expect(store.entries('tombstone')).toEqual([]);
  });
});

const scope = { connection: 'directory', account: 'example', region: 'global', population: 'identity.account' };
const scopeName = 'directory/example/global/identity.account';
const ruleSet = { rules: { 'idp.a': { version: '1', parameters: {} } }, byPopulation: { 'identity.account': ['idp.a'] } };

const item = (key: string, value: number): ItemChange => ({
  key,
  name: key,
  at: null,
  snapshot: canonical({ key, mail: `${key}@example.com`, name: key, value }),
  judgements: [{ rule: 'idp.a', result: 'pass', message: `${key} is enrolled.`, severity: 'high' }],
});

function look(n: number, changes: readonly ItemChange[], items = changes.length): CycleRecord {
  const asOf = start + n * hour;
  const listed = changes.some(({ key, snapshot }) => key === 'jane' && snapshot) ? ['jane', 'a'] : ['a'];
  const call: CallRecord = {
    operation: 'List',
    parameters: '{}',
    page: 0,
    status: 200,
    requestId: `${n}`,
    reply: canonical({ n, people: listed.map((key) => `${key}@example.com`) }),
  };
  return {
    connection: 'directory',
    asOf,
    ended: asOf,
    ruleSet,
    retired: [],
    scopes: [{ scope, hold: 2 * hour, calls: [call], status: 'complete', items, changes }],
  };
}

function answers(store: EvidenceStore) {
  return {
    runs: [...store.runs({ from: -Infinity, to: Infinity })],
    gaps: store.gaps(-Infinity, Infinity),
    held: [...store.held].map(([key, { items }]) => [key, [...items].map(([name, { hash, judgements }]) => [name, hash, judgements])]),
    cycles: store.cycles(0, Infinity),
  };
}

/** What the file has of jane: her key and its salt, and her documents as they are stored. */
function compressedIn(file: string): Uint8Array[] {
  using db = new DatabaseSync(file);
  const own =
    "SELECT DISTINCT blob.data FROM change JOIN item ON item.id = change.item JOIN blob ON blob.id IN (snapshot, detail) WHERE item.key = 'jane'";
  const [item] = db.prepare("SELECT salt FROM item WHERE key = 'jane'").all();
  return [
    item!['salt'] as Uint8Array,
    ...db
      .prepare(own)
      .all()
      .map(({ data }) => data as Uint8Array),
  ];
}

/** Whether the bytes stand in any file of the store. */
const traceIn = (file: string, bytes: Uint8Array): boolean =>
  readdirSync(folder)
    .filter((name) => join(folder, name).startsWith(file))
    .some((name) => readFileSync(join(folder, name)).includes(Buffer.from(bytes)));
