import { withoutSecrets } from '#src/redaction.ts';
import type { AlertMessage, ReplyMessage } from './message.ts';

/** Where a message came to lie; what an edit or a thread refers to. */
export interface Receipt {
  readonly channel: string;
  readonly ts: string;
}

/** One thing to deliver. Its id is unique for good and goes with the message, so that it is recognized where it has arrived already. */
export interface Letter {
  readonly id: string;
  /** As the configuration names it: `#security`, `C0123456789`. */
  readonly channel: string;
  readonly content:
    | { readonly is: 'alert'; readonly message: AlertMessage }
    /** Takes the place of the message at `of`. */
    | { readonly is: 'edit'; readonly message: AlertMessage; readonly of: Receipt }
    /** `to` is null where the first message lies where nothing can be added to it. */
    | { readonly is: 'reply'; readonly message: ReplyMessage; readonly to: Receipt | null; readonly broadcast: boolean };
}

/** A place where people read. */
export interface Channel {
  readonly name: string;
  /** Without threads, replies come as messages of their own, and edits not at all. */
  readonly threads: boolean;
  /**
   * Brings a letter. `still`, asked right before anything is sent, throws where another process brings it by now. Errors: ChannelFault,
   * Overtaken.
   */
  deliver(letter: Letter, still?: () => void): Promise<Receipt | null>;
  /** Where a letter lies that may have arrived since an instant (epoch ms); null where it has not. Errors: ChannelFault where that cannot be told. */
  find(letter: Letter, since: number): Promise<Receipt | null>;
  /** Takes back a message of ours that another stands in for; one that is gone is taken back. Not where a channel cannot. Errors: ChannelFault. */
  retract?(receipt: Receipt): Promise<void>;
  close(): Promise<void>;
}

/** Another process brings the letter by now. */
export class Overtaken extends Error {}

/** Why a letter was not delivered. */
export class ChannelFault extends Error {
  /** It may have arrived all the same. */
  readonly uncertain: boolean;
  /** Trying again is of no use before somebody mends something. */
  readonly permanent: boolean;
  /** Milliseconds that the other side asks us to wait. */
  readonly retryAfter: number | null;
  readonly mend: string;

  constructor(
    message: string,
    {
      uncertain = false,
      permanent = false,
      retryAfter = null,
      mend = '',
      cause,
    }: {
      readonly uncertain?: boolean;
      readonly permanent?: boolean;
      readonly retryAfter?: number | null;
      readonly mend?: string;
      readonly cause?: unknown;
    } = {},
  ) {
    super(withoutSecrets(message), { cause });
    this.uncertain = uncertain;
    this.permanent = permanent;
    this.retryAfter = retryAfter;
    this.mend = mend;
  }
}
