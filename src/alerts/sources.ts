import type { Scope } from '#src/evidence/store.ts';
import type { Severity } from '#src/rule.ts';
import type { Attribution, ReplyMessage } from './message.ts';

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
  /** `requested` until somebody decides; `approved` from then on, also when it has expired; `over`: refused, withdrawn or renewed. */
  readonly state: 'requested' | 'approved' | 'over';
  readonly requestedBy: string;
  readonly requestedAt: number;
  readonly decidedBy: string | null;
  readonly reason: string;
  readonly compensating: string;
  /** In force in [from, until); `from` is null before it is approved. */
  readonly from: number | null;
  readonly until: number;
}

/** Every waiver that was ever asked for, or those that still matter. The same list object as long as nothing changed. */
export type Waivers = () => readonly WaiverNotice[];

/** Asks that scopes be looked at once more as soon as may be, before their turn: to confirm a result that turned to fail. */
export type Reread = (scopes: readonly Scope[]) => void;

/** Who changed an item between two looks; asked in the background, with a time limit. */
export type FindActor = (question: {
  readonly scope: Scope;
  readonly item: string;
  readonly snapshot: object;
  readonly from: number | null;
  readonly to: number;
}) => Promise<Attribution>;

/** The page of the provider's console about an item; null where there is none. */
export type ConsoleLink = (scope: Scope, item: string, snapshot: object) => string | null;

/** What people's orders do to alerts, once they are recorded in the ledger. */
export interface AlertOrders {
  /** What is known of an alert by its id; null where there is none. */
  find(alert: string): {
    readonly state: 'open' | 'acknowledged' | 'flapping' | 'resolved';
    readonly headline: string;
    /** What a waiver for it would be for: the rule, and every item that is in it now. */
    readonly rule: string | null;
    readonly items: WaiverNotice['items'];
  } | null;
  /** No reminders until then, unless it gets worse. */
  acknowledge(alert: string, order: { readonly by: string; readonly until: number; readonly note: string }): void;
  assign(alert: string, order: { readonly by: string; readonly to: string }): void;
  /** Adds to the thread of every alert that holds one of the items under the rule: what became of a request. */
  tell(about: { readonly rule: string; readonly items: WaiverNotice['items'] }, reply: Omit<ReplyMessage, 'alert'>): void;
}
