import { HoldfastError } from '#src/errors.ts';
import type { EvidenceStore } from '#src/evidence/store.ts';
import type { Brought, BroughtLook } from './input.ts';

/** What is asked of another store: the looks of [from, to) at a scope, by its name here and the one it has there. */
interface Asked {
  readonly file: string;
  readonly scope: string;
  readonly theirs: string;
  readonly from: number;
  readonly to: number;
}

/**
 * The looks that another agent recorded at the same place, with the calls and replies of each. BACKFILL_SOURCE where it does not hold what is
 * asked of it.
 */
export function looksIn(store: EvidenceStore, { file, scope: own, theirs: scope, from, to }: Asked): { looks: BroughtLook[]; run: string } {
  const refuse = (reason: string, mend: string): never => {
    throw new HoldfastError('BACKFILL_SOURCE', { file, reason, mend });
  };
  if (placeIn(own) !== placeIn(scope))
    refuse(
      `${scope} is another place than ${own}`,
      'Only the name of the connection may differ: account, region and population are to be the same.',
    );
  const [fault] = store.check();
  if (fault !== undefined) refuse(`it does not verify: ${fault}`, 'Take a copy of that store that `holdfast verify` accepts.');
  if (!store.held.has(scope)) refuse(`it never looked at ${scope}`, likeIt(store, scope));
  const theirs = store.backfills().find((each) => each.scope === scope && each.from < to && each.to > from);
  if (theirs)
    refuse(
      `leaf ${theirs.index} there corrects its looks at ${scope} from ${iso(theirs.from)} to ${iso(theirs.to)}`,
      'Bring the time before and the time after it. What that leaf brought can be brought from where it came.',
    );
  const looks: BroughtLook[] = [];
  const cycles: number[] = [];
  for (const cycle of store.told()) {
    const look = cycle.looks.looks.find((each) => each.scope === scope);
    if (!look || cycle.asOf < from || cycle.asOf >= to) continue;
    const calls = store.calls(cycle.index, scope);
    if (calls.some(({ reply, failure }) => reply === null && !failure))
      refuse(`the replies of the look of ${iso(cycle.asOf)} were purged there`, 'End the correction before, or begin it after that look.');
    if (calls.length === 0 && !look.unread)
      refuse(`it kept no calls of ${scope}`, 'What an agent finds out by itself, without a call that can be shown, cannot be brought.');
    looks.push({ asOf: cycle.asOf, hold: look.hold, calls, unread: look.unread ?? null });
    cycles.push(cycle.index);
  }
  if (looks.length === 0)
    refuse(
      `it has no look at ${scope} from ${iso(from)} to ${iso(to)}`,
      'Name a time in which it looked. To say that nobody looked, give a file with an empty list of looks.',
    );
  const { size, root } = store.head();
  const name = store.checkpoint()?.origin ?? 'a ledger that is not signed';
  return { looks, run: `${name}, ${size} leaves, root ${root}; ${looks.length} looks of its leaves ${cycles[0]} to ${cycles.at(-1)}` };
}

/** A scope without the name of its connection. */
const placeIn = (scope: string): string => scope.slice(scope.indexOf('/') + 1);

/** The same place under the name of another connection. */
function likeIt({ held }: EvidenceStore, scope: string): string {
  const other = [...held.keys()].find((key) => placeIn(key) === placeIn(scope));
  return other === undefined
    ? 'Name another store, or another scope with --scope.'
    : `There it is ${other}: name it with --their-scope ${other}.`;
}

/** The document of `backfill FILE`, to be read and carried elsewhere. */
export const documentOf = ({ scope, from, to, reason, run, looks }: Brought) => ({
  scope,
  from: iso(from),
  to: iso(to),
  reason,
  run,
  looks: looks.map(({ asOf, hold, calls, unread }) => ({
    at: iso(asOf),
    ...(hold !== null && { hold: `${Math.round(hold / 1000)}s` }),
    calls: calls.map(({ operation, parameters, page, status, requestId, reply, failure }) => ({
      operation,
      parameters: JSON.parse(parameters) as unknown,
      page,
      status,
      requestId,
      ...(failure ? { failure } : { reply: JSON.parse(reply ?? 'null') as unknown }),
    })),
    ...(unread && { unread }),
  })),
});

const iso = (instant: number): string => new Date(instant).toISOString();
