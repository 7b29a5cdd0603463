import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Anchor } from '#src/anchors/anchor.ts';
import { judgeMark } from '#src/anchors/marks.ts';
import { check } from '#src/evidence/check.ts';
import { engineOver } from '#src/evidence/database.ts';
import { openSqlite } from '#src/evidence/sqlite.ts';
import { tellNext } from '#test/evidence/faults/story.ts';
import { signed, signers } from '#test/evidence/signers.ts';
import { cutTail } from './forging.ts';

/** Forgeries that leave nothing in disorder: what shows them is a signature, or nothing but a checkpoint that is kept outside. */
const folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
const whole = join(folder, 'whole.db');
const leaves = 18;
let outside: string;
let copies = 0;
beforeAll(async () => {
  await using store = openSqlite(whole, { synchronous: 'OFF', ...signed });
  while (store.head().size < leaves) await tellNext(store);
  outside = store.checkpoint()!.note;
});
afterAll(() => rmSync(folder, { recursive: true }));

const copyOfWhole = (): string => {
  const copy = join(folder, `copy-${copies++}.db`);
  copyFileSync(whole, copy);
  return copy;
};

/** What the checkpoint that was kept outside tells of a store: nothing where it is the same ledger, or one that goes on from it. */
async function toldByOutside(file: string): Promise<string | null> {
  await using store = openSqlite(file, { readOnly: true });
  const { name: origin, vkey } = signers[0];
  const own = { origin, vkeys: [vkey], size: () => store.head().size, rootAt: store.rootAt };
  try {
    judgeMark({ name: 'elsewhere' } as Anchor, outside, own);
    return null;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

const reportOf = (file: string): string[] => {
  using db = new DatabaseSync(file);
  return check(engineOver(db, 'evidence.db'));
};

test('nothing is told of the store as it is, nor of one that went on', async () => {
  const file = copyOfWhole();
  expect([reportOf(file), await toldByOutside(file)]).toEqual([[], null]);
  await using store = openSqlite(file, { synchronous: 'OFF', ...signed });
  await tellNext(store);
  expect([store.check(), await toldByOutside(file)]).toEqual([[], null]);
});

describe('the last leaves are cut off, with everything that hangs on them', () => {
  const cuts = Array.from({ length: leaves - 1 }, (_, i) => i + 1);

  test('a signature that was left behind tells it', () => {
    for (const cut of [1, 2, 5, leaves - 1]) {
      const file = copyOfWhole();
      cutTail(file, leaves - cut, { leaveSignatures: true });
      expect(reportOf(file)).toContain(`checkpoint ${leaves - cut + 1}: the ledger has only ${leaves - cut} leaves`);
    }
  });

  test.each(cuts)('without a trace, %d of them: only the outside tells it', async (cut) => {
    const file = copyOfWhole();
    cutTail(file, leaves - cut, { leaveSignatures: false });
    expect([reportOf(file), await toldByOutside(file)]).toEqual([[], 'STORE_ROLLED_BACK']);
  });

  test.each([1, 4, 9])('and %d others are put in their place, signed with the same key: only the outside tells it', async (cut) => {
    const file = copyOfWhole();
    cutTail(file, leaves - cut, { leaveSignatures: false });
    {
      await using store = openSqlite(file, { synchronous: 'OFF', ...signed });
      for (let n = 0; store.head().size < leaves + 3; n++) await store.append('register', 0, { n });
    }
    expect([reportOf(file), await toldByOutside(file)]).toEqual([[], 'STORE_FORKED']);
  });
});

test('without any signature, a ledger that is otherwise whole is one that was never signed: only the outside tells it', async () => {
  const file = copyOfWhole();
  cutTail(file, leaves, { leaveSignatures: false });
  {
    using db = new DatabaseSync(file);
    db.exec(
      'DROP TRIGGER checkpoint_is_not_deleted; DROP TRIGGER ledger_key_is_not_deleted; DELETE FROM checkpoint; DELETE FROM ledger_key',
    );
  }
  const triggers = ['the schema: checkpoint_is_not_deleted is missing', 'the schema: ledger_key_is_not_deleted is missing'];
  expect(reportOf(file).toSorted()).toEqual(triggers);
  await using store = openSqlite(file, { readOnly: true });
  expect(store.checkpoint()).toBeNull();
});
