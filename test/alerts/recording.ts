import { type Channel, ChannelFault, type Letter, type Receipt } from '#src/alerts/channel.ts';
import type { AlertMessage, ReplyMessage } from '#src/alerts/message.ts';

/** A channel that keeps what it is brought, as a chat would show it. */
export class Recording implements Channel {
  readonly name = 'recording';
  readonly threads: boolean;
  readonly letters: Letter[] = [];
  /** What the next deliveries meet, in turn; null: nothing. */
  faults: (ChannelFault | null)[] = [];
  /** The messages as they stand, by the place where they lie. */
  readonly messages = new Map<string, { channel: string; message: AlertMessage; edits: number; thread: ReplyMessage[] }>();

  constructor({ threads = true } = {}) {
    this.threads = threads;
  }

  /** So many times nothing is taken back. */
  stuck = 0;

  async deliver(letter: Letter, still?: () => void): Promise<Receipt | null> {
    still?.();
    const fault = this.faults.shift();
    if (fault && !fault.uncertain) throw fault;
    this.letters.push(letter);
    const { content, channel } = letter;
    const ts = String(this.letters.length);
    if (content.is === 'alert') this.messages.set(ts, { channel, message: content.message, edits: 0, thread: [] });
    if (content.is === 'edit') {
      const own = this.messages.get(content.of.ts)!;
      own.message = content.message;
      own.edits += 1;
    }
    if (content.is === 'reply' && content.to) this.messages.get(content.to.ts)?.thread.push(content.message);
    if (fault) throw fault;
    return this.threads ? { channel, ts } : null;
  }

  async find(letter: Letter): Promise<Receipt | null> {
    const at = this.letters.findIndex(({ id }) => id === letter.id);
    return at < 0 ? null : { channel: letter.channel, ts: String(at + 1) };
  }

  async retract({ ts }: Receipt): Promise<void> {
    if (this.stuck-- > 0) throw new ChannelFault('no answer', { uncertain: true });
    this.messages.delete(ts);
  }

  async close(): Promise<void> {}

  /** The messages as they stand, the oldest first. */
  get shown(): { channel: string; message: AlertMessage; edits: number; thread: ReplyMessage[] }[] {
    return [...this.messages.values()];
  }
}

export const refused = (mend = 'Invite the bot.'): ChannelFault =>
  new ChannelFault('the channel does not exist', { permanent: true, mend });
