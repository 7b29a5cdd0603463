import type { Judgement } from '#src/cycle/evaluate.ts';
import { type HeldScope, scopeKey } from '#src/evidence/store.ts';
import type { Unread, UnreadReason } from '#src/population.ts';
import { explainUnread, unreadReasons } from '#src/population.ts';
import type { Condition } from './condition.ts';
import type { Open, Watching } from './watching.ts';

/** Monitoring that is lost: scopes that cannot be read or were not looked at, and fields that cannot be read. */

/** Reasons that do not pass by themselves: they are told at the first look that met them. Others may be over with the next. */
const lasting: ReadonlySet<UnreadReason> = new Set([
  'denied',
  'credential-rejected',
  'malformed',
  'withheld',
  'not-offered',
  'redaction-blocked',
  'collector-fault',
  'rule-fault',
]);

export const isSilence = ({ kind, key }: Condition): boolean => kind === 'monitoring' && key.startsWith('silence\n');

const silenceKey = (scope: string): string => `silence\n${scope}`;

/**
 * The scopes of which nothing is known at present, each a condition; told together by connection and reason. One that is open goes on while it
 * cannot be read, whatever the reason is by now.
 */
export function silences(watching: Watching, open: Open, now: number): Condition[] {
  const { store, periodOf, route } = watching;
  return [...store.held.values()].flatMap((held): Condition[] => {
    if (held.retired) return [];
    const { failing, firstLook, lastLook, scope } = held;
    const key = scopeKey(scope);
    const overdue = isOverdue(held, watching, now);
    if (!overdue && !(failing && (lasting.has(failing.unread.unread) || open.has(silenceKey(key))))) return [];
    const seen = seenAt(held, now);
    const period = periodOf(held);
    const reason = failing?.unread.unread ?? 'monitor-down';
    const severity = 'high' as const;
    return [
      {
        key: silenceKey(key),
        kind: 'monitoring',
        rule: null,
        scope: key,
        item: '',
        name: key,
        severity,
        headline: failing
          ? `${scope.connection} cannot be read: ${unreadReasons[failing.unread.unread]}`
          : 'Nobody has looked for too long.',
        says: failing ? explainUnread(failing.unread) : `The agent has not looked at it for more than twice its period.`,
        remedy: failing ? remedyOf(failing.unread) : 'See that the agent runs, and whether its log says why it does not look.',
        channel: route({ rule: null, scope: key, severity }),
        cause: failing ? `${scope.connection} ${reason}` : reason,
        wider: failing ? scope.connection : reason,
        changes: [],
        lastGood: lastLook,
        before: lastLook,
        firstBad: failing?.since ?? seen + 2 * period,
        due: null,
        baseline: firstLook === null && failing !== null,
        waiver: null,
      },
    ];
  });
}

const seenAt = ({ lastLook, failing }: HeldScope, now: number): number => lastLook ?? failing?.since ?? now;

const isOverdue = (held: HeldScope, { periodOf }: Pick<Watching, 'periodOf'>, now: number): boolean =>
  now - seenAt(held, now) > 2 * periodOf(held);

/** How a silence that was open ended, as far as that was seen; null where it did not. */
export function silenceEnded({ scope }: Condition, watching: Pick<Watching, 'store' | 'periodOf'>, now: number): string | null {
  const held = watching.store.held.get(scope);
  if (!held) return null;
  if (held.retired) return notLookedAt(held.retired);
  return held.failing === null && held.lastLook !== null && !isOverdue(held, watching, now) ? 'it is read again' : null;
}

const notLookedAt = ({ reason }: { readonly reason: string }): string => `no longer looked at: ${reason}`;

const remedyOf = ({ unread, needs }: Unread): string => {
  if (unread === 'denied')
    return `Grant ${needs || 'the permission'}; \`holdfast policy\` writes what to grant. Nothing of it counts as passed until then.`;
  if (unread === 'credential-rejected')
    return 'Replace the credential of the connection, and see whether it was revoked. `holdfast check` tries it.';
  return 'Run `holdfast check`: it says what each collector can read, and what it needs.';
};

export const isUnreadField = ({ kind, key }: Condition): boolean => kind === 'monitoring' && key.startsWith('unread\n');

const callOf = (key: string): string => key.split('\n')[2]!;

interface Lack {
  readonly unread: Unread;
  /** The results that lack it. */
  readonly of: { readonly rule: string; readonly item: string }[];
}

