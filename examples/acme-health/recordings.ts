import { type Answer, CallFailure, type Connection, type FoundPlace, type Place, type Transport } from '#src/collector.ts';
import type { UnreadReason } from '#src/population.ts';

/** What a provider answered to a call from an instant on: pages in its own raw shape, or its refusal. What is left out matches anything. */
export interface Recording {
  readonly call: string;
  readonly account?: string;
  readonly region?: string;
  readonly parameters?: object;
  /** ISO 8601, half-open. An answer without them held all the time. */
  readonly since?: string;
  readonly until?: string;
  /** As recorded, or, for what moves all the time, as the provider would answer at an instant (epoch ms). */
  readonly pages?: readonly unknown[] | ((now: number) => readonly unknown[]);
  readonly error?: { readonly reason: UnreadReason; readonly code: string; readonly status: number; readonly detail: string };
}

interface Settings {
  readonly id: string;
  readonly provider: string;
  readonly places: readonly FoundPlace[];
  readonly recordings: readonly Recording[];
  /** Epoch ms. */
  readonly now: () => number;
}

/**
 * A connection that answers from recordings: the one that began last of those in force. Of two that began together the one written later
 * counts. A call that was never recorded is `unavailable`, so that no omission looks like an empty answer.
 */
export function recordedConnection({ id, provider, places, recordings, now }: Settings): Connection {
  const inOrder = recordings
    .map(
      (recording, index): Recorded => ({
        recording,
        since: timeOf(recording.since, 0),
        until: timeOf(recording.until, Infinity),
        requestId: `recorded-${id}-${index}`,
      }),
    )
    .sort((a, b) => a.since - b.since);
  const matching = new Map<string, readonly Recorded[]>();

  function inForce({ account, region }: Place, call: string, parameters: object): Recorded | undefined {
    const wanted = JSON.stringify(parameters);
    const key = `${account} ${region} ${call} ${wanted}`;
    let candidates = matching.get(key);
    if (!candidates) {
      const fits = (given: string | undefined, asked: string) => given === undefined || given === asked;
      candidates = inOrder.filter(
        ({ recording }) =>
          recording.call === call &&
          fits(recording.account, account) &&
          fits(recording.region, region) &&
          (recording.parameters === undefined || JSON.stringify(recording.parameters) === wanted),
      );
      matching.set(key, candidates);
    }
    const instant = now();
    return candidates.findLast(({ since, until }) => since <= instant && instant < until);
  }

  return {
    id,
    provider,
    discovery: {},
    places: async () => [...places],
    open: (place): Transport => ({
      async *call(operation, parameters, paged) {
        const recorded = inForce(place, operation, parameters);
        if (!recorded)
          throw new CallFailure('unavailable', {
            detail: `${operation} ${JSON.stringify(parameters)} in ${place.account}/${place.region} was never recorded`,
          });
        const { error, pages = [] } = recorded.recording;
        if (error) throw new CallFailure(error.reason, { ...error, requestId: recorded.requestId });
        const answers = answersOf(recorded, typeof pages === 'function' ? pages(now()) : pages);
        yield* paged ? answers : answers.slice(0, 1);
      },
    }),
    close: async () => undefined,
  };
}

interface Recorded {
  readonly recording: Recording;
  readonly since: number;
  readonly until: number;
  readonly requestId: string;
  told?: { readonly pages: readonly unknown[]; readonly answers: readonly Answer[] };
}

const timeOf = (text: string | undefined, otherwise: number): number => (text === undefined ? otherwise : Date.parse(text));

/** The same answer as long as the pages are the same. */
function answersOf(recorded: Recorded, pages: readonly unknown[]): readonly Answer[] {
  if (recorded.told?.pages !== pages)
    recorded.told = { pages, answers: pages.map((body) => ({ body: deepFreeze(body), status: 200, requestId: recorded.requestId })) };
  return recorded.told.answers;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) Object.values(Object.freeze(value)).forEach(deepFreeze);
  return value;
}
