import { z } from 'zod';
import type { Duration } from '#src/duration.ts';
import type { FieldsOf, Identity, Population } from '#src/population.ts';

export { z } from 'zod';
export { day, hour } from '#src/duration.ts';

export type Severity = 'low' | 'medium' | 'high' | 'critical';

/** What holds for an item. `unobserved` is not among them: only the engine says it, when an inspected field is unread. */
export type Verdict<M extends string = string> = {
  readonly result: 'pass' | 'fail' | 'not-applicable' | 'pending';
  readonly message: M;
  /** The values compared, so that the test can be done again by eye. */
  readonly facts?: Readonly<Record<string, string | number>>;
  /** The instant (epoch ms) from which the verdict may differ although the item does not: judge again then. */
  readonly until?: number;
  /** Lowers the rule's own severity for this item. */
  readonly severity?: Severity;
};

interface Options {
  until?: number;
  severity?: Severity;
}

const verdict =
  (result: Verdict['result']) =>
  <const M extends string>(message: M, facts?: Verdict['facts'], options: Options = {}): Verdict<M> => ({
    result,
    message,
    ...(facts && { facts }),
    ...options,
  });

export const pass = verdict('pass');
export const fail = verdict('fail');
export const notApplicable = verdict('not-applicable');
/** EVENT rules only: the deadline has not come yet. Must say `until`. */
export const pending = verdict('pending');

export interface Context<P> {
  /** The instant judged, epoch ms. Rules have no other clock. */
  readonly asOf: number;
  readonly parameters: P;
  /** When the item was first seen, epoch ms. */
  readonly firstSeen: number;
}

interface RuleText<Par extends z.ZodType, M extends string> {
  /** The path: `aws.iam.root-mfa-enabled` is `rules/aws/iam/root-mfa-enabled.ts`. */
  readonly id: string;
  /** States the desired fact. */
  readonly title: string;
  readonly severity: Severity;
  readonly rationale: string;
  readonly remediation: string;
  /** Every parameter has a default, and a `.describe()`. */
  readonly parameters: Par;
  /** `{name}` stands for a fact. */
  readonly messages: Readonly<Record<M, string>>;
}

type Patches<T> = readonly Partial<T & Identity>[];

interface Examples<T> {
  /** Patches on the population's example, judged with default parameters at `2026-01-15T00:00:00Z`, first seen 30 days before. */
  readonly pass: Patches<T>;
  readonly fail: Patches<T>;
  readonly notApplicable?: Patches<T>;
  readonly pending?: Patches<T>;
}

/** A rule over one item of a population. */
export interface ItemRule<T = any, K extends keyof T = any, Par extends z.ZodType = any, M extends string = any> extends RuleText<Par, M> {
  readonly over: 'item';
  readonly kind: 'state' | 'event';
  readonly population: Population<T>;
  readonly inspects: readonly K[];
  readonly examples: Examples<T>;
  evaluate(item: Pick<T, K> & Identity, context: Context<z.infer<Par>>): Verdict<NoInfer<M>>;
}

export function defineRule<T, const K extends keyof T & string, Par extends z.ZodType, const M extends string>(
  population: Population<T>,
  rule: Omit<ItemRule<T, K, Par, M>, 'population' | 'over'>,
): ItemRule<T, K, Par, M> {
  return { over: 'item', population, ...rule };
}

type Populations = Readonly<Record<string, Population>>;
type Inspected<Ps extends Populations> = { readonly [P in keyof Ps]: readonly (keyof FieldsOf<Ps[P]> & string)[] };
export type Rows<Ps extends Populations, I extends Inspected<Ps>> = {
  readonly [P in keyof Ps]: readonly (Pick<FieldsOf<Ps[P]>, I[P][number] & keyof FieldsOf<Ps[P]>> &
    Identity & { readonly firstSeen: number })[];
};

