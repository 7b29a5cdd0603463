import { DatabaseSync } from 'node:sqlite';
import { openBlobs } from '#src/evidence/blobs.ts';
import { check } from '#src/evidence/check.ts';
import { engineOver } from '#src/evidence/database.ts';
import { projectTo, rulesInTable } from '#src/evidence/projections.ts';
import { replay } from '#src/evidence/replay.ts';
import { createState } from '#src/evidence/state.ts';

/** Cuts a ledger to `size` leaves the way someone would who knows the program: with what hangs on the rest, and the projections made anew. */
export function cutTail(file: string, size: number, { leaveSignatures }: { leaveSignatures: boolean }): void {
  using db = new DatabaseSync(file);
  const triggers = db.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").all();
  db.exec('PRAGMA foreign_keys = OFF; BEGIN');
  for (const { name } of triggers) db.exec(`DROP TRIGGER ${String(name)}`);
  for (const table of ['change', 'cycle', 'entry', 'request_ids', 'ledger']) db.exec(`DELETE FROM ${table} WHERE idx >= ${size}`);
  db.exec(`DELETE FROM anchor WHERE size > ${size}`);
  if (!leaveSignatures) db.exec(`DELETE FROM checkpoint WHERE size > ${size}`);

  db.exec('DELETE FROM result_change; DELETE FROM verdict; DELETE FROM gap');
  const engine = engineOver(db, file);
  const rules = rulesInTable(engine);
  for (const _ of replay(engine, openBlobs(engine), createState(projectTo(engine, rules))));

  // The check itself says what nothing refers to any more.
  for (let left = true; left; ) {
    left = false;
    for (const line of check(engine)) {
      const [, document] = /^document (\d+): nothing refers to it/.exec(line) ?? [];
      const [, scope] = /^scope (\S+): no cycle looked at it/.exec(line) ?? [];
      const [, rule] = /^rule (\S+): the evidence does not say so/.exec(line) ?? [];
      if (document) db.prepare('DELETE FROM blob WHERE id = ?').run(Number(document));
      if (scope) db.prepare('DELETE FROM scope WHERE key = ?').run(scope);
      if (rule) db.prepare('DELETE FROM rule WHERE key = ?').run(rule);
      const idle = line.startsWith('item ') && db.prepare('DELETE FROM item WHERE id NOT IN (SELECT item FROM change)').run().changes;
      left ||= Boolean(document || scope || rule || idle);
    }
  }
  for (const { sql } of triggers) db.exec(String(sql));
  db.exec('COMMIT');
}
