import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { check } from '#src/evidence/check.ts';
import { engineOver } from '#src/evidence/database.ts';
import { makeStoreOfEverything } from '#test/evidence/everything.ts';
import { tablesOf, tryEdits } from '#test/evidence/mutations.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
const intact = join(folder, 'intact.db');
/** With so many leaves that a tile is full. */
const tall = join(folder, 'tall.db');
beforeAll(async () => {
  await makeStoreOfEverything(intact, 60);
  await makeStoreOfEverything(tall, 258);
});
afterAll(() => rmSync(folder, { recursive: true }));

const reportOf = (db: DatabaseSync): string[] => check(engineOver(db, 'evidence.db'));

test('stores as they are have nothing to report, and something in every table', () => {
  const empty = [intact, tall].map((file) => {
    using db = new DatabaseSync(file);
    expect(reportOf(db)).toEqual([]);
    return tablesOf(db).flatMap(({ name, rows }) => (rows.length === 0 ? [name] : []));
  });
  expect(empty).toEqual([['ledger_node'], []]);
});

/** A sample; `npm run test:long` tries thousands. */
describe('whatever is edited, added, removed or exchanged is reported, and the report names it', () => {
  const tables =
    'scope item blob ledger cycle entry change rule verdict result_change gap request_ids migration ledger_key checkpoint anchor ledger_node'.split(
      ' ',
    );

  test('in every table', () => {
    using db = new DatabaseSync(tall);
    expect(tables.toSorted()).toEqual(tablesOf(db).map(({ name }) => name));
  });

  test.each(tables)(
    '%s',
    (table) => {
      using db = new DatabaseSync(table === 'ledger_node' ? tall : intact);
      const { edits, missed, unnamed } = tryEdits(db, { rows: 1, tables: [table], share: (_, n) => n % 2 === 0 });
      expect([missed, unnamed]).toEqual([[], []]);
      expect(edits).toBeGreaterThan(0);
    },
    60_000,
  );

  test('two rows that changed places, whole or in part', () => {
    using db = new DatabaseSync(intact);
    const { edits, missed, unnamed } = tryEdits(db, {
      rows: 2,
      tables: ['item', 'change'],
      only: /exchanged/,
      share: (_, n) => n % 2 === 0,
    });
    expect([missed, unnamed]).toEqual([[], []]);
    expect(edits).toBeGreaterThan(3);
  }, 60_000);

  test('a trigger that is gone', () => {
    const copy = join(folder, 'copy.db');
    copyFileSync(intact, copy);
    using db = new DatabaseSync(copy);
    db.exec('DROP TRIGGER change_is_not_deleted');
    expect(reportOf(db)).toEqual(['the schema: change_is_not_deleted is missing']);
  });
});
