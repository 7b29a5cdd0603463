import { expect } from '@jest/globals';
import type { AwsDeps } from '#collectors/aws/client.ts';
import type { HeldScope } from '#src/evidence/store.ts';
import { rules } from '#src/registry.ts';
import type { ResultRow } from '#src/report/types.ts';
import type { Credentials } from '#test/doubles/aws/server.ts';
import { type Folder, lookAs, rowKey } from './company.ts';
import { type Loss, unobservedBy, type Where } from './dependents.ts';

/** A state that many things may happen to, each from the start: the evidence so far, and what holds if nothing happens until `later`. */
export interface Starting {
  readonly folder: Folder;
  readonly later: number;
  readonly control: ResultRow[];
  readonly held: readonly HeldScope[];
}

export async function startingFrom(folder: Folder, credentials: Credentials, later: number): Promise<Starting> {
  const twin = folder.copy();
  const { rows, held } = await lookAs(twin, credentials, later, ({ rows, agent }) => ({ rows, held: [...agent.store.held.values()] }));
  await twin.remove();
  return { folder, later, control: rows, held };
}

/** What holds after one more look, by someone to whom things happen. */
export async function rowsAfter({ folder, later }: Starting, credentials: Credentials, deps: AwsDeps = {}): Promise<ResultRow[]> {
  const twin = folder.copy();
  const rows = await lookAs(twin, credentials, later, (look) => look.rows, deps);
  await twin.remove();
  return rows;
}

export interface Expected {
  readonly loss: Loss;
  readonly where?: Where;
  /** What each lost row says: the reason of `Unread`, the call (several with `|`), the permission. */
  readonly reason: string;
  readonly says?: { readonly call: string; readonly needs: string };
}

/** Exactly the rows that the loss explains are unobserved, each with its reason; all others stay to the letter, and none is missing. */
export function expectLoss(
  { control, held }: Starting,
  rows: readonly ResultRow[],
  { loss, where = () => true, reason, says }: Expected,
): void {
  const lost = unobservedBy(loss, where, rules, held);
  const unobserved = rows.filter(({ result }) => result === 'unobserved');
  expect(unobserved.map(rowKey).toSorted()).toEqual([...lost].toSorted());
  for (const row of unobserved) expect(saysWhy(row, reason, says)).toBe('');

  // Where a field is lost the snapshot is another; where a population is lost the look failed.
  const lacking = new Set(loss.fields?.map(({ population }) => population));
  const told = ({ lastSeen: _, evidence, message, severity, ...row }: ResultRow) =>
    JSON.stringify({
      ...row,
      ...(!loss.reworded?.includes(row.population) && { message, severity }),
      ...(!lacking.has(row.population) && { evidence }),
    });
  const kept = (list: readonly ResultRow[]) =>
    list
      .filter((row) => !lost.has(rowKey(row)))
      .map(told)
      .toSorted();
  expect(kept(rows)).toEqual(kept(control));
  const present = new Set(rows.map(rowKey));
  expect(control.map(rowKey).filter((key) => !present.has(key))).toEqual([]);
}

/** What is wrong with the words of an unobserved row; nothing where they say why. */
function saysWhy(row: ResultRow, reason: string, says: Expected['says']): string {
  const { reason: why, message } = row;
  const wrong = (what: string) => `${rowKey(row)} ${what}: ${message}`;
  if (!why) return wrong('gives no reason');
  if (!message.includes(why.call)) return wrong('does not name the call');
  // A rule that needs another population says what became of that.
  if (why.reason === 'incomplete')
    return message.includes(reason) && (!says || new RegExp(says.call).test(message)) ? '' : wrong(`does not tell of ${reason}`);
  if (why.reason !== reason) return wrong(`is not ${reason}`);
  if (says && !new RegExp(`^(?:${says.call})$`).test(why.call)) return wrong(`does not name ${says.call}`);
  return says && why.needs !== says.needs ? wrong(`does not name ${says.needs}`) : '';
}
