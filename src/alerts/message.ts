import type { ChangeEvent } from '#src/investigator.ts';
import type { Severity } from '#src/rule.ts';

export type { ChangeEvent } from '#src/investigator.ts';

/**
 * Who changed an item between two looks. Where the logs do not say, that is said, with the reason. Instants in epoch ms. `again`: logs tell
 * late, and asking then may give more.
 */
export type Attribution =
  | { readonly known: true; readonly events: readonly ChangeEvent[]; readonly again?: number }
  | { readonly known: false; readonly from: number | null; readonly to: number; readonly why: string; readonly again?: number };

export interface FieldChange {
  /** Path of the field: `ingress[0].cidr`. */
  readonly field: string;
  /** Canonical JSON; null where it was not there. */
  readonly before: string | null;
  readonly after: string | null;
}

export interface ToldItem {
  readonly name: string;
  readonly key: string;
  readonly scope: string;
  /** Addresses, absolute; null where there is none. */
  readonly page: string | null;
  readonly console: string | null;
}

export interface ToldControl {
  readonly id: string;
  readonly title: string;
  /** In the company's own words. */
  readonly statement: string;
  readonly owner: string;
}

export type AlertKind = 'drift' | 'event' | 'obligation' | 'waiver' | 'monitoring' | 'operations';
export type AlertState = 'open' | 'acknowledged' | 'flapping' | 'resolved';

/**
 * One message about one cause, in no channel's language. Texts of providers and people are told as they are: a channel escapes them, cuts them
 * and says that it cut them.
 */
export interface AlertMessage {
  /** Short id by which people name the alert: `HF-7K3QZ`. */
  readonly alert: string;
  readonly kind: AlertKind;
  readonly state: AlertState;
  readonly severity: Severity;
  /** One line of ours: what is at risk. */
  readonly headline: string;
  readonly controls: readonly ToldControl[];
  readonly rule: { readonly id: string; readonly title: string } | null;
  /** What the rule said of the first item; or what happened. */
  readonly says: string;
  /** The first few, and how many there are in all. */
  readonly items: readonly ToldItem[];
  readonly count: number;
  /** What changed in the items; `alike` where the same changed in all of them, else it is that of the first. */
  readonly changes: readonly FieldChange[];
  readonly alike: boolean;
  /** The last look at which all was well, null where there was none, and the first at which it was not. Epoch ms. */
  readonly lastGood: number | null;
  readonly firstBad: number;
  readonly by: Attribution | null;
  /** By when it must be mended; null where no deadline applies. */
  readonly due: number | null;
  readonly remedy: string;
  /** The page of the agent about it, absolute; null where the agent has no address that others reach. */
  readonly page: string | null;
  readonly assigned: string | null;
  readonly acknowledged: { readonly by: string; readonly until: number } | null;
  /** How it ended; null while it lasts. */
  readonly resolved: { readonly at: number; readonly how: string } | null;
  /** What a reader may do from the message. */
  readonly actions: readonly ('acknowledge' | 'assign' | 'request-waiver' | 'approve-waiver' | 'refuse-waiver')[];
  /** The waiver that is asked for, where the message asks for a decision. */
  readonly waiver: string | null;
}

/** What is added to the thread of an alert. */
export interface ReplyMessage {
  readonly alert: string;
  readonly headline: string;
  readonly lines: readonly string[];
}
