import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { type Answer, CallFailure, type Collector, type Place, type Transport } from '#src/collector.ts';
import { type Collected, collectScope, replayTransport } from '#src/cycle/collect.ts';
import { canonical } from '#src/ledger/canonical.ts';
import { isUnread, type UnreadReason } from '#src/population.ts';

/** One call of a recording: its pages, or the failure the provider gave. `parameters` left out matches any. */
export interface RecordedCall {
  readonly call: string;
  readonly parameters?: object;
  readonly pages?: readonly unknown[];
  readonly error?: { readonly reason: UnreadReason; readonly code?: string; readonly status?: number; readonly detail?: string };
}

interface Expectation {
  readonly place: Place;
  /** A list, or the name of a file under test/recordings. */
  readonly recording: readonly RecordedCall[] | string;
  /** Whole items, in order of their keys. */
  readonly expect?: readonly object[];
  /** Reads this recording has no use for, because another case does. */
  readonly without?: readonly string[];
  /** Calls whose empty object is a documented fact ("never set"), so that it is no garbled answer. */
  readonly emptyIsFact?: readonly string[];
}

export function recordingOf(source: readonly RecordedCall[] | string): readonly RecordedCall[] {
  return typeof source === 'string'
    ? (JSON.parse(readFileSync(new URL(`recordings/${source}`, import.meta.url), 'utf8')) as RecordedCall[])
    : source;
}

/** Answers from a recording, as a provider's client would. `meddle` may replace what a call gives. */
export function recordedTransport(
  recording: readonly RecordedCall[],
  meddle: (index: number, pages: Answer[]) => Answer[] = (_, pages) => pages,
  used = new Set<number>(),
): Transport {
  return {
    async *call(operation, parameters) {
      const wanted = canonical(parameters);
      const index = recording.findIndex(
        (entry) => entry.call === operation && (entry.parameters === undefined || canonical(entry.parameters) === wanted),
      );
      if (index < 0) throw new CallFailure('unavailable', { detail: `not in the recording: ${operation} ${wanted}` });
      used.add(index);
      const { error, pages = [] } = recording[index]!;
      const answers = pages.map((body, page) => ({ body: structuredClone(body), status: 200, requestId: `request-${index}-${page}` }));
      yield* meddle(index, error ? [] : answers);
      if (error)
        throw new CallFailure(error.reason, {
          code: error.code ?? '',
          status: error.status ?? 0,
          detail: error.detail ?? error.code ?? '',
        });
    },
  };
}

export async function replay(collector: Collector, { place, recording }: Expectation): Promise<Collected> {
  return collectScope(collector, place, recordedTransport(recordingOf(recording)));
}

