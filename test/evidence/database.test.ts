import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, test } from '@jest/globals';
import { refuseOldSqlite } from '#src/evidence/database.ts';
import { openSqlite } from '#src/evidence/sqlite.ts';
import type { EvidenceStore } from '#src/evidence/store.ts';
import { recordOf, type Steps, worldOf } from '#test/evidence/world.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const newFile = () => join(folder, `${files++}.db`);

describe('one writer', () => {
  test('a second one is refused while the first lives', async () => {
    const file = newFile();
    const first = openSqlite(file);
    expect(() => openSqlite(file)).toThrow(expect.objectContaining({ code: 'STORE_LOCKED' }));
    await first[Symbol.asyncDispose]();
    await openSqlite(file)[Symbol.asyncDispose]();
  });

  test('who only reads sees the moment of opening, and may not write', async () => {
    const file = newFile();
    await using store = openSqlite(file);
    await fill(store, 3);
    {
      await using reader = openSqlite(file, { readOnly: true });
      const seen = [reader.head(), [...reader.held.keys()]];
      await fill(store, 2, 3);
      expect([reader.head(), [...reader.held.keys()]]).toEqual(seen);
      expect([reader.lastCycle()?.index, reader.check()]).toEqual([2, []]);
      expect(store.head().size).toBe(5);
      await expect(reader.append('controls', 0, {})).rejects.toMatchObject({ code: 'STORE_INVARIANT' });
    }
    await using reader = openSqlite(file, { readOnly: true });
    expect(reader.head()).toEqual(store.head());
  });

  test('a store that was closed can be read', async () => {
    const file = newFile();
    {
      await using store = openSqlite(file);
      await fill(store, 2);
    }
    await using reader = openSqlite(file, { readOnly: true });
    expect([reader.head().size, reader.check()]).toEqual([2, []]);
  });

  test('a ledger that someone else moved is not written to, nor is anything after that', async () => {
    const file = newFile();
    await using store = openSqlite(file);
    await fill(store, 2);
    edit(file, (db) => db.exec('INSERT INTO ledger (idx, hash, size, data) SELECT 2, hash, size, data FROM ledger WHERE idx = 0'));
    await expect(store.append('controls', 0, {})).rejects.toMatchObject({ code: 'LEDGER_MOVED' });
    await expect(store.append('controls', 0, {})).rejects.toMatchObject({ code: 'STORE_INVARIANT' });
  });
});

describe('what is not a store of ours is left alone', () => {
  test.each([
    ['a text', (file: string) => writeFileSync(file, 'x'.repeat(5_000)), 'STORE_NOT_A_STORE'],
    ['a database of another program', (file: string) => edit(file, (db) => db.exec('CREATE TABLE t (a)')), 'STORE_NOT_A_STORE'],
    ['a file in a folder that does not exist', () => undefined, 'STORE_UNWRITABLE'],
  ])('%s', (what, make, code) => {
    const file = what.includes('folder') ? join(folder, 'missing', 'x.db') : newFile();
    make(file);
    expect(() => openSqlite(file)).toThrow(expect.objectContaining({ code }));
  });

  test('an older schema to whoever only reads, a newer one, and another text of a known migration', async () => {
    const file = newFile();
    await openSqlite(file)[Symbol.asyncDispose]();
    const before = newFile();
    cpSync(file, before);
    edit(before, (db) => db.exec('DELETE FROM migration WHERE id = (SELECT max(id) FROM migration)'));
    expect(() => openSqlite(before, { readOnly: true })).toThrow(
      expect.objectContaining({ code: 'STORE_OLDER', remedy: expect.stringContaining('holdfast run --once') }),
    );
    edit(file, (db) => db.exec("INSERT INTO migration VALUES (99, '0099-later.sql', x'00')"));
    expect(() => openSqlite(file)).toThrow(expect.objectContaining({ code: 'STORE_NEWER' }));
    edit(file, (db) => db.exec("DELETE FROM migration WHERE id = 99; UPDATE migration SET sha256 = x'00'"));
    expect(() => openSqlite(file)).toThrow(expect.objectContaining({ code: 'STORE_MIGRATION_CHANGED' }));
  });

  test('a SQLite that can lose commits', () => {
    for (const old of ['3.51.2', '3.9.9', '2.99.99'])
      expect(() => refuseOldSqlite(old)).toThrow(expect.objectContaining({ code: 'SQLITE_TOO_OLD' }));
    for (const good of ['3.51.3', '3.53.4', '4.0.0']) refuseOldSqlite(good);
  });
});

describe('evidence is only added to', () => {
  test.each(['scope', 'item', 'blob', 'ledger', 'cycle', 'entry', 'change'])('%s', async (table) => {
    const file = newFile();
    {
      await using store = openSqlite(file);
      await fill(store, 5);
      await store.append('controls', 0, {});
    }
    edit(file, (db) => {
      const { name } = db.prepare('SELECT name FROM pragma_table_info(?)').get(table) as { name: string };
      expect(() => db.exec(`UPDATE ${table} SET ${name} = ${name}`)).toThrow('evidence is not changed');
      expect(() => db.exec(`DELETE FROM ${table}`)).toThrow('evidence is not deleted');
    });
  });
});

test('an unchanged cycle adds a row to the ledger and one to the cycles, and nothing else', async () => {
  const file = newFile();
  await using store = openSqlite(file);
  await fill(store, 1);
  const before = rows(file);
  const [world] = worldOf(look(1));
  for (let n = 1; n <= 20; n++) await store.commit(recordOf({ ...world!, asOf: world!.asOf + n * 60_000 }, store.held));
  expect(rows(file)).toEqual({ ...before, ledger: before['ledger']! + 20, cycle: before['cycle']! + 20 });
});

test('the ids of requests are kept for as long as asked', async () => {
  const file = newFile();
  await using store = openSqlite(file, { requestIdDays: 1 });
  const key = [...(await fill(store, 30)).keys()][0]!;
  const asked = (index: number) => store.calls(index, key).map(({ requestId }) => requestId);
  expect(asked(29)).toEqual([expect.stringMatching(/^\d+-listed$/)]);
  expect(asked(4)).toEqual(['']);
  expect(rows(file)['request_ids']).toBe(25);
  expect(store.check()).toEqual([]);
});

/** Two scopes of states and one of events, looked at every hour. */
const look = (cycles: number): Steps => {
  const items = [{ listed: true, value: 1, results: [0, 1, 2] }];
  const place = { act: 'look', reason: 'denied', hold: 3_600_000, items } as const;
  return Array.from({ length: cycles }, () => ({ after: 3_600_000, connection: 0, ruleSet: 0, places: [place, place, place] }));
};

async function fill(store: EvidenceStore, cycles: number, done = 0): Promise<EvidenceStore['held']> {
  for (const observation of worldOf(look(done + cycles)).slice(done)) await store.commit(recordOf(observation, store.held));
  return store.held;
}

function edit(file: string, change: (db: DatabaseSync) => void): void {
  const db = new DatabaseSync(file);
  try {
    change(db);
  } finally {
    db.close();
  }
}

function rows(file: string): Record<string, number> {
  const counts: Record<string, number> = {};
  edit(file, (db) => {
    for (const { name } of db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all())
      counts[String(name)] = Number(db.prepare(`SELECT count(*) AS n FROM ${String(name)}`).get()!['n']);
  });
  return counts;
}
