import type { Judgement } from '#src/cycle/evaluate.ts';
import { type HeldScope, scopeKey } from '#src/evidence/store.ts';
import type { Unread, UnreadReason } from '#src/population.ts';
import { explainUnread, unreadReasons } from '#src/population.ts';
import type { Condition } from './condition.ts';
import type { Watching } from './watching.ts';

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

/** The scopes of which nothing is known at present, each a condition; told together by connection and reason. */
export function silences({ store, periodOf, route }: Watching, now: number): Condition[] {
  return [...store.held.values()].flatMap((held): Condition[] => {
    if (held.retired) return [];
    const { failing, firstLook, lastLook, scope } = held;
    const period = periodOf(held);
    const seen = lastLook ?? failing?.since ?? now;
    const overdue = now - seen > 2 * period;
    if (!overdue && !(failing && lasting.has(failing.unread.unread))) return [];
    const reason = failing?.unread.unread ?? 'monitor-down';
    const key = scopeKey(scope);
    const severity = 'high' as const;
    return [
      {
        key: `silence\n${key}`,
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

const remedyOf = ({ unread, needs }: Unread): string => {
  if (unread === 'denied')
    return `Grant ${needs || 'the permission'}; \`holdfast policy\` writes what to grant. Nothing of it counts as passed until then.`;
  if (unread === 'credential-rejected')
    return 'Replace the credential of the connection, and see whether it was revoked. `holdfast check` tries it.';
  return 'Run `holdfast check`: it says what each collector can read, and what it needs.';
};

export const isUnreadField = ({ kind, key }: Condition): boolean => kind === 'monitoring' && key.startsWith('unread\n');

/**
 * What cannot be judged in scopes that are read: calls that are refused for items of it. One condition for each call and reason in a scope,
 * with how many results it leaves unobserved.
 */
export function unreadFields(held: HeldScope, { route }: Watching): Condition[] {
  const found = new Map<string, { unread: Unread; results: number }>();
  for (const { judgements } of held.items.values())
    for (const { unread } of judgements as readonly Judgement[]) {
      if (!unread || !lasting.has(unread.unread)) continue;
      const key = `${unread.call}\n${unread.unread}`;
      const known = found.get(key);
      if (known) known.results += 1;
      else found.set(key, { unread, results: 1 });
    }
  const scope = scopeKey(held.scope);
  return [...found].map(([key, { unread, results }]): Condition => {
    const severity = 'medium' as const;
    const { connection } = held.scope;
    return {
      key: `unread\n${scope}\n${key}`,
      kind: 'monitoring',
      rule: null,
      scope,
      item: '',
      name: `${scope}: ${unread.call}`,
      severity,
      headline: `${connection}: ${unread.call} cannot be read: ${unreadReasons[unread.unread]}`,
      says: `${results} ${results === 1 ? 'result is' : 'results are'} not observed. ${explainUnread(unread)}`,
      remedy: remedyOf(unread),
      channel: route({ rule: null, scope, severity }),
      cause: `${connection} ${unread.call} ${unread.unread}`,
      wider: `${connection} ${unread.unread}`,
      changes: [],
      lastGood: null,
      before: null,
      firstBad: held.lastLook ?? 0,
      due: null,
      baseline: held.firstLook === held.lastLook,
      waiver: null,
    };
  });
}

/** Scopes that cannot be read at present, or are not looked at any more. */
export function blindScopes({ store }: Pick<Watching, 'store'>, now: number): Set<string> {
  const blind = new Set<string>();
  for (const [key, { failing, lastLook, hold, retired }] of store.held)
    if (!retired && (failing || lastLook === null || now - lastLook > hold)) blind.add(key);
  return blind;
}
