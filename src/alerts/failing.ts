import type { Judgement } from '#src/cycle/evaluate.ts';
import { type HeldItem, type HeldScope, type ItemRecord, type ResultRun, scopeKey } from '#src/evidence/store.ts';
import { judgedBy, type Rule } from '#src/rule.ts';
import { isSeen } from '#src/window/last-seen.ts';
import type { Condition } from './condition.ts';
import { diff, fieldsOf, signatureOf } from './diff.ts';
import type { FieldChange } from './message.ts';
import type { Watching } from './watching.ts';

/** A result that fails now. */
export interface Failing {
  readonly rule: Rule;
  readonly judgement: Judgement;
  readonly held: HeldScope;
  readonly item: HeldItem;
}

export const failingKey = (rule: string, scope: string, item: string): string => `result\n${rule}\n${scope}\n${item}`;

/** Whether the item of such a key is held. */
export function isItemHeld(key: string, { held }: Watching['store']): boolean {
  const [, , scope, item] = key.split('\n') as [string, string, string, string];
  return held.get(scope)?.items.has(item) === true;
}

/** Every result that fails, of the scopes that still exist. */
export function* failingNow({ store, rules }: Pick<Watching, 'store' | 'rules'>): Generator<Failing> {
  for (const held of store.held.values()) if (!held.retired) for (const item of held.items.values()) yield* failingOf(rules, held, item);
}

/** The rules under which an item fails. */
export function* failingOf(rules: Watching['rules'], held: HeldScope, item: HeldItem): Generator<Failing> {
  for (const judgement of item.judgements) {
    const rule = rules.get(judgement.rule);
    if (judgement.result === 'fail' && rule && rule.kind !== 'cadence') yield { rule, judgement, held, item };
  }
}

/** Conditions for failing results, each with its bounds and with what changed. `isNew`: nobody looked before. */
export function conditionsOf(found: readonly Failing[], watching: Watching, isNew: (failing: Failing) => boolean): Condition[] {
  const deadlines = watching.deadlines();
  const boundsOf = boundsIn(found, watching);
  return found.map((failing): Condition => {
    const { rule, judgement, held, item } = failing;
    const scope = scopeKey(held.scope);
    const { key, name } = item;
    const event = rule.kind === 'event';
    const cause = isNew(failing) ? firstLook : event ? nothing : causeOf(watching, scope, failing);
    const bounds = event
      ? { lastGood: null, before: null, firstBad: item.at ?? item.firstSeen }
      : (boundsOf(failing) ?? { lastGood: null, before: null, firstBad: held.lastLook ?? item.firstSeen });
    return {
      key: failingKey(rule.id, scope, key),
      kind: event ? 'event' : 'drift',
      rule: rule.id,
      scope,
      item: key,
      name,
      severity: judgement.severity,
      headline: rule.title,
      says: judgement.message,
      remedy: rule.remediation,
      channel: watching.route({ rule: rule.id, scope, severity: judgement.severity }),
      cause: cause.change,
      wider: cause.fields,
      changes: cause.changes,
      ...bounds,
      due: event ? null : bounds.firstBad + deadlines[judgement.severity],
      baseline: cause.first,
      waiver: null,
    };
  });
}

interface Bounds {
  readonly lastGood: number | null;
  readonly before: number | null;
  readonly firstBad: number;
}

/** Up to so many items are asked for one by one. */
const few = 8;

