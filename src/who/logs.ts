import { CallFailure, type Reads, type Transport, type Unread } from '#src/collector.ts';
import type { Logs, Told } from '#src/investigator.ts';
import { canonical } from '#src/ledger/canonical.ts';
import { secretIn } from '#src/redaction.ts';

/** Answers that were read already, by the call that gave them. */
export type Remembered = Map<string, Promise<Told<unknown>>>;

interface Deps {
  readonly transport: Transport;
  readonly remembered: Remembered;
  /** True when the time to answer is over. */
  readonly late: () => boolean;
}

/** The door of an investigator: declared calls only, every answer projected, nothing kept that looks like a secret. Nothing is recorded. */
export function openLogs<S extends Reads>(reads: S, { transport, remembered, late }: Deps): Logs<S> {
  async function read(operation: string, parameters: object, atMost: number): Promise<Told<unknown>> {
    const pages: unknown[] = [];
    const declared = reads[operation];
    try {
      if (!declared) throw new CallFailure('collector-fault', { detail: `the call ${operation} is not declared` });
      if (late()) return { pages, whole: false, unread: null };
      for await (const { body } of transport.call(operation, parameters, true)) {
        if (pages.length === atMost) return { pages, whole: false, unread: null };
        pages.push(pageIn(declared, body));
        if (late()) return { pages, whole: false, unread: null };
      }
      return { pages, whole: true, unread: null };
    } catch (failed) {
      const error = late() ? new CallFailure('unavailable', { detail: 'no answer in time' }, { cause: failed }) : failed;
      return { pages, whole: false, unread: unreadFor(operation, [declared?.needs ?? ''].flat().join(' and '), error) };
    }
  }

  return {
    async some(operation: string, parameters: object, atMost: number) {
      const name = `${operation} ${canonical(JSON.parse(JSON.stringify(parameters)))} ${atMost}`;
      const known = remembered.get(name);
      if (known) return known;
      const asking = read(operation, parameters, atMost);
      remembered.set(name, asking);
      // What broke off is asked again.
      const told = await asking;
      if (told.unread !== null || late()) remembered.delete(name);
      return told;
    },
  } as Logs<S>;
}

function pageIn(declared: Reads[string], body: unknown): unknown {
  const parsed = declared.reply.safeParse(body);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0] ?? { path: [], message: 'unknown' };
  throw new CallFailure('malformed', { detail: `${path.join('.') || 'the answer'}: ${message}` });
}

function unreadFor(call: string, needs: string, error: unknown): Unread {
  const failure =
    error instanceof CallFailure
      ? error
      : new CallFailure('collector-fault', { detail: Error.isError(error) ? error.message : String(error) }, { cause: error });
  const { code, message, reason } = failure;
  const detail = (code && !message.includes(code) ? `${code}: ${message}` : message).replace(/\s+/g, ' ').slice(0, 300);
  return { unread: reason, call, needs, detail: secretIn(detail) === null ? detail : '(left out)' };
}
