import type { Severity } from '#src/rule.ts';
import type { Condition } from './condition.ts';
import type { AlertKind, Attribution } from './message.ts';
import type { Order } from './sources.ts';

/** One condition in an alert: since when it belongs to it, and how it ended. */
export interface Member {
  readonly condition: Condition;
  readonly joined: number;
  /** `noted` is when that became known. */
  readonly ended: { readonly at: number; readonly how: string; readonly noted: number; readonly waived?: true } | null;
}

/** What is told as one: the conditions of one cause. Instants in epoch ms. */
export interface Alert {
  readonly id: string;
  readonly kind: AlertKind;
  readonly channel: string | null;
  /** Null in a digest, which holds conditions of many causes. */
  readonly rule: string | null;
  readonly cause: string;
  /** Why it is a digest: what failed when it was first looked at, too many causes at once, or what was open before anybody could be told. */
  readonly digest: 'baseline' | 'burst' | 'untold' | null;
  readonly opened: number;
  readonly members: ReadonlyMap<string, Member>;
  readonly severity: Severity;
  /** When people were last told in a way that they notice; reminders count from it. */
  readonly toldAt: number;
  /** Up to when what joined, and what ended, was told. */
  readonly joinsTold: number;
  readonly endsTold: number;
  /** Up to which deadlines were told to come, and told to have passed. */
  readonly dueNear: number;
  readonly duePassed: number;
  /** Up to when the notices that conditions ask for were told; absent in alerts that an older program opened. */
  readonly noticed?: number;
  /** When it was last told that it flaps; null where it does not. */
  readonly flapping: number | null;
  readonly acknowledged: { readonly by: string; readonly until: number; readonly note: string } | null;
  readonly assigned: string | null;
  readonly by: Attribution | null;
  readonly resolved: { readonly at: number; readonly how: string } | null;
  /** How many letters it has had. */
  readonly letters: number;
}

/** What is wrong and was not told yet: others of the same cause may still come. */
export interface Waiting {
  readonly condition: Condition;
  readonly since: number;
}

/** The looks of a scope at which a result turned, by their numbers; and whether that counts as flapping. */
export interface Flips {
  readonly scope: string;
  readonly at: readonly number[];
  readonly flapping: boolean;
}

/** Everything that alerts remember. Never changed in place. */
export interface AlertState {
  readonly waiting: ReadonlyMap<string, Waiting>;
  /** Those not resolved, and those resolved so lately that they may be opened again. */
  readonly alerts: ReadonlyMap<string, Alert>;
  /** Which alert holds a condition, by its key. */
  readonly holders: ReadonlyMap<string, string>;
  readonly flips: ReadonlyMap<string, Flips>;
  /** How often each scope was looked at, as far as it matters for flapping. */
  readonly looks: ReadonlyMap<string, number>;
  /** The first messages of late. */
  readonly parents: readonly { readonly channel: string | null; readonly at: number }[];
}

export const noAlerts: AlertState = {
  waiting: new Map(),
  alerts: new Map(),
  holders: new Map(),
  flips: new Map(),
  looks: new Map(),
  parents: [],
};

/** What has become known since the last step. */
export interface News {
  readonly raised?: readonly Waiting[];
  readonly ended?: readonly { readonly key: string; readonly at: number; readonly how: string; readonly waived?: true }[];
  /** Scopes that were looked at completely, each as often as it was. */
  readonly looked?: readonly string[];
  /** Scopes that cannot be read at present: what was seen of them may be over. */
  readonly blind?: ReadonlySet<string>;
  /** Scopes that are no longer looked at: nothing turns in them any more. */
  readonly retired?: ReadonlySet<string>;
  /** Where what was open is to be told that nobody could be told of until now, by the keys of conditions. */
  readonly routed?: ReadonlyMap<string, string>;
  readonly attributed?: readonly { readonly alert: string; readonly by: Attribution }[];
  readonly orders?: readonly Order[];
}

/** One thing to tell, in no words yet. `letter` numbers what is told of an alert. */
export type Telling = { readonly alert: Alert; readonly letter: number } & (
  | { readonly is: 'parent' | 'edit' }
  | { readonly is: 'reply'; readonly said: Said; readonly broadcast: boolean }
);

/** What a reply in the thread says. */
export type Said =
  | { readonly what: 'more' | 'fewer' | 'again'; readonly members: readonly Member[] }
  | { readonly what: 'worse'; readonly from: Severity }
  | { readonly what: 'reminder' }
  | { readonly what: 'due-near' | 'due-passed'; readonly due: number; readonly count: number }
  | { readonly what: 'acknowledged' | 'acknowledgement-over'; readonly by: string; readonly until: number; readonly note: string }
  | { readonly what: 'assigned'; readonly by: string; readonly to: string }
  | { readonly what: 'told'; readonly headline: string; readonly lines: readonly string[] }
  | { readonly what: 'flapping' | 'still-flapping' | 'steady'; readonly count: number }
  | { readonly what: 'resolved' };

/** When what is told. Spans in ms. */
export interface Policy {
  /** How long a first message waits for others of its cause, and how far apart further ones of it lie at least. */
  readonly groupWait: number;
  readonly groupInterval: number;
  /** What comes so much later than the last of a cause is told anew. */
  readonly together: number;
  /** What comes back so soon after it was resolved opens the same alert again. */
  readonly reopens: number;
  /** Null: told once. */
  readonly remind: Readonly<Record<Severity, number | null>>;
  /** At most so many first messages to a channel within a span; then they become one. */
  readonly burst: { readonly count: number; readonly within: number };
  /** So many causes of one wider cause are told apart. */
  readonly causes: number;
  /** Shares of the last looks at which a result turned: from `start` on it flaps, below `stop` no more. */
  readonly flap: { readonly looks: number; readonly start: number; readonly stop: number };
  /** How often a digest tells what ended, and flapping that it lasts. */
  readonly daily: number;
}

const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];

export const defaultPolicy: Policy = {
  groupWait: 30_000,
  groupInterval: 5 * minute,
  together: 2 * hour,
  reopens: hour,
  remind: { critical: day, high: day, medium: 3 * day, low: null },
  burst: { count: 10, within: 5 * minute },
  causes: 3,
  flap: { looks: 21, start: 0.3, stop: 0.2 },
  daily: day,
};
