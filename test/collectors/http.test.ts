import { describe, expect, test } from '@jest/globals';
import { CallFailure } from '#collector';
import { type Attempt, fetchWithin, httpWith, onceEach, patiently, retryAfter } from '#collectors/http.ts';
import { standingClock, startDouble } from '#test/doubles/double.ts';

const throttled = new CallFailure('throttled', { detail: 'slow down' });
const failing = (wait: number | 'back-off' | 'final'): Attempt<never> => ({ failure: throttled, wait });

async function run(outcomes: Attempt<string>[], maximumWait = 60_000) {
  const clock = standingClock();
  const left = [...outcomes];
  const result = await patiently(async () => left.shift() ?? outcomes.at(-1)!, httpWith({ ...clock, maximumWait })).catch(
    (error: unknown) => error,
  );
  return { result, sleeps: clock.sleeps };
}

describe('waiting', () => {
  test('goes on as long as asked, and at least a second', async () => {
    expect(await run([failing(5_000), failing(0), { done: 'answer' }])).toEqual({ result: 'answer', sleeps: [5_000, 1_000] });
  });

  test('never takes longer in all than allowed', async () => {
    expect(await run([failing(25_000)])).toEqual({ result: throttled, sleeps: [25_000, 25_000] });
    expect(await run([failing(60_001)])).toEqual({ result: throttled, sleeps: [] });
  });

  test('backs off a few times, and not at all from what is final', async () => {
    expect(await run([failing('back-off')])).toEqual({ result: throttled, sleeps: [1_000, 2_000, 4_000, 8_000] });
    expect(await run([failing('final')])).toEqual({ result: throttled, sleeps: [] });
  });

  test.each([
    ['15', 15_000],
    ['Thu, 15 Jan 2026 00:00:30 GMT', 30_000],
    ['Thu, 15 Jan 2026 00:00:00 GMT', 0],
    ['soon', undefined],
    ['', undefined],
    [null, undefined],
  ])('Retry-After %j', (header, expected) => {
    expect(retryAfter(header, Date.parse('2026-01-15T00:00:00Z'))).toBe(expected);
  });
});

describe('an answer that several ask for', () => {
  test("is asked for once, and its failure is everyone's, after the same pages", async () => {
    let asked = 0;
    const shared = onceEach<number>();
    async function* pages() {
      asked++;
      yield 1;
      yield 2;
      throw throttled;
    }
    const read = async () => {
      const seen: unknown[] = [];
      try {
        for await (const page of shared('list', pages)) seen.push(page);
      } catch (error) {
        seen.push(error);
      }
      return seen;
    };
    expect(await Promise.all([read(), read()])).toEqual([
      [1, 2, throttled],
      [1, 2, throttled],
    ]);
    expect(asked).toBe(1);
  });
});

describe('a fetch within one origin', () => {
  test('never sends the credential to another host, by no redirect and no address', async () => {
    const theirs = await startDouble('application/json', () => ({ body: {} }));
    const ours = await startDouble('application/json', () => ({
      status: 307,
      headers: { location: `${theirs.endpoint}/steal` },
      body: null,
    }));
    const get = fetchWithin(ours.endpoint, httpWith({}));
    const headers = { authorization: 'Bearer secret' };
    await expect(get(`${ours.endpoint}/users`, { headers })).rejects.toMatchObject({ reason: 'unavailable', code: 'other-host' });
    await expect(get(`${theirs.endpoint}/users`, { headers })).rejects.toMatchObject({ reason: 'unavailable', code: 'other-host' });
    expect(theirs.calls).toEqual([]);
    await Promise.all([ours.close(), theirs.close()]);
  });
});
