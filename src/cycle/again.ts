import type { Answer, Transport } from '#src/collector.ts';
import { canonical } from '#src/ledger/canonical.ts';
import type { CallRecord } from './collect.ts';

/** A call of a complete look, as it can be made again. */
export interface Asked {
  readonly operation: string;
  readonly parameters: object;
  readonly paged: boolean;
}

/** Of each page of a look, by `slotOf`: the hash of the answer as it came, and of the part of it that is kept. */
export type Answers = ReadonlyMap<string, { readonly raw: string; readonly reply: string }>;

export const slotOf = (operation: string, parameters: string, page: number): string => `${operation} ${parameters} ${page}`;

/** A look of more calls asks for each item by itself; it is left to its collector, which asks for several at a time. */
export const fewCalls = 8;

/**
 * Makes the calls of the latest look again, one after the other. Where every page has the bytes it had, `calls` are the look: the collector
 * need not run, for it is deterministic in its replies. Where one differs or does not come, `calls` is null, and the collector is to run over
 * `transport`, which has what was answered and asks for the rest.
 */
export async function askAgain(
  transport: Transport,
  asked: readonly Asked[] | null,
  before: Answers,
  hashOf: (body: unknown) => string,
): Promise<{ calls: CallRecord[] | null; transport: Transport }> {
  if (asked === null || asked.length === 0 || asked.length > fewCalls) return { calls: null, transport };
  const calls: CallRecord[] = [];
  let same = true;
  const answered = new Map<string, Answer[]>();
  for (const { operation, parameters, paged } of asked) {
    const text = canonical(parameters);
    let answers: Answer[];
    try {
      answers = await Array.fromAsync(transport.call(operation, parameters, paged));
    } catch {
      // Not told here: the collector asks again, and what it is told then is what counts.
      same = false;
      break;
    }
    answered.set(`${operation} ${text} ${paged}`, answers);
    for (const [page, { body, status, requestId }] of answers.entries()) {
      const known = before.get(slotOf(operation, text, page));
      if (known?.raw !== hashOf(body)) same = false;
      else calls.push({ operation, parameters: text, page, status, requestId, reply: null, replyHash: known.reply });
    }
    if (!same) break;
  }
  const first: Transport = {
    async *call(operation, parameters, paged) {
      const key = `${operation} ${canonical(parameters)} ${paged}`;
      const answers = answered.get(key);
      answered.delete(key);
      if (answers) yield* answers;
      else yield* transport.call(operation, parameters, paged);
    },
  };
  return { calls: same && calls.length === before.size ? calls : null, transport: first };
}