export function itemsOf(collected: Collected): object[] {
  if (collected.status === 'failed') throw new Error(`the scope failed: ${JSON.stringify(collected.unread)}`);
  return collected.items.map(({ item }) => item).toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

/** Runs a collector on a recording, then proves what every collector must hold when a provider refuses, stalls, garbles or loses an answer. */
export function testCollector(collector: Collector, expectation: Expectation): void {
  const { place, without = [], emptyIsFact = [] } = expectation;
  const recording = recordingOf(expectation.recording);
  const collect = (meddle?: (index: number, pages: Answer[]) => Answer[], used?: Set<number>) =>
    collectScope(collector, place, recordedTransport(recording, meddle, used));
  const good = recording.map((_, index) => index).filter((index) => !recording[index]!.error);

  describe(collector.id, () => {
    test('reads the recording whole, and uses each call that it declares', async () => {
      const used = new Set<number>();
      const collected = await collect(undefined, used);
      const items = itemsOf(collected);
      if (expectation.expect) expect(items).toEqual(expectation.expect);
      expect(items.length).toBeGreaterThan(0);
      expect([...used].toSorted((a, b) => a - b)).toEqual(recording.map((_, index) => index));
      const called = new Set(recording.map(({ call }) => call));
      expect(Object.keys(collector.reads).filter((call) => !called.has(call) && !without.includes(call))).toEqual([]);
    });

    test('gives the same items again, from the provider and from the replies that were kept', async () => {
      const first = await collect();
      expect(await collect()).toEqual(first);
      const again = await collectScope(collector, place, replayTransport(first.calls));
      expect(itemsOf(again)).toEqual(itemsOf(first));
    });

    const failures: [string, () => never][] = [
      ['refused', () => raise(new CallFailure('denied', { code: 'AccessDenied', status: 403, detail: 'AccessDenied: not authorized' }))],
      ['throttled', () => raise(new CallFailure('throttled', { code: 'ThrottlingException', status: 429, detail: 'ThrottlingException' }))],
      ['without an answer', () => raise(new CallFailure('unavailable', { detail: 'timeout' }))],
    ];
    test.each(
      good.flatMap((index) =>
        failures.map(([how, act]): [string, string, number, () => never] => [
          `${recording[index]!.call} (entry ${index})`,
          how,
          index,
          act,
        ]),
      ),
    )('%s %s: unread, and nothing else changes', async (_call, _how, index, act) => {
      expectOnlySilence(await collect(), await collect((i, pages) => (i === index ? act() : pages)));
    });

    const garbage = (index: number): unknown[] => {
      const { call, pages } = recording[index]!;
      return [null, 'text', '<html></html>', 7, ...(Array.isArray(pages?.[0]) ? [] : [[]]), ...(emptyIsFact.includes(call) ? [] : [{}])];
    };
    test.each(
      good.flatMap((index) =>
        garbage(index).map((body): [string, unknown, number] => [`${recording[index]!.call} (entry ${index})`, body, index]),
      ),
    )('%s garbled as %j: unread, never an empty answer', async (_, body, index) => {
      const garbled = await collect((i, pages) => (i === index ? [{ ...pages[0]!, body }] : pages));
      expectOnlySilence(await collect(), garbled, true);
    });

    const paged = good.filter((index) => recording[index]!.pages!.length > 1);
    if (paged.length === 0) return;
    test.each(paged.map((index): [string, number] => [`${recording[index]!.call} (entry ${index})`, index]))(
      '%s losing its last page is unread; its pages in another order are the same',
      async (_, index) => {
        const whole = await collect();
        const lost = () => raise(new CallFailure('unavailable', { detail: 'the page did not come' }));
        const transport = recordedTransport(recording, (i, pages) => (i === index ? pages.slice(0, -1) : pages));
        const losing: Transport = {
          async *call(operation, parameters, paged) {
            yield* transport.call(operation, parameters, paged);
            const hit = recording.findIndex(
              (entry) =>
                entry.call === operation && (entry.parameters === undefined || canonical(entry.parameters) === canonical(parameters)),
            );
            if (hit === index) lost();
          },
        };
        expectOnlySilence(whole, await collectScope(collector, place, losing));
        expect(itemsOf(await collect((i, pages) => (i === index ? pages.toReversed() : pages)))).toEqual(itemsOf(whole));
      },
    );
  });
}

/** Every item is still there and differs only by fields that are now unread (or say `unknown`, where that is one of their values), or the scope has failed and says which call and why. */
function expectOnlySilence(whole: Collected, impaired: Collected, maySeeNothing = false): void {
  if (impaired.status === 'failed') {
    expect(impaired.unread.unread).not.toBe('collector-fault');
    expect(impaired.unread.call).not.toBe('');
    return;
  }
  const before = itemsOf(whole);
  const after = itemsOf(impaired);
  expect(after.map((item) => (item as { key: string }).key)).toEqual(before.map((item) => (item as { key: string }).key));
  const silenced = after.flatMap((item, i) =>
    Object.entries(item).filter(([field, value]) => canonical(value) !== canonical((before[i] as Record<string, unknown>)[field])),
  );
  expect(silenced.filter(([, value]) => !isUnread(value) && value !== 'unknown')).toEqual([]);
  if (!maySeeNothing) expect(silenced.length).toBeGreaterThan(0);
}

function raise(error: Error): never {
  throw error;
}
