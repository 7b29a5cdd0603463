import type { Scope } from '#src/evidence/store.ts';
import type { Severity } from '#src/rule.ts';
import type { AlertState, ReplyMessage } from './message.ts';

/* What the parts of the agent tell the alerts, and what they may ask of them. Instants in epoch ms. */

/** Something wrong with the agent itself: an anchor that fails, a queue that grows, a disk that fills, a clock that is off. */
export interface Trouble {
  /** The same for as long as it is the same trouble: `anchor worm`, `disk`. */
  readonly key: string;
  readonly severity: Severity;
  /** One line: what is wrong. Followed by what is at stake, where that is not plain. */
  readonly headline: string;
  readonly says: string;
  readonly remedy: string;
  readonly since: number;
}

/** What a part knows to be wrong at an instant. Called every few seconds: cheap, and never throws. What it no longer says is over. */
export type Troubles = (now: number) => readonly Trouble[];

/** A waiver, as far as alerts are concerned with it. */
export interface WaiverNotice {
  readonly id: string;
  readonly rule: string;
  readonly items: readonly { readonly scope: string; readonly item: string }[];
  /** `requested` until somebody decides; `approved` from then on, also when it has expired; `over`: refused or withdrawn. */
  readonly state: 'requested' | 'approved' | 'over';
  readonly requestedBy: string;
  readonly requestedAt: number;
  readonly decidedBy: string | null;
  readonly reason: string;
  readonly compensating: string;
  /** In force in [from, until); `from` is null before it is approved. */
  readonly from: number | null;
  readonly until: number;
  /** Another one goes on from its end: that it expires is not told. */
  readonly renewed: boolean;
}

/** Every waiver that was ever asked for, or those that still matter. The same list object as long as nothing changed. */
export type Waivers = () => readonly WaiverNotice[];

/** Asks that scopes be looked at once more as soon as may be, before their turn: to confirm a result that turned to fail. */
export type Reread = (scopes: readonly Scope[]) => void;

/** An alert that is open, or was resolved lately. */
export interface FoundAlert {
  readonly state: AlertState;
  readonly headline: string;
  /** Null where it holds several, as a digest does, or none. */
  readonly rule: string | null;
  /** What still fails of it: what a waiver could be asked for. */
  readonly items: WaiverNotice['items'];
}

/** What is known of alerts where people order something. */
export interface KnownAlerts {
  /** Whether there ever was such an alert, as far as is remembered. */
  has(alert: string): boolean;
  /** What is known of an alert that is open, or was resolved lately; null of any other, and before the first look at the evidence. */
  find(alert: string): FoundAlert | null;
}

/** What somebody did about an alert; or what is to be said where something is told: of every alert that holds one of the items under the rule. */
export type Order =
  | { readonly do: 'acknowledge'; readonly alert: string; readonly by: string; readonly until: number; readonly note: string }
  | { readonly do: 'assign'; readonly alert: string; readonly by: string; readonly to: string }
  | ({ readonly do: 'tell' } & Pick<WaiverNotice, 'rule' | 'items'> & Omit<ReplyMessage, 'alert'>);

/**
 * The orders that are recorded from a leaf of the ledger on, oldest first, and how many leaves there are by now; of null none. The ledger is
 * where they wait: what could not be done is asked for again.
 */
export type Orders = (from: number | null) => { readonly orders: readonly Order[]; readonly to: number };
