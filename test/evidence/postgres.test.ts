import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type pg from 'pg';
import { openPostgres } from '#src/evidence/postgres.ts';
import { examinePostgres, openPostgresDatabase } from '#src/evidence/postgres-engine.ts';
import type { EvidenceStore } from '#src/evidence/store.ts';
import { evidenceStoreContract } from '#test/contracts/evidence-store.ts';
import { tellNext } from '#test/evidence/faults/story.ts';
import { type PostgresServer, postgresIsThere, startPostgres } from '#test/evidence/postgres-server.ts';
import { recordOf, start, steps, worldOf } from '#test/evidence/world.ts';

if (!postgresIsThere) test.skip('PostgreSQL is not installed here', () => undefined);
(postgresIsThere ? describe : describe.skip)('with a server of its own', () => {
  let server: PostgresServer;
  let schemas = 0;
  const newSchema = () => `s${++schemas}`;
  const open = (schema: string, options: Parameters<typeof openPostgres>[1] = {}) => openPostgres(server.address(schema), options);
  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterAll(() => server?.remove());

  evidenceStoreContract(
    'PostgreSQL',
    async () => ({
      open: async () => open('contract'),
      remove: () => server.unguarded('contract', emptied),
    }),
    3,
  );

  test('a server is examined, while an agent writes there too, and nothing is made', async () => {
    const schema = newSchema();
    expect(examinePostgres(server.address(schema))).toMatch(/^\d+/);
    expect(() => openPostgres(server.address(schema), { readOnly: true })).toThrow(expect.objectContaining({ code: 'STORE_MISSING' }));
    await using _ = open(schema);
    expect(examinePostgres(server.address(schema))).toMatch(/^\d+/);
    expect(() => examinePostgres('postgres://x:c4n4ry@127.0.0.1:9/x')).toThrow(
      expect.objectContaining({ code: 'STORE_UNREACHABLE', message: expect.not.stringContaining('c4n4ry') }),
    );
  });

  describe('one writer', () => {
    test('a second one is refused while the first lives, and told who it is; other schemas are other stores', async () => {
      const [schema, other] = [newSchema(), newSchema()];
      {
        await using _ = open(schema);
        expect(() => open(schema)).toThrow(
          expect.objectContaining({ code: 'STORE_LOCKED', message: expect.stringContaining(`${process.pid})`) }),
        );
        await open(other)[Symbol.asyncDispose]();
      }
      await open(schema)[Symbol.asyncDispose]();
    });

    test('who only reads sees the moment of opening, and may not write', async () => {
      const schema = newSchema();
      await using store = open(schema);
      await tell(store, 3);
      await using reader = open(schema, { readOnly: true });
      const seen = [reader.head(), [...reader.held.keys()]];
      await tell(store, 2);
      expect([reader.head(), [...reader.held.keys()], reader.check()]).toEqual([...seen, []]);
      expect(store.head().size).toBe(5);
      await expect(reader.append('controls', 0, {})).rejects.toMatchObject({ code: 'STORE_INVARIANT' });
    });

    test('a ledger that someone else moved is not written to, nor is anything after that', async () => {
      const schema = newSchema();
      await using store = open(schema);
      await tell(store, 2);
      const added = 'INSERT INTO ledger (idx, hash, size, data) SELECT 2, hash, size, data FROM ledger WHERE idx = 0';
      await server.asked(schema, (client) => client.query(added));
      await expect(store.append('controls', 0, {})).rejects.toMatchObject({ code: 'LEDGER_MOVED' });
      await expect(store.append('controls', 0, {})).rejects.toMatchObject({ code: 'STORE_INVARIANT' });
    });

    test('whoever writes is waited for, and then told that the ledger has moved', async () => {
      const schema = newSchema();
      await using store = open(schema);
      await tell(store, 1);
      await server.asked(schema, async (client) => {
        await client.query('BEGIN; SELECT id FROM migration WHERE id = 1 FOR UPDATE');
        await client.query('INSERT INTO ledger (idx, hash, size, data) SELECT 1, hash, size, data FROM ledger');
        // The store waits in this thread: what it waits for must end without it.
        const ended = client.query('SELECT pg_sleep(0.5); COMMIT');
        await new Promise((resolve) => setTimeout(resolve, 100));
        await expect(store.append('controls', 0, {})).rejects.toMatchObject({ code: 'LEDGER_MOVED' });
        await ended;
      });
    });
  });

  describe('a server that is not as it should be', () => {
    test('a connection that ends: what was acknowledged is there, nothing more is taken, and reopening tells the truth', async () => {
      const schema = newSchema();
      let head: unknown;
      {
        await using store = open(schema);
        head = await tell(store, 3);
        await server.asked(schema, (client) =>
          client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE $1', [
            `holdfast %${process.pid}`,
          ]),
        );
        await expect(tellNext(store)).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' });
        await expect(tellNext(store)).rejects.toMatchObject({ code: expect.stringMatching(/^STORE_/) });
      }
      await using store = open(schema);
      expect([store.head(), store.check()]).toEqual([head, []]);
      await tell(store, 1);
    });

    test('one that does not answer is given up', async () => {
      const schema = newSchema();
      const store = open(schema, { patience: 1_000 });
      await tell(store, 2);
      const pid = await server.asked(schema, async (client) => {
        const { rows } = await client.query<{ pid: number }>('SELECT pid FROM pg_stat_activity WHERE application_name LIKE $1', [
          `holdfast %${process.pid}`,
        ]);
        return rows[0]!.pid;
      });
      process.kill(pid, 'SIGSTOP');
      try {
        await expect(tellNext(store)).rejects.toMatchObject({
          code: 'STORE_UNREACHABLE',
          message: expect.stringContaining('silent for 1 s'),
        });
        await store[Symbol.asyncDispose]();
      } finally {
        process.kill(pid, 'SIGCONT');
      }
      await using again = open(schema);
      expect(again.check()).toEqual([]);
    });

    test.each([
      ['nobody listens', (address: string) => address.replace(/host=[^&]*/, 'host=%2Fnowhere'), 'STORE_UNREACHABLE'],
      ['there is no such database', (address: string) => address.replace('/postgres?', '/none?'), 'STORE_UNREACHABLE'],
      ['the host speaks no TLS', (address: string) => `${address}&sslmode=require`, 'STORE_UNREACHABLE'],
    ])('%s', (_, changed, code) => {
      expect(() => openPostgres(changed(server.address('x')), { patience: 5_000 })).toThrow(expect.objectContaining({ code }));
    });

    test('there is nothing yet to read', () => {
      expect(() => open(newSchema(), { readOnly: true })).toThrow(expect.objectContaining({ code: 'STORE_MISSING' }));
    });

    test('what could take back what was acknowledged', async () => {
      const setting = (sql: string) => server.asked('public', (client) => client.query(sql));
      const schema = newSchema();
      await setting('ALTER ROLE holdfast SET synchronous_commit = off');
      const db = openPostgresDatabase(server.address(schema));
      expect(db.prepare("SELECT current_setting('synchronous_commit') AS it").get()).toEqual({ it: 'on' });
      db.close();
      await setting('ALTER ROLE holdfast SET session_replication_role = replica');
      expect(() => open(schema)).toThrow(expect.objectContaining({ code: 'STORE_NOT_DURABLE' }));
      await setting('ALTER ROLE holdfast RESET ALL');
      for (const name of ['fsync', 'full_page_writes']) {
        await setting(`ALTER SYSTEM SET ${name} = off`);
        await setting('SELECT pg_reload_conf()');
        await untilIt(() => setting(`SHOW ${name}`).then(({ rows }) => Object.values(rows[0] as object)[0] === 'off'));
        expect(() => open(schema)).toThrow(
          expect.objectContaining({ code: 'STORE_NOT_DURABLE', message: expect.stringContaining(`${name} = off`) }),
        );
        await setting(`ALTER SYSTEM RESET ${name}`);
        await setting('SELECT pg_reload_conf()');
        await untilIt(() => setting(`SHOW ${name}`).then(({ rows }) => Object.values(rows[0] as object)[0] === 'on'));
      }
      await setting(`ALTER TABLE ${schema}.request_ids SET UNLOGGED`);
      expect(() => open(schema)).toThrow(expect.objectContaining({ code: 'STORE_NOT_DURABLE' }));
    });
  });

  describe('what is not a store of ours is left alone', () => {
    test('tables of another program', async () => {
      const schema = newSchema();
      await server.asked('public', (client) => client.query(`CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.t (a int)`));
      expect(() => open(schema)).toThrow(expect.objectContaining({ code: 'STORE_NOT_A_STORE' }));
      await server.asked(schema, (client) => client.query('CREATE TABLE migration (version int)'));
      expect(() => open(schema)).toThrow(expect.objectContaining({ code: 'STORE_NOT_A_STORE' }));
    });

    test('a newer schema, and another text of a known migration', async () => {
      const schema = newSchema();
      await open(schema)[Symbol.asyncDispose]();
      const edit = (sql: string) => server.asked(schema, (client) => client.query(sql));
      await edit("INSERT INTO migration VALUES (99, '0099-later.sql', '\\x00')");
      expect(() => open(schema)).toThrow(expect.objectContaining({ code: 'STORE_NEWER' }));
      await edit("DELETE FROM migration WHERE id = 99; UPDATE migration SET sha256 = '\\x00'");
      expect(() => open(schema)).toThrow(expect.objectContaining({ code: 'STORE_MIGRATION_CHANGED' }));
    });
  });

  describe('evidence is only added to', () => {
    test.each(['scope', 'item', 'blob', 'ledger', 'cycle', 'entry', 'change'])('%s', async (table) => {
      const schema = 'guarded';
      {
        await using store = open(schema);
        if (store.head().size === 0) await tell(store, 7);
      }
      const refused = (sql: string) => server.asked(schema, (client) => client.query(sql)).catch((error: Error) => error.message);
      const column = table === 'change' ? 'at' : ['scope', 'item', 'blob'].includes(table) ? 'id' : 'idx';
      expect(await refused(`UPDATE ${table} SET ${column} = ${column}`)).toBe('evidence is not changed');
      expect(await refused(`DELETE FROM ${table}`)).toBe('evidence is not deleted');
      expect(await refused(`TRUNCATE ${table} CASCADE`)).toBe('evidence is not deleted');
    });
  });

  test('who is erased leaves no trace in the tables, and every root stays', async () => {
    const schema = newSchema();
    const people = new Set(['example.bucket']);
    let root: unknown;
    let secrets: Buffer[] = [];
    const traces = async () => {
      await server.asked(schema, (client) => client.query('CHECKPOINT'));
      const files = readdirSync(server.tables, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
      const contents = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name)));
      return secrets.map((secret) => contents.some((content) => content.includes(secret)));
    };
    {
      await using store = open(schema, { personal: people });
      const [given] = fc.sample(fc.array(steps, { minLength: 4, maxLength: 4 }), { seed: 4, numRuns: 1 });
      for (const observation of worldOf(given!.flat().slice(0, 20))) await store.commit(recordOf(observation, store.held));
      const gone = [...store.runs({ from: start, to: Infinity })].find(
        ({ scope, item }) => scope.endsWith('example.bucket') && !store.held.get(scope)?.items.has(item),
      )!;
      root = store.head();
      secrets = await server.asked(schema, async (client) => {
        const salts = 'SELECT salt FROM item JOIN scope ON scope.id = item.scope WHERE scope.key = $1 AND item.key = $2';
        return (await client.query<{ salt: Buffer }>(salts, [gone.scope, gone.item])).rows.map(({ salt }) => salt);
      });
      expect(await traces()).toEqual([true]);
      const order = { policy: 'asked for', by: 'security@example.com', at: Date.UTC(2027, 0, 1) };
      await store.erase({ ...order, scope: gone.scope, item: gone.item });
      expect(store.check()).toEqual([]);
    }
    expect(await traces()).toEqual([false]);
    await using store = open(schema, { personal: people });
    expect({ size: store.head().size - 1, root: store.rootAt(store.head().size - 1).toString('hex') }).toEqual(root);
    expect(store.check()).toEqual([]);
  });
});

async function tell(store: EvidenceStore, leaves: number) {
  for (let n = 0; n < leaves; n++) await tellNext(store);
  return store.head();
}

async function untilIt(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Making a schema takes longer than most tests: its tables are emptied instead. */
async function emptied(client: pg.Client): Promise<void> {
  const { rows } = await client.query("SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename <> 'migration'");
  await client.query(rows.map(({ tablename }) => `DELETE FROM ${tablename}`).join(';'));
}
