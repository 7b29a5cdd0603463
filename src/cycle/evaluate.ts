import { explainUnread, type Identity, isUnread, type Observed, type Unread } from '#src/population.ts';
import type { CadenceRule, ItemRule, PopulationRule, Severity, Verdict } from '#src/rule.ts';

export type Result = Verdict['result'] | 'unobserved';

/** What one rule says of one item: the record that evidence keeps. */
export interface Judgement {
  readonly rule: string;
  readonly result: Result;
  /** The rule's message in words, or which call, which permission and why. */
  readonly message: string;
  readonly facts?: Readonly<Record<string, string | number>>;
  readonly severity: Severity;
  readonly until?: number;
  /** Present exactly when the result is `unobserved`. */
  readonly unread?: Unread;
}

export interface Seen {
  readonly item: Observed<object>;
  readonly firstSeen: number;
}

type RuleOverItem = ItemRule | CadenceRule;

/** The one place where a rule meets an item. An inspected field that is unread makes the judgement `unobserved`; so does a rule that throws. */
export function judge(rule: RuleOverItem, { item, firstSeen }: Seen, asOf: number, parameters: unknown): Judgement {
  const view = inspect(rule.inspects as readonly string[], item);
  if (isUnread(view)) return unobserved(rule, view);
  try {
    return judgement(rule, rule.evaluate(view as never, { asOf, parameters: parameters as never, firstSeen }));
  } catch (error) {
    return unobserved(rule, fault(rule, error));
  }
}

/** The members of one population that belong together, or the reason why they were not read completely. */
export type Members = { readonly complete: true; readonly seen: readonly Seen[] } | { readonly complete: false; readonly unread: Unread };

/**
 * Judges each item of the rule's first population. Every judged item gets exactly one judgement, whatever the rule does. The rule is handed
 * its rows by key, so that the same members give the same words in whatever order they were read.
 */
export function judgePopulations(
  rule: PopulationRule,
  members: Readonly<Record<string, Members>>,
  asOf: number,
  parameters: unknown,
): Map<string, Judgement> {
  const [first, ...others] = Object.keys(rule.populations);
  const judged = members[first!]!;
  const judgements = new Map<string, Judgement>();
  if (!judged.complete) return judgements;

  const inspects = rule.inspects as Record<string, readonly string[]>;
  const rows: Record<string, (Identity & { firstSeen: number })[]> = { [first!]: [] };
  for (const { key, view, firstSeen } of views(judged.seen, inspects[first!]!)) {
    if (isUnread(view)) judgements.set(key, unobserved(rule, view));
    else rows[first!]!.push({ ...(view as Identity), firstSeen });
  }
  const missing = others.map((name) => missingIn(members[name]!, inspects[name]!)).find((unread) => unread !== null);
  if (missing) return settle(rule, judgements, rows[first!]!, { ...missing, unread: 'incomplete', detail: explainUnread(missing) });
  for (const name of others) {
    const population = members[name]!;
    rows[name] = population.complete
      ? views(population.seen, inspects[name]!).map(({ view, firstSeen }) => ({ ...(view as Identity), firstSeen }))
      : [];
  }
  try {
    const expected = new Set(rows[first!]!.map(({ key }) => key));
    for (const { key, ...verdict } of rule.evaluate(rows as never, { asOf, parameters: parameters as never })) {
      if (!expected.has(key)) continue;
      if (judgements.has(key)) throw new Error(`the rule gave two verdicts on ${key}`);
      judgements.set(key, judgement(rule, verdict));
    }
  } catch (error) {
    return settle(rule, new Map(), rows[first!]!, fault(rule, error), judgements);
  }
  return settle(rule, judgements, rows[first!]!, fault(rule, new Error('the rule said nothing of this item')));
}

/** What a rule sees of each item, by key. Nothing else of them is held: an item may be made when it is asked for. */
const views = (seen: readonly Seen[], fields: readonly string[]) =>
  seen
    .map(({ item, firstSeen }) => ({ key: item.key, view: inspect(fields, item), firstSeen }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));

/** Gives every row without a judgement the one that says why there is none. */
function settle(
  rule: PopulationRule,
  judgements: Map<string, Judgement>,
  rows: readonly Identity[],
  unread: Unread,
  kept?: Map<string, Judgement>,
): Map<string, Judgement> {
  for (const [key, held] of kept ?? []) if (held.result === 'unobserved') judgements.set(key, held);
  for (const { key } of rows) if (!judgements.has(key)) judgements.set(key, unobserved(rule, unread));
  return judgements;
}

function missingIn(members: Members, fields: readonly string[]): Unread | null {
  if (!members.complete) return members.unread;
  return (
    views(members.seen, fields)
      .map(({ view }) => view)
      .find(isUnread) ?? null
  );
}

/** An item with no more than its identity and these fields, as far as it has them: what a rule sees of it, without all else. */
export function cut(item: Observed<object>, fields: readonly string[]): Observed<object> {
  const own = fields.filter((field) => field in item).map((field) => [field, (item as unknown as Record<string, unknown>)[field]]);
  return { key: item.key, name: item.name, ...Object.fromEntries(own) } as Observed<object>;
}

/** The declared fields of an item and its identity, or the first of them that is unread. */
function inspect(fields: readonly string[], item: Observed<object>): object | Unread {
  const view: Record<string, unknown> = { key: item.key, name: item.name };
  for (const field of fields) {
    const value = (item as unknown as Record<string, unknown>)[field];
    if (isUnread(value)) return value;
    view[field] = value;
  }
  return view;
}

function judgement(rule: RuleOverItem | PopulationRule, { result, message, facts, until, severity }: Verdict): Judgement {
  const text = (rule.messages as Record<string, string>)[message];
  if (text === undefined) throw new Error(`there is no message ${message}`);
  const fraction = Object.entries(facts ?? {}).find(([, fact]) => typeof fact === 'number' && !Number.isSafeInteger(fact));
  if (fraction) throw new Error(`the fact ${fraction[0]} is no integer`);
  return {
    rule: rule.id,
    result,
    message: fill(text, facts),
    ...(facts && { facts }),
    severity: severity ?? rule.severity,
    ...(until !== undefined && { until }),
  };
}

/** Messages are few and filled often: each is cut at its placeholders once. */
const cuts = new Map<string, readonly string[]>();

function fill(text: string, facts: Verdict['facts']): string {
  let parts = cuts.get(text);
  if (!parts) cuts.set(text, (parts = text.split(/\{(\w+)\}/)));
  if (parts.length === 1) return text;
  return parts.map((part, i) => (i % 2 === 0 ? part : String(facts?.[part] ?? `{${part}}`))).join('');
}

export function unobserved(rule: { id: string; severity: Severity }, unread: Unread): Judgement {
  return { rule: rule.id, result: 'unobserved', message: explainUnread(unread), severity: rule.severity, unread };
}

const fault = (rule: { id: string }, error: unknown): Unread => ({
  unread: 'rule-fault',
  call: rule.id,
  needs: '',
  detail: (Error.isError(error) ? error.message : String(error)).slice(0, 300),
});
