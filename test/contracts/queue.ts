import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { Job, NewJob, Queue, Told } from '#src/schedule/queue.ts';
import { brisk } from './brisk.ts';

/** A place where nothing was before, and doors to it: each is another process as far as the queue can tell. */
export interface QueuePlace {
  open(): Queue;
  /** A door through which somebody took a job, and whose process is gone: nothing of it ends, nothing is renewed. */
  lose(key: string): Promise<void>;
}

const job = (key: string, over: Partial<NewJob> = {}): NewJob => ({ key, group: 'g', payload: `do ${key}`, ...over });
const bytes = (text: string) => Buffer.from(text);

interface Manner {
  /** Beside each other: where a place waits without holding up the process. */
  readonly beside?: boolean;
  /** The promises that fall to the engine, and not to the code above it. */
  readonly only?: RegExp;
}

/** What any queue promises. */
export function queueContract(newPlace: () => Promise<QueuePlace>, { beside = false, only = /./ }: Manner = {}): void {
  const promise = (name: string, hold: () => Promise<void>) => {
    if (only.test(name)) (beside ? test.concurrent : test)(name, hold, 30_000);
  };

  async function eventually<T>(question: () => Promise<T>, holds: (answer: T) => boolean): Promise<T> {
    const end = Date.now() + 15_000;
    for (;;) {
      const answer = await question();
      if (holds(answer) || Date.now() > end) return answer;
      await sleep(20);
    }
  }

  async function toldOf(queue: Queue, count: number, group = 'g'): Promise<Told[]> {
    const told: Told[] = [];
    await eventually(
      async () => told.push(...(await queue.told(group))),
      () => told.length >= count,
    );
    return told;
  }

  const words = (told: readonly Told[]) =>
    told
      .map((each) =>
        'gaveUp' in each ? `${each.key}: gave up, ${each.gaveUp}` : `${each.key} ${each.part}: ${Buffer.from(each.answer).toString()}`,
      )
      .toSorted();

  promise('each job is done once by somebody, whoever works, and what is told comes back whole', async () => {
    const place = await newPlace();
    await using asking = place.open();
    await using one = place.open();
    await using other = place.open();
    const big = Buffer.alloc(300_000, 7);
    const done: string[] = [];
    const handle = async ({ key, payload, tell }: Job) => {
      done.push(payload);
      await tell('a', bytes(`of ${key}`));
      if (key === 'k7') await tell('b', big);
    };
    const workers = [one.work({ name: 'one', atOnce: 3 }, handle), other.work({ name: 'other', atOnce: 3 }, handle)];
    const keys = Array.from({ length: 40 }, (_, i) => `k${i}`);
    await asking.add(keys.map((key) => job(key)));
    const told = await toldOf(asking, 41);
    expect(done.toSorted()).toEqual(keys.map((key) => `do ${key}`).toSorted());
    const large = told.find((each) => 'part' in each && each.part === 'b');
    expect(large && 'answer' in large && Buffer.from(large.answer).equals(big)).toBe(true);
    expect(words(told.filter((each) => each !== large))).toEqual(keys.map((key) => `${key} a: of ${key}`).toSorted());
    expect(await asking.told('g')).toEqual([]);
    await eventually(
      () => asking.counts(),
      ({ underWay }) => underWay === 0,
    );
    expect(await asking.counts()).toEqual({ waiting: 0, underWay: 0, resting: 0, workers: 2, paused: false, pausedSince: null });
    await Promise.all(workers.map((worker) => worker.drain(1_000)));
  });

  promise('a key waits once, and never runs beside itself', async () => {
    const place = await newPlace();
    await using queue = place.open();
    await queue.add([job('a'), job('a', { payload: 'again' }), job('b')]);
    await queue.add([job('a', { payload: 'once more' })]);
    expect((await queue.counts()).waiting).toBe(2);
    const let_go = Promise.withResolvers<void>();
    const began: string[] = [];
    const worker = queue.work({ name: 'w', atOnce: 5 }, async ({ payload }) => {
      began.push(payload);
      await let_go.promise;
    });
    await eventually(
      () => queue.counts(),
      ({ underWay }) => underWay === 2,
    );
    await queue.add([job('a', { payload: 'while it is under way' })]);
    await sleep(200);
    expect(began.toSorted()).toEqual(['do a', 'do b']);
    let_go.resolve();
    await eventually(
      () => queue.counts(),
      ({ underWay }) => underWay === 0,
    );
    await queue.add([job('a', { payload: 'afterwards' })]);
    await eventually(
      async () => began.length,
      (count) => count === 3,
    );
    expect(began[2]).toBe('afterwards');
    await worker.drain(1_000);
  });

  promise('what is wanted soon goes first, the rest in its order', async () => {
    const place = await newPlace();
    await using queue = place.open();
    await queue.add([job('1'), job('2'), job('3', { soon: true }), job('4')]);
    await queue.add([job('5', { soon: true })]);
    const order: string[] = [];
    const worker = queue.work({ name: 'w', atOnce: 1 }, async ({ key }) => void order.push(key));
    await eventually(
      async () => order.length,
      (count) => count === 5,
    );
    expect(order).toEqual(['3', '5', '1', '2', '4']);
    await worker.drain(1_000);
  });

  promise('a job that fails is tried again after a rest, and given up in words', async () => {
    const place = await newPlace();
    await using queue = place.open();
    const attempts: string[] = [];
    const worker = queue.work({ name: 'w', atOnce: 2 }, async ({ key, attempt, tell }) => {
      attempts.push(`${key} ${attempt}`);
      if (key === 'mends' && attempt === 2) return tell('a', bytes('well'));
      throw new Error('no luck');
    });
    await queue.add([job('mends'), job('never')]);
    expect(words(await toldOf(queue, 2))).toEqual(['mends a: well', 'never: gave up, no luck']);
    expect(attempts.toSorted()).toEqual(['mends 1', 'mends 2', 'never 1', 'never 2']);
    await worker.drain(1_000);
    expect(await queue.counts()).toMatchObject({ waiting: 0, underWay: 0, resting: 0 });
  });

  promise('what somebody took and never ended goes to another, with its payload', async () => {
    const place = await newPlace();
    await using queue = place.open();
    await queue.add([job('a'), job('b')]);
    await place.lose('a');
    const worker = queue.work({ name: 'w', atOnce: 2 }, ({ payload, attempt, tell }) => tell('a', bytes(`${payload}, attempt ${attempt}`)));
    expect(words(await toldOf(queue, 2))).toEqual(['a a: do a, attempt 2', 'b a: do b, attempt 1']);
    await worker.drain(1_000);
  });

  promise('a job at which workers are lost each time is given up, and does not kill for ever', async () => {
    const place = await newPlace();
    await using queue = place.open();
    await queue.add([job('deadly')]);
    for (let i = 0; i < brisk.attempts; i++) await place.lose('deadly');
    const handled: string[] = [];
    const worker = queue.work({ name: 'w', atOnce: 2 }, async ({ key }) => void handled.push(key));
    expect(words(await toldOf(queue, 1))).toEqual(['deadly: gave up, workers were lost at it 2 times']);
    expect(handled).toEqual([]);
    await worker.drain(1_000);
  });

  promise('a lease is renewed as long as its holder lives', async () => {
    const place = await newPlace();
    await using queue = place.open();
    await using other = place.open();
    let count = 0;
    const handle = async ({ tell }: Job) => {
      count++;
      await sleep(brisk.lease * 3);
      await tell('a', bytes('done'));
    };
    const workers = [queue.work({ name: 'one', atOnce: 1 }, handle), other.work({ name: 'other', atOnce: 1 }, handle)];
    await queue.add([job('long')]);
    expect(words(await toldOf(queue, 1))).toEqual(['long a: done']);
    expect(count).toBe(1);
    await Promise.all(workers.map((worker) => worker.drain(1_000)));
  });

  promise('a part may be told by two who both believe to hold the job: both are handed out, and nothing breaks', async () => {
    const place = await newPlace();
    await using queue = place.open();
    await queue.add([job('a')]);
    const worker = queue.work({ name: 'w', atOnce: 1 }, async ({ tell }) => {
      await tell('a', bytes('first'));
      await tell('a', bytes('second'));
    });
    expect(words(await toldOf(queue, 2))).toEqual(['a a: first', 'a a: second']);
    await worker.drain(1_000);
  });

  promise('a group is told apart from others', async () => {
    const place = await newPlace();
    await using queue = place.open();
    const worker = queue.work({ name: 'w', atOnce: 1 }, ({ group, tell }) => tell('a', bytes(group)));
    await queue.add([job('a', { group: 'old' }), job('b', { group: 'new' })]);
    expect(words(await toldOf(queue, 1, 'new'))).toEqual(['b a: new']);
    expect(words(await toldOf(queue, 1, 'old'))).toEqual(['a a: old']);
    await worker.drain(1_000);
  });

  promise('what waits can be taken back; what is under way goes on', async () => {
    const place = await newPlace();
    await using queue = place.open();
    const let_go = Promise.withResolvers<void>();
    const worker = queue.work({ name: 'w', atOnce: 1 }, async ({ tell }) => {
      await let_go.promise;
      await tell('a', bytes('done'));
    });
    await queue.add([job('a')]);
    await eventually(
      () => queue.counts(),
      ({ underWay }) => underWay === 1,
    );
    await queue.add([job('b'), job('c', { soon: true })]);
    await queue.clear();
    expect(await queue.counts()).toMatchObject({ waiting: 0, underWay: 1 });
    let_go.resolve();
    expect(words(await toldOf(queue, 1))).toEqual(['a a: done']);
    await queue.add([job('b', { payload: 'anew' })]);
    expect(words(await toldOf(queue, 1))).toEqual(['b a: done']);
    await worker.drain(1_000);
  });

  promise(
    'while it is paused nobody takes anything, what is under way ends, and all that waits is counted and done afterwards',
    async () => {
      const place = await newPlace();
      await using queue = place.open();
      await using other = place.open();
      const let_go = Promise.withResolvers<void>();
      const worker = other.work({ name: 'w', atOnce: 1 }, async ({ key, tell }) => {
        if (key === 'first') await let_go.promise;
        await tell('a', bytes('done'));
      });
      await queue.add([job('first')]);
      await eventually(
        () => queue.counts(),
        ({ underWay }) => underWay === 1,
      );
      await queue.add([job('before'), job('soon before', { soon: true })]);
      await queue.pause();
      const { pausedSince } = await queue.counts();
      await sleep(1_100);
      await other.pause();
      await queue.add([job('after'), job('soon after', { soon: true })]);
      expect(await queue.counts()).toMatchObject({ waiting: 4, underWay: 1, paused: true, pausedSince });
      expect(Math.abs(Date.now() - pausedSince!)).toBeLessThan(60_000);
      let_go.resolve();
      expect(words(await toldOf(queue, 1))).toEqual(['first a: done']);
      await sleep(300);
      expect(await queue.counts()).toMatchObject({ waiting: 4, underWay: 0, paused: true, pausedSince });
      await queue.resume();
      await other.resume();
      expect(words(await toldOf(queue, 4))).toEqual(['after a: done', 'before a: done', 'soon after a: done', 'soon before a: done']);
      expect(await queue.counts()).toMatchObject({ waiting: 0, paused: false, pausedSince: null });
      await worker.drain(1_000);
    },
  );

  promise('what waits can be taken back while it is paused, and the pause stays', async () => {
    const place = await newPlace();
    await using queue = place.open();
    await queue.pause();
    await queue.add([job('a'), job('b', { soon: true })]);
    await queue.clear();
    expect(await queue.counts()).toMatchObject({ waiting: 0, paused: true });
  });

  promise('who drains takes no more, ends what it began, and leaves the rest to others', async () => {
    const place = await newPlace();
    await using queue = place.open();
    await using other = place.open();
    const began: string[] = [];
    const worker = queue.work({ name: 'w', atOnce: 1 }, async ({ key, tell }) => {
      began.push(key);
      await sleep(200);
      await tell('a', bytes('by w'));
    });
    await queue.add([job('a'), job('b')]);
    await eventually(
      async () => began.length,
      (count) => count === 1,
    );
    await worker.drain(5_000);
    await worker.ended;
    expect(began).toEqual(['a']);
    expect(await queue.counts()).toMatchObject({ waiting: 1, underWay: 0 });
    const heir = other.work({ name: 'heir', atOnce: 1 }, ({ tell }) => tell('a', bytes('by heir')));
    expect(words(await toldOf(queue, 2))).toEqual(['a a: by w', 'b a: by heir']);
    await heir.drain(1_000);
  });

  promise('who does not end in time is left behind, and its job goes to another', async () => {
    const place = await newPlace();
    await using queue = place.open();
    await using other = place.open();
    const never = Promise.withResolvers<void>();
    const worker = queue.work({ name: 'w', atOnce: 1 }, () => never.promise);
    await queue.add([job('a')]);
    await eventually(
      () => queue.counts(),
      ({ underWay }) => underWay === 1,
    );
    await worker.drain(100);
    const heir = other.work({ name: 'heir', atOnce: 1 }, ({ tell }) => tell('a', bytes('by heir')));
    expect(words(await toldOf(other, 1))).toEqual(['a a: by heir']);
    await heir.drain(1_000);
    never.resolve();
  });
}