/** What the results of a scope lack, by the call that did not bring it, for a reason that does not pass where there is one. */
function lacksOf({ items }: HeldScope): Map<string, Lack> {
  const found = new Map<string, Lack>();
  for (const [item, { judgements }] of items)
    for (const { rule, unread } of judgements as readonly Judgement[]) {
      if (!unread) continue;
      const known = found.get(unread.call);
      const told = known && (lasting.has(known.unread.unread) || !lasting.has(unread.unread)) ? known.unread : unread;
      const of = known?.of ?? [];
      of.push({ rule, item });
      found.set(unread.call, { unread: told, of });
    }
  return found;
}

/**
 * What cannot be judged in a scope that is read: calls that are refused for items of it. One condition for each call, with how many results
 * it leaves unobserved. One that is open goes on while any result lacks what the call brings, whatever the reason is by now. What may pass by
 * itself is told once a result lacks it for longer than two periods; `passing`: there is such that is not told yet.
 */
export function unreadFields(
  held: HeldScope,
  watching: Watching,
  open: Open,
  now: number,
): { readonly told: Condition[]; readonly passing: boolean } {
  if (held.retired) return { told: [], passing: false };
  const lacks = [...lacksOf(held)];
  const told = unreadConditions(held, lacks, watching, open, now);
  return { told, passing: told.length < lacks.length };
}

function unreadConditions(
  held: HeldScope,
  lacks: readonly (readonly [call: string, lack: Lack])[],
  watching: Watching,
  open: Open,
  now: number,
): Condition[] {
  const { route, periodOf } = watching;
  const scope = scopeKey(held.scope);
  return lacks.flatMap(([call, { unread, of }]): Condition[] => {
    const key = `unread\n${scope}\n${call}`;
    const isTold = lasting.has(unread.unread) || open.has(key);
    if (!isTold && now - unobservedSince(held, of, watching, now) <= 2 * periodOf(held)) return [];
    const results = of.length;
    const severity = 'medium' as const;
    const { connection } = held.scope;
    return [
      {
        key,
        kind: 'monitoring',
        rule: null,
        scope,
        item: '',
        name: `${scope}: ${call}`,
        severity,
        headline: `${connection}: ${call} cannot be read: ${unreadReasons[unread.unread]}`,
        says: `${results} ${results === 1 ? 'result is' : 'results are'} not observed. ${explainUnread(unread)}`,
        remedy: remedyOf(unread),
        channel: route({ rule: null, scope, severity }),
        cause: `${connection} ${call} ${unread.unread}`,
        wider: `${connection} ${unread.unread}`,
        changes: [],
        lastGood: null,
        before: null,
        firstBad: held.lastLook ?? 0,
        due: null,
        baseline: held.firstLook === held.lastLook,
        waiver: null,
      },
    ];
  });
}

/** Up to so many items of a rule are asked for one by one. */
const few = 8;

/** Since when the first of some results that are unobserved now is so. */
function unobservedSince({ scope, lastLook }: HeldScope, results: Lack['of'], { store }: Watching, now: number): number {
  const at = lastLook ?? now;
  const question = { from: at, to: at, scope: scopeKey(scope) };
  let since = at;
  for (const [rule, own] of Map.groupBy(results, (each) => each.rule)) {
    const items = new Set(own.map(({ item }) => item));
    const questions = items.size > few ? [{}] : [...items].map((item) => ({ item }));
    for (const each of questions)
      for (const run of store.runs({ ...question, rule, ...each }))
        if (run.result === 'unobserved' && run.ended === null && items.has(run.item)) since = Math.min(since, run.first);
  }
  return since;
}

/** How what was unread ended, as far as that was seen; null where it did not. The items that lacked it may also be gone. */
export function unreadEnded({ key, scope }: Condition, { store }: Pick<Watching, 'store'>): string | null {
  const held = store.held.get(scope);
  if (!held) return null;
  if (held.retired) return notLookedAt(held.retired);
  return lacksOf(held).has(callOf(key)) ? null : 'no result lacks it any more';
}

/** Scopes that cannot be read at present, or are not looked at any more. */
export function blindScopes({ store }: Pick<Watching, 'store'>, now: number): Set<string> {
  const blind = new Set<string>();
  for (const [key, { failing, lastLook, hold, retired }] of store.held)
    if (!retired && (failing || lastLook === null || now - lastLook > hold)) blind.add(key);
  return blind;
}