/** Reads the runs behind many failing results with few questions: those of a rule and a scope together, where there are several. */
function boundsIn(found: readonly Failing[], { store }: Watching): (failing: Failing) => Bounds | null {
  const states = found.filter(({ rule }) => rule.kind === 'state');
  const all = new Map<string, Bounds>();
  for (const own of Map.groupBy(states, ({ rule, held }) => `${rule.id}\n${scopeKey(held.scope)}`).values()) {
    const { rule, held } = own[0]!;
    const [scope, to] = [scopeKey(held.scope), held.lastLook ?? Number.MAX_SAFE_INTEGER];
    const read = (from: number, item?: string) => {
      const byItem = Map.groupBy(store.runs({ from, to, rule: rule.id, scope, ...(item !== undefined && { item }) }), (run) => run.item);
      return (key: string) => boundsOf(byItem.get(key) ?? []);
    };
    // The look before the last tells most of them; where it does not, their whole past does.
    const lately = own.length > few ? read(to - 1) : null;
    const left = own.filter(({ item }) => !lately?.(item.key)?.exact);
    const past = left.length > few ? read(0) : null;
    for (const { item } of own) {
      const { key } = item;
      const known = lately?.(key);
      const bounds = known?.exact ? known : ((past ?? read(0, key))(key) ?? known);
      if (bounds) all.set(failingKey(rule.id, scope, key), bounds);
    }
  }
  return ({ rule, held, item }) => all.get(failingKey(rule.id, scopeKey(held.scope), item.key)) ?? null;
}

/** A deviation goes on while it is not observed; only a look that saw it otherwise is before it. `exact`: such a look is among the runs. */
function boundsOf(runs: readonly ResultRun[]): (Bounds & { readonly exact: boolean }) | null {
  const seen = runs.filter(({ result }) => isSeen(result));
  const other = seen.findLastIndex(({ result, gone }) => result !== 'fail' || gone);
  const first = seen[other + 1];
  if (!first) return null;
  const good = seen.findLast(({ result }, i) => i <= other && result === 'pass');
  return { lastGood: good?.last ?? null, before: first.before, firstBad: first.first, exact: other >= 0 || first.before === null };
}

interface Cause {
  /** Nobody looked, or judged so, before. */
  readonly first: boolean;
  readonly change: string;
  readonly fields: string;
  readonly changes: readonly FieldChange[];
}

const nothing: Cause = { first: false, change: '', fields: '', changes: [] };
const firstLook: Cause = { ...nothing, first: true };

/** What changed in the item when the rule began to fail. */
function causeOf({ store }: Watching, scope: string, { rule, item: held }: Failing): Cause {
  const { item } = held;
  const log = store.history(scope, item.key);
  const began = beganAt(log, rule.id);
  const [before, after] = [log[began - 1], log[began]];
  const told = (change: string): Cause => ({ ...nothing, change, fields: change });
  if (!before || before.snapshotHash === null) return told('new');
  if (!before.judgements.some((judgement) => judgement.rule === rule.id)) return firstLook;
  if (before.snapshotHash === after?.snapshotHash) return told('the item did not change');
  if (before.snapshot === null || !after?.snapshot) return told('not kept');
  const changes = diff(JSON.parse(before.snapshot) as object, JSON.parse(after.snapshot) as object);
  return { first: false, change: signatureOf(changes, item), fields: fieldsOf(changes), changes };
}

/** Where in the log the failing that lasts began. */
function beganAt(log: readonly ItemRecord[], rule: string): number {
  let began = log.length - 1;
  for (let i = log.length - 1; i >= 0; i--) {
    const result = log[i]!.judgements.find((each) => each.rule === rule)?.result;
    if (result === 'fail') began = i;
    else if (result === undefined || isSeen(result)) break;
  }
  return began;
}

/** How a failing result that was open ended, as far as can be seen now; null where it did not, or where that cannot be seen. */
export function howEnded({ rule, scope, item }: Condition, { store, rules }: Pick<Watching, 'store' | 'rules'>): string | null {
  const known = rules.get(rule!);
  if (!known) return 'the rule is switched off';
  const held = store.held.get(scope);
  if (!held) return null;
  if (held.retired) return `no longer looked at: ${held.retired.reason}`;
  const found = held.items.get(item);
  if (!found) return judgedBy(known).kind === 'event' ? null : 'the item is gone';
  return howJudged(found.judgements.find((each) => each.rule === rule));
}

/** A look that saw the result otherwise ends it; one that could not see it does not. */
export function howJudged(judgement: Judgement | undefined): string | null {
  if (judgement?.result === 'pass') return 'it holds again';
  return judgement?.result === 'not-applicable' ? 'the rule no longer applies to the item' : null;
}
