import { generateKeyPairSync } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { check } from '#src/evidence/check.ts';
import { engineOver } from '#src/evidence/database.ts';
import { openSqlite } from '#src/evidence/sqlite.ts';
import { sha256 } from '#src/ledger/canonical.ts';
import { localSigner } from '#src/ledger/note.ts';
import { recordOf, steps, worldOf } from '#test/evidence/world.ts';

const signer = localSigner('example.com/evidence', generateKeyPairSync('ed25519').privateKey);
const people = new Set(['example.bucket']);

const folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
const intact = join(folder, 'intact.db');
afterAll(() => rmSync(folder, { recursive: true }));

/** Hundreds of edits, each followed by a whole check. */
const patience = 120_000;

/** Everything that can be told, and so many leaves that a tile is full. Its last heads are signed. */
beforeAll(async () => {
  const options = { synchronous: 'OFF', requestIdDays: 10_000, personal: people } as const;
  {
    await using store = openSqlite(intact, options);
    await store.append('controls', 0, { a: 1 });
    await store.append('program', 0, { documents: { 'a.ts': sha256('a'), 'b.ts': sha256('b') } }, ['a', 'b']);
    const [world] = fc.sample(fc.array(steps, { minLength: 12, maxLength: 12 }), { seed: 11, numRuns: 1 });
    for (const observation of worldOf(world!.flat().slice(0, 40))) await store.commit(recordOf(observation, store.held));
    for (let n = 0; store.head().size < 255; n++) await store.append('schedule', 0, { n });
  }
  await using store = openSqlite(intact, { ...options, signers: [signer] });
  await store.sign();
  await store.addAnchor({ name: 'elsewhere', kind: 'file', size: 255, at: 0, receipt: Buffer.from('a receipt') });
  await store.append('schedule', 0, { n: -1 });
  await store.append('schedule', 0, { n: -2 });
});

describe('whatever is edited or removed is reported', () => {
  /** Kept for convenience: whoever removes a list of request ids says nothing false. */
  const mayBeRemoved = ['request_ids'];
  const tables = [
    'scope',
    'item',
    'blob',
    'ledger',
    'cycle',
    'entry',
    'change',
    'rule',
    'result_run',
    'gap',
    'ledger_node',
    'request_ids',
    'migration',
    'ledger_key',
    'checkpoint',
    'anchor',
  ];

  test('the store as it is has nothing to report, and something in every table', () => {
    const db = new DatabaseSync(intact);
    expect(check(engineOver(db, 'evidence.db'))).toEqual([]);
    for (const table of tables) expect(rowsOf(db, table).length).toBeGreaterThan(0);
    expect(tables.toSorted()).toEqual(
      db
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
        .all()
        .map(({ name }) => name),
    );
    db.close();
  });

  test.each(tables)(
    '%s',
    (table) => {
      const db = new DatabaseSync(copyOf(intact));
      const columns = db
        .prepare(`SELECT name FROM pragma_table_info('${table}')`)
        .all()
        .map(({ name }) => String(name));
      const rows = rowsOf(db, table);
      const chosen = [...new Set([Math.floor(rows.length / 3), rows.length - 1])].map((i) => rows[i]!);
      const missed: string[] = [];
      const tryOut = (what: string, mutate: () => void) => {
        if (!reported(db, mutate)) missed.push(what);
      };
      for (const row of chosen) {
        const where = columns.map((name) => `${name} IS ?`).join(' AND ');
        const values = columns.map((name) => row[name]!);
        if (!mayBeRemoved.includes(table))
          tryOut(`a row of ${table} removed`, () => db.prepare(`DELETE FROM ${table} WHERE ${where}`).run(...values));
        for (const column of columns) {
          for (const other of othersThan(
            row[column]!,
            rows.map((candidate) => candidate[column]!),
          )) {
            tryOut(`${table}.${column}: ${inspect(row[column])} made ${inspect(other)}`, () =>
              db.prepare(`UPDATE ${table} SET ${column} = ? WHERE ${where}`).run(other, ...values),
            );
          }
        }
      }
      db.close();
      expect(missed).toEqual([]);
    },
    patience,
  );

  test('a trigger that is gone', () => {
    const db = new DatabaseSync(copyOf(intact));
    db.exec('DROP TRIGGER change_is_not_deleted');
    expect(check(engineOver(db, 'evidence.db'))).toEqual(['the schema: change_is_not_deleted is missing']);
    db.close();
  });

  test('two snapshots that changed places', () => {
    const db = new DatabaseSync(copyOf(intact));
    const [a, b] = db.prepare('SELECT item, idx, snapshot FROM change WHERE snapshot IS NOT NULL GROUP BY snapshot LIMIT 2').all() as {
      item: number;
      idx: number;
      snapshot: number;
    }[];
    const swap = () => {
      db.prepare('UPDATE change SET snapshot = ? WHERE item = ? AND idx = ?').run(b!.snapshot, a!.item, a!.idx);
      db.prepare('UPDATE change SET snapshot = ? WHERE item = ? AND idx = ?').run(a!.snapshot, b!.item, b!.idx);
    };
    expect(reported(db, swap)).toBe(true);
    db.close();
  });
});

/** Makes an edit that SQLite itself would let pass, without the triggers; true when the check has something to say, or the edit is impossible. */
function reported(db: DatabaseSync, mutate: () => void): boolean {
  const triggers = db.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").all();
  db.exec('PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; BEGIN');
  try {
    for (const { name } of triggers) db.exec(`DROP TRIGGER ${String(name)}`);
    try {
      mutate();
    } catch (error) {
      return /constraint|datatype|cannot store/i.test((error as Error).message);
    }
    for (const { sql } of triggers) db.exec(String(sql));
    return check(engineOver(db, 'evidence.db')).length > 0;
  } finally {
    db.exec('ROLLBACK');
  }
}

const rowsOf = (db: DatabaseSync, table: string): Record<string, SQLInputValue>[] =>
  db.prepare(`SELECT * FROM ${table}`).all() as Record<string, SQLInputValue>[];

/** Another value of the same column, one that stands nowhere, and none. */
function othersThan(value: SQLInputValue, all: readonly SQLInputValue[]): SQLInputValue[] {
  const same = (other: SQLInputValue) => inspect(other) === inspect(value);
  const elsewhere = all.find((other) => !same(other) && other !== null);
  return [...(elsewhere === undefined ? [] : [elsewhere]), ...(value === null ? [] : [null]), ...unheardOf(value)];
}

function unheardOf(value: SQLInputValue): SQLInputValue[] {
  if (typeof value === 'number') return [value + 1, value + 1_000_003];
  if (typeof value === 'string') return [`${value}x`];
  if (value instanceof Uint8Array)
    return [0.5, 0.99].map((part) => flipped(value, Math.floor(value.length * part))).concat([Buffer.concat([value, Buffer.of(7)])]);
  return [1, Buffer.alloc(32, 7)];
}

function flipped(bytes: Uint8Array, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at]! ^= 0x10;
  return copy;
}

let copies = 0;
function copyOf(file: string): string {
  const copy = join(folder, `copy-${copies++}.db`);
  copyFileSync(file, copy);
  return copy;
}