/**
 * A rule over whole populations. It judges each item of the first one, and runs only where every population was read completely.
 * An item of the first population with an inspected field unread is `unobserved` and not handed in; one of any other makes all unobserved.
 */
export interface PopulationRule<
  Ps extends Populations = any,
  I extends Inspected<Ps> = any,
  Par extends z.ZodType = any,
  M extends string = any,
> extends RuleText<Par, M> {
  readonly over: 'populations';
  readonly kind: 'state' | 'event';
  readonly populations: Ps;
  /** What belongs together: items of one region, one account, or everything there is. */
  readonly within: 'region' | 'account' | 'everything';
  readonly inspects: I;
  /** Whole situations: per population a list of patches; and the result of each item of the first, by key. */
  readonly examples: readonly {
    readonly title: string;
    readonly given: { readonly [P in keyof Ps]: Patches<FieldsOf<Ps[P]>> };
    readonly expect: Readonly<Record<string, { readonly result: Verdict['result']; readonly message?: NoInfer<M> }>>;
  }[];
  evaluate(
    populations: Rows<Ps, I>,
    context: Omit<Context<z.infer<Par>>, 'firstSeen'>,
  ): Iterable<Verdict<NoInfer<M>> & { readonly key: string }>;
}

export function definePopulationRule<Ps extends Populations, const I extends Inspected<Ps>, Par extends z.ZodType, const M extends string>(
  populations: Ps,
  rule: Omit<PopulationRule<Ps, I, Par, M>, 'populations' | 'over'>,
): PopulationRule<Ps, I, Par, M> {
  return { over: 'populations', populations, ...rule };
}

/** How often something must be done. */
export type Schedule =
  /** Once per calendar period, due at its end plus grace. */
  | { readonly mode: 'calendar'; readonly period: 'month' | 'quarter' | 'half-year' | 'year'; readonly graceDays: number }
  /** Never more than so many days since the last time. */
  | { readonly mode: 'rolling'; readonly days: number };

/**
 * A rule about something that must happen on a schedule. `evaluate` says of one event whether it counts as done (`pass`), was tried and
 * does not count (`fail`), or is something else (`not-applicable`). The obligations follow from the schedule and the window.
 */
export interface CadenceRule<T = any, K extends keyof T = any, Par extends z.ZodType = any, M extends string = any>
  extends RuleText<Par, M> {
  readonly over: 'obligations';
  readonly kind: 'cadence';
  readonly population: Population<T>;
  /** Who owes it: each account or each region that the population is read from, or the company as a whole. */
  readonly owedBy: 'region' | 'account' | 'everything';
  readonly inspects: readonly K[];
  readonly examples: Examples<T>;
  schedule(parameters: z.infer<Par>): Schedule;
  evaluate(item: Pick<T, K> & Identity, context: Context<z.infer<Par>>): Verdict<NoInfer<M>>;
}

export function defineCadenceRule<T, const K extends keyof T & string, Par extends z.ZodType, const M extends string>(
  population: Population<T>,
  rule: Omit<CadenceRule<T, K, Par, M>, 'population' | 'over' | 'kind'>,
): CadenceRule<T, K, Par, M> {
  return { over: 'obligations', kind: 'cadence', population, ...rule };
}

export type Rule = ItemRule | PopulationRule | CadenceRule;

/** The population whose items the rule judges. */
export const judgedBy = (rule: Rule): Population =>
  rule.over === 'populations' ? (Object.values(rule.populations)[0] as Population) : rule.population;

/** Every population the rule looks at, with the fields it inspects; the judged one first. */
export function inspectedBy(rule: Rule): { population: Population; fields: readonly string[] }[] {
  if (rule.over !== 'populations') return [{ population: rule.population, fields: rule.inspects.map(String) }];
  return Object.entries(rule.populations as Populations).map(([name, population]) => ({ population, fields: rule.inspects[name] }));
}

/** Days as a parameter. */
export const days = (value: number) => z.int().min(0).max(3660).default(value);

export type { Duration };
