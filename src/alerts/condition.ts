import type { Severity } from '#src/rule.ts';
import type { AlertKind, FieldChange } from './message.ts';

/** Something that is wrong at present. Instants in epoch ms. */
export interface Condition {
  /** The same for as long as it is the same thing: kind, rule, scope and item, or what else names it. */
  readonly key: string;
  readonly kind: AlertKind;
  readonly rule: string | null;
  /** Empty where it is about no scope, or no item. */
  readonly scope: string;
  readonly item: string;
  readonly name: string;
  readonly severity: Severity;
  readonly headline: string;
  readonly says: string;
  readonly remedy: string;
  /** Where it is told; null where nobody is to be told. */
  readonly channel: string | null;
  /** Conditions of one kind, rule and cause are told as one; where that makes too many messages, those of one wider cause are. */
  readonly cause: string;
  readonly wider: string;
  readonly changes: readonly FieldChange[];
  /** The last look at which all was well, the last look of any outcome before, and the first at which it was not. */
  readonly lastGood: number | null;
  readonly before: number | null;
  readonly firstBad: number;
  readonly due: number | null;
  /** When it is told that `due` comes near; absent: once, a sixth of the time before. */
  readonly notices?: readonly number[];
  /** It was so when it was looked at for the first time, or judged for the first time: nobody changed anything just now. */
  readonly baseline: boolean;
  /** The waiver that it is about. */
  readonly waiver: string | null;
}

const ranks: readonly Severity[] = ['low', 'medium', 'high', 'critical'];

export const rank = (severity: Severity): number => ranks.indexOf(severity);

/** The worst of some severities; `low` of none. */
export const worstOf = (severities: Iterable<Severity>): Severity => {
  let worst: Severity = 'low';
  for (const severity of severities) if (rank(severity) > rank(worst)) worst = severity;
  return worst;
};
