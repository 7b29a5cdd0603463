/** By which way somebody acted, with what proves it. */
export type Via =
  | { readonly way: 'command'; readonly user: string }
  | { readonly way: 'page'; readonly remote: string }
  | { readonly way: 'slack'; readonly team: string; readonly user: string; readonly ts: string };

interface ItemName {
  readonly scope: string;
  readonly item: string;
}

/** What somebody does about an alert or a deviation. Instants in epoch ms; people by their verified address. */
export type Deed =
  | { readonly do: 'acknowledge'; readonly alert: string; readonly until: number; readonly note: string }
  | { readonly do: 'assign'; readonly alert: string; readonly to: string }
  | {
      readonly do: 'request-waiver';
      readonly rule: string;
      readonly items: readonly ItemName[];
      readonly reason: string;
      readonly compensating: string;
      readonly until: number;
      /** The waiver that this one renews. */
      readonly renews?: string;
    }
  | { readonly do: 'approve-waiver' | 'refuse-waiver' | 'withdraw-waiver'; readonly waiver: string; readonly reason: string };

export interface Action {
  /** Unique for good: the same action that comes twice is done once. */
  readonly id: string;
  readonly by: string;
  readonly at: number;
  readonly via: Via;
  readonly deed: Deed;
}

/** What became of it. */
export type Answer =
  | {
      readonly ok: true;
      /** The ledger index of its record. */
      readonly index: number;
      readonly says: string;
      /** The waiver that it was about. */
      readonly waiver?: string;
    }
  | { readonly ok: false; readonly problem: string; readonly mend: string };

/** Takes what people do to the one process that writes the ledger, durable from the moment it is handed over. */
export interface Actions {
  /**
   * Resolves when it is recorded or refused. Where nobody took it within `patience` (ms), it may still be done later, and is done once
   * however often it comes. Errors: ACTION_NOT_TAKEN.
   */
  submit(action: Action, patience?: number): Promise<Answer>;
}
