import type { ParametersOf, Place, Reads, ReplyOf, Unread } from '#src/collector.ts';

export type { Place, Reads, Unread } from '#src/collector.ts';
export { instant } from '#src/collector.ts';

/** Who or what changed something. Every text is a provider's. */
export interface Actor {
  readonly name: string;
  readonly kind: 'person' | 'role' | 'service' | 'root' | 'app' | 'unknown';
  /** By which way: `the console`, `CloudFormation`, `aws-cli/2.17`. */
  readonly through: string;
  /** Where the provider vouches for it. */
  readonly email?: string;
}

/** One recorded change. */
export interface ChangeEvent {
  readonly at: number;
  readonly actor: Actor;
  /** As the provider names it: `AuthorizeSecurityGroupIngress`. */
  readonly operation: string;
  /** Which log said so: `CloudTrail`, `GitHub`. */
  readonly source: string;
  /** The id of the record in that log. */
  readonly id: string;
}

/** An item of which it is asked who changed it. */
export interface Question {
  readonly population: string;
  /** Its key. */
  readonly item: string;
  readonly snapshot: Readonly<Record<string, unknown>>;
}

/** Questions about items of one place that changed between the same two looks. Instants in epoch ms. */
export interface Inquiry {
  readonly questions: readonly Question[];
  /** The last look before the change, and the first after it. */
  readonly from: number;
  readonly to: number;
  /** The instant of asking, the same for all questions about one place and interval. */
  readonly now: number;
  /** How many items of this place and interval were asked about before, one by one: a sign that more will follow. */
  readonly before: number;
}

/** What the logs say of one item. `again`: when a later answer may be a better one. `at`: when it changed, where only that is known. */
export type Finding =
  | { readonly known: true; readonly events: readonly ChangeEvent[]; readonly again?: number }
  | { readonly known: false; readonly why: string; readonly again?: number; readonly at?: number };

/** What came of a call: some pages, whether they are all there are, and why there are no more. */
export interface Told<T> {
  readonly pages: readonly T[];
  readonly whole: boolean;
  readonly unread: Unread | null;
}

/** The read-only door to a provider's logs. It opens only for the calls that the investigator declares; the same call is made once. */
export interface Logs<S extends Reads> {
  /** The first pages of a call, at most so many; fewer where the time to answer runs out. */
  some<Op extends keyof S & string>(operation: Op, parameters: ParametersOf<Op>, atMost: number): Promise<Told<ReplyOf<S[Op]>>>;
}

/**
 * Reads a provider's logs for who changed an item. Its permissions are asked for beside those of the collectors and may be left out: then it
 * is not known who, and nothing else is lost.
 */
export interface Investigator<S extends Reads = any> {
  /** `<provider>-<log>`. */
  readonly id: string;
  readonly title: string;
  readonly reads: S;
  /** What the logs cannot show. Printed beside the permissions. */
  readonly limits: string;
  /** Whether the logs would be told: null where they would, else why not. */
  probe(logs: Logs<NoInfer<S>>, place: Place, now: number): Promise<Unread | string | null>;
  /** A finding for each question, in their order. */
  investigate(logs: Logs<NoInfer<S>>, place: Place, inquiry: Inquiry): Promise<Finding[]>;
}

export const defineInvestigator = <const S extends Reads>(investigator: Investigator<S>): Investigator<S> => investigator;

/** Why a log does not say, in words that name the call. */
export function whySilent({ unread, call, detail }: Unread): string {
  const says = detail === '' ? '' : ` (${detail})`;
  if (unread === 'denied') return `${call} is refused${says}`;
  if (unread === 'credential-rejected') return `the credential for ${call} is not accepted${says}`;
  if (unread === 'throttled') return `${call} is throttled`;
  if (unread === 'not-offered') return `${call} is not offered${says}`;
  return `${call} gave no answer that can be used: ${unread}${says}`;
}

/** The events to tell: those that can have made the change, the latest of them first, then the rest. At most ten. */
export function inOrder(events: readonly ChangeEvent[], changes: (event: ChangeEvent) => boolean, from: number, to: number): ChangeEvent[] {
  const rank = (event: ChangeEvent) => (changes(event) ? 0 : 2) + (event.at >= from && event.at <= to ? 0 : 1);
  return events.toSorted((a, b) => rank(a) - rank(b) || b.at - a.at || (a.id < b.id ? -1 : 1)).slice(0, 10);
}
