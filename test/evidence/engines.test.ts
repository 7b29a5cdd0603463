import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openPostgres } from '#src/evidence/postgres.ts';
import { openSqlite } from '#src/evidence/sqlite.ts';
import { sqliteToPostgres } from '#src/evidence/sqlite-to-postgres.ts';
import type { EvidenceStore } from '#src/evidence/store.ts';
import { seeded } from '#test/evidence/faults/random.ts';
import { type PostgresServer, postgresIsThere, startPostgres } from '#test/evidence/postgres-server.ts';
import { differences, questionsAbout } from '#test/evidence/questions.ts';
import { formerStores, unpackStore } from '#test/evidence/stores.ts';
import { recordOf, steps, worldOf } from '#test/evidence/world.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('a store that an earlier version wrote', () => {
  test.each(formerStores)('$name is brought forward, checks clean and keeps its root', async ({ name, size, root }) => {
    const file = join(folder, `${name}.db`);
    unpackStore(name, file);
    await using store = openSqlite(file);
    expect(store.head()).toEqual({ size, root });
    expect(store.check()).toEqual([]);
  });
});

if (!postgresIsThere) test.skip('PostgreSQL is not installed here', () => undefined);
(postgresIsThere ? describe : describe.skip)('both engines', () => {
  let server: PostgresServer;
  let schemas = 0;
  const newSchema = () => server.address(`s${++schemas}`);
  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterAll(() => server?.remove());

  test('told the same they write the same ledger, and answer the same whatever is asked', async () => {
    await using sqlite = openSqlite(':memory:', { requestIdDays: 10_000 });
    await using postgres = openPostgres(newSchema(), { requestIdDays: 10_000 });
    const [world] = fc.sample(fc.array(steps, { minLength: 12, maxLength: 12 }), { seed: 5, numRuns: 1 });
    for (const observation of worldOf(world!.flat().slice(0, 60)))
      for (const store of [sqlite, postgres]) await store.commit(recordOf(observation, store.held));
    for (const store of [sqlite, postgres]) await store.append('controls', 0, { a: 1 });
    expect(postgres.head()).toEqual(sqlite.head());
    expect(postgres.check()).toEqual([]);
    expect(differences(sqlite, postgres, questionsAbout(sqlite, 700, seeded(1)))).toEqual([]);
  }, 60_000);

  describe('from SQLite to PostgreSQL', () => {
    const quietly = () => undefined;
    const withCurrent = async (name: string): Promise<string> => {
      const file = join(folder, `${schemas}-${name}.db`);
      unpackStore(name, file);
      await openSqlite(file)[Symbol.asyncDispose]();
      return file;
    };

    test.each(formerStores)(
      '$name keeps its root, answers alike, and goes on alike',
      async ({ name, size, root }) => {
        const [file, address] = [await withCurrent(name), newSchema()];
        const before = digestOf(file);
        const stages = new Set<string>();
        expect(sqliteToPostgres(file, address, (what) => void stages.add(what))).toMatchObject({ size, root });
        expect([...stages]).toEqual(['checking the source', 'copying', 'comparing', 'checking the copy']);
        expect(digestOf(file)).toBe(before);
        await using sqlite = openSqlite(file);
        await using postgres = openPostgres(address);
        expect(postgres.head()).toEqual({ size, root });
        expect(postgres.check()).toEqual([]);
        expect(differences(sqlite, postgres, questionsAbout(sqlite, 21, seeded(2)))).toEqual([]);
        await goOn(sqlite);
        await goOn(postgres);
        expect(postgres.head()).toEqual(sqlite.head());
        expect(postgres.check()).toEqual([]);
      },
      60_000,
    );

    test('a target that holds evidence is refused, and left as it is', async () => {
      const [file, address] = [await withCurrent('v1.example'), newSchema()];
      {
        await using store = openPostgres(address);
        await store.append('controls', 0, { other: 1 });
      }
      expect(() => sqliteToPostgres(file, address, quietly)).toThrow(expect.objectContaining({ code: 'STORE_NOT_EMPTY' }));
      await using store = openPostgres(address);
      expect([store.head().size, store.check()]).toEqual([1, []]);
    });

    test('a source that does not check clean is refused, and nothing is copied', async () => {
      const [file, address] = [await withCurrent('v1.example'), newSchema()];
      const db = new DatabaseSync(file);
      db.exec(
        "UPDATE result_run SET severity = 'low' || severity WHERE rowid IN (SELECT rowid FROM result_run LIMIT 1)".replaceAll(
          'rowid',
          'first',
        ),
      );
      db.close();
      expect(() => sqliteToPostgres(file, address, quietly)).toThrow(expect.objectContaining({ code: 'VERIFY_FAILED' }));
      await using store = openPostgres(address);
      expect(store.head().size).toBe(0);
    });

    test('a source that an agent writes to is refused', async () => {
      const file = await withCurrent('v1.example');
      await using _ = openSqlite(file);
      expect(() => sqliteToPostgres(file, newSchema(), quietly)).toThrow(expect.objectContaining({ code: 'STORE_LOCKED' }));
    });

    test.each(['copying', 'checking the copy'])('what ends while it is %s leaves an empty target', async (stage) => {
      const [file, address] = [await withCurrent('v1.example'), newSchema()];
      const stop = (what: string) => {
        if (what === stage) throw new Error('stopped');
      };
      expect(() => sqliteToPostgres(file, address, stop)).toThrow();
      {
        await using store = openPostgres(address);
        expect([store.head().size, store.check()]).toEqual([0, []]);
      }
    });
  });
});

const digestOf = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

async function goOn(store: EvidenceStore): Promise<void> {
  const { asOf } = store.lastCycle()!;
  const [world] = fc.sample(fc.array(steps, { minLength: 2, maxLength: 2 }), { seed: 3, numRuns: 1 });
  const observations = worldOf(world!.flat().slice(0, 12)).map((each) => ({ ...each, connection: `later-${each.connection}` }));
  const [first] = observations;
  for (const each of observations) {
    const scopes = each.scopes.map((observed) => ({ ...observed, scope: { ...observed.scope, connection: each.connection } }));
    const retired = each.retired.map((scope) => ({ ...scope, connection: each.connection }));
    await store.commit(recordOf({ ...each, scopes, retired, asOf: asOf + 3_600_000 + each.asOf - first!.asOf }, store.held));
  }
}
