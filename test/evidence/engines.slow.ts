import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { shapes } from '#src/commands/shapes.ts';
import { check } from '#src/evidence/check.ts';
import { openDatabase } from '#src/evidence/database.ts';
import { openPostgres } from '#src/evidence/postgres.ts';
import { openPostgresDatabase } from '#src/evidence/postgres-engine.ts';
import { openSqlite } from '#src/evidence/sqlite.ts';
import { sqliteToPostgres } from '#src/evidence/sqlite-to-postgres.ts';
import type { EvidenceStore } from '#src/evidence/store.ts';
import { holdfast } from '#test/commands/cli.ts';
import { makeStoreOfEverything } from '#test/evidence/everything.ts';
import { seeded } from '#test/evidence/faults/random.ts';
import { canTrace, traceWriter } from '#test/evidence/faults/strace.ts';
import { tables, unreportedEdits } from '#test/evidence/postgres-edits.ts';
import { copyFormer } from '#test/evidence/postgres-former.ts';
import { type PostgresServer, postgresIsThere, startPostgres } from '#test/evidence/postgres-server.ts';
import { differences, questionsAbout } from '#test/evidence/questions.ts';
import { answersOf, formerStores, unpackStore } from '#test/evidence/stores.ts';
import { recordOf, steps, worldOf } from '#test/evidence/world.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('a store that an earlier version wrote', () => {
  test.each(formerStores)('$name is brought forward, checks clean, keeps its root and answers as before', async ({ name, ...answers }) => {
    const file = join(folder, `${name}.db`);
    unpackStore(name, file);
    const forward = openDatabase(file);
    expect(forward.prepare('PRAGMA foreign_keys').get()).toEqual({ foreign_keys: 1 });
    expect(forward.prepare('PRAGMA freelist_count').get()).toEqual({ freelist_count: 0 });
    forward.close();
    await using store = openSqlite(file, { readOnly: true });
    expect(answersOf(store)).toEqual(answers);
    expect(store.check()).toEqual([]);
  });
});

(canTrace ? test : test.skip)(
  'a process killed while it brings a store forward leaves the old schema or the new one, and the root',
  async () => {
    const [{ name, size, root }] = formerStores;
    const found = new Set<number>();
    for (const when of [1, 2, 5, 8, 60, 120, 240]) {
      const file = join(folder, `killed-${when}.db`);
      unpackStore(name, file);
      await traceWriter(file, { leaves: 0, strace: ['-e', `inject=pwrite64:signal=KILL:when=${when}`] });
      using db = new DatabaseSync(file);
      found.add(Number(db.prepare('SELECT count(*) AS steps FROM migration').get()!['steps']));
      await using store = openSqlite(file);
      expect([store.head(), store.check()]).toEqual([{ size, root }, []]);
    }
    expect(found).toContain(1);
  },
  60_000,
);

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

  test('a schema that an earlier version made is brought forward, checks clean, keeps its root and answers as before', async () => {
    const { name, ...answers } = formerStores[2];
    const file = join(folder, 'former.db');
    unpackStore(name, file);
    const schema = `s${++schemas}`;
    await server.asked(schema, (client) => copyFormer(file, schema, client));
    openPostgresDatabase(server.address(schema)).close();
    await using store = openPostgres(server.address(schema), { readOnly: true });
    expect(answersOf(store)).toEqual(answers);
    expect(store.check()).toEqual([]);
  });

  test('whatever is edited or removed past the guards of PostgreSQL is reported', async () => {
    const address = newSchema();
    const file = join(folder, 'everything.db');
    await makeStoreOfEverything(file, 258);
    sqliteToPostgres(file, address, () => undefined);
    const db = openPostgresDatabase(address);
    try {
      expect(check(db)).toEqual([]);
      const there = db.prepare('SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()').all();
      expect(new Set(there.map(({ name }) => name))).toEqual(new Set(tables));
      expect(unreportedEdits(db, 1 / 40)).toEqual({ tried: expect.any(Number), missed: [] });
    } finally {
      db.close();
    }
  }, 120_000);

  test('a trigger that is gone or off, a table that others can hide rows in', async () => {
    const schema = `s${++schemas}`;
    await openPostgres(server.address(schema))[Symbol.asyncDispose]();
    const faultsAfter = async (sql: string) => {
      await server.asked(schema, (client) => client.query(sql));
      const db = openPostgresDatabase(server.address(schema));
      const faults = [...db.faults()];
      db.close();
      return faults;
    };
    expect(await faultsAfter('ALTER TABLE change DISABLE TRIGGER change_is_not_changed')).toEqual([
      'the schema: change_is_not_changed is another',
    ]);
    expect(await faultsAfter('DROP TRIGGER change_is_not_changed ON change')).toEqual(['the schema: change_is_not_changed is missing']);
    expect(await faultsAfter('ALTER TABLE gap ENABLE ROW LEVEL SECURITY')).toContain('the schema: gap is another');
    expect(await faultsAfter('CREATE RULE silent AS ON INSERT TO rule DO INSTEAD NOTHING')).toContain(
      'the schema: rule rule silent does not belong to it',
    );
    expect(await faultsAfter('ALTER TABLE cycle DISABLE TRIGGER ALL')).toContain(
      'the schema: cycle: the triggers of its references are off does not belong to it',
    );
  });

  describe('from SQLite to PostgreSQL', () => {
    const quietly = () => undefined;
    const withCurrent = async (name: string): Promise<string> => {
      const file = join(folder, `${schemas}-${name}.db`);
      unpackStore(name, file);
      await openSqlite(file)[Symbol.asyncDispose]();
      return file;
    };

    test.each(formerStores.slice(0, 2))(
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

    test('as a command; the same commands then read the database', async () => {
      const [file, address] = [await withCurrent('v1.example'), newSchema()];
      const own = mkdtempSync(join(folder, 'command-'));
      writeFileSync(join(own, 'holdfast.yaml'), "company: Acme\nstore: '${env:DATABASE_URL}'\nconnections: [{ id: aws, provider: aws }]\n");
      const run = (line: string) => holdfast(own, line, { env: { DATABASE_URL: address } });
      expect(await run('status')).toMatchObject({ code: 2, err: expect.stringContaining('There is no evidence') });
      const { code, out } = await run(`migrate sqlite-to-postgres --from ${file} --json`);
      expect([code, shapes['migrate sqlite-to-postgres'].strict().parse(JSON.parse(out))]).toMatchObject([0, { size: 136 }]);
      expect(JSON.parse((await run('status --json')).out)).toMatchObject({ ledger: { size: 136, root: formerStores[1].root } });
      expect((await run(`migrate sqlite-to-postgres --from ${file}`)).err).toContain('rows already');
    }, 60_000);

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
      db.exec("UPDATE verdict SET severity = 'low' || severity WHERE id = 1");
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
