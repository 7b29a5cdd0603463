import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ChannelFault } from '#src/alerts/channel.ts';
import { openDelivery } from '#src/alerts/delivery.ts';
import { leaseIn } from '#src/alerts/lease.ts';
import type { AlertMessage } from '#src/alerts/message.ts';
import { type Draft, delivered, put, take, undelivered, unpark } from '#src/alerts/outbox.ts';
import { alertPart } from '#src/alerts/tables.ts';
import { lettersOf } from '#src/alerts/tally.ts';
import { type Operations, openOperations } from '#src/operations/operations.ts';
import { postgresIsThere, startPostgres } from '#test/evidence/postgres-server.ts';
import { Recording, refused } from './recording.ts';

const message = (headline: string, state: AlertMessage['state'] = 'open') => ({ headline, state }) as AlertMessage;
const parent = (alert: string, headline = alert, channel = '#a'): Draft => ({
  id: `${alert}.1`,
  alert,
  channel,
  content: { is: 'parent', message: message(headline) },
});
const edit = (alert: string, letter: number, headline: string, state: AlertMessage['state'] = 'open'): Draft => ({
  id: `${alert}.${letter}`,
  alert,
  channel: '#a',
  content: { is: 'edit', message: message(headline, state) },
});
const reply = (alert: string, letter: number, headline: string): Draft => ({
  id: `${alert}.${letter}`,
  alert,
  channel: '#a',
  content: { is: 'reply', message: { alert, headline, lines: [] }, broadcast: false },
});

function world(operations: Operations, channel = new Recording()) {
  for (const table of ['alert_letter', 'alert_lease']) operations.db.prepare(`DELETE FROM ${table}`).run();
  const clock = { now: 1_800_000_000_000 };
  const lease = leaseIn(operations, 'one');
  const delivery = openDelivery({
    operations,
    channel,
    lease,
    log: { info: () => undefined, warn: () => undefined },
    now: () => clock.now,
    pace: 0,
    random: () => 0,
  });
  operations.transaction(() => lease.hold(clock.now));
  return {
    clock,
    channel,
    delivery,
    put: (...letters: Draft[]) => operations.transaction(() => put(operations, letters, clock.now)),
    async bring(later = 0) {
      clock.now += later;
      operations.transaction(() => lease.hold(clock.now));
      delivery.nudge();
      await delivery.settled();
    },
    get brought() {
      return channel.letters.map(({ id }) => id);
    },
    waiting: () => undelivered(operations),
    tally: () => lettersOf(operations),
  };
}

function contract(place: () => Operations): void {
  test('letters of an alert come in their order, and a thread only after its first message', async () => {
    const own = world(place());
    own.channel.faults = [new ChannelFault('busy', { retryAfter: null })];
    own.put(parent('A'), reply('A', 2, 'more'), parent('B'));
    await own.bring();
    own.put(edit('A', 3, 'worse'));
    expect(own.brought).toEqual(['B.1']);
    expect(own.waiting().map(({ id, attempts, fault }) => [id, attempts, fault])).toEqual([
      ['A.1', 1, 'busy'],
      ['A.2', 0, null],
      ['A.3', 0, null],
    ]);
    expect(own.tally()).toEqual({ waiting: 3, waitingSince: 1_800_000_000_000, parked: 0, fault: { says: 'busy', mend: '' } });
    await own.bring(6_000);
    expect(own.brought).toEqual(['B.1', 'A.1', 'A.2', 'A.3']);
    expect(own.channel.shown.map(({ message: { headline }, thread }) => [headline, thread.map((each) => each.headline)])).toEqual([
      ['B', []],
      ['worse', ['more']],
    ]);
    expect(own.waiting()).toEqual([]);
  });

  test('a first message that was not tried yet is written anew, and of several edits the last is brought', async () => {
    const own = world(place());
    own.put(parent('A', 'first'));
    own.put(edit('A', 2, 'second'));
    await own.bring();
    expect(own.channel.shown[0]!.message.headline).toBe('second');
    own.put(edit('A', 3, 'third'));
    own.put(edit('A', 4, 'fourth'));
    await own.bring();
    expect(own.brought).toEqual(['A.1', 'A.4']);
  });

  test('what may have arrived is looked for before it is brought again', async () => {
    const own = world(place());
    own.channel.faults = [new ChannelFault('no answer', { uncertain: true })];
    own.put(parent('A'));
    await own.bring();
    expect([own.brought, own.waiting().length]).toEqual([['A.1'], 1]);
    await own.bring(60_000);
    expect([own.brought, own.waiting().length]).toEqual([['A.1'], 0]);
  });

  test('what a channel refuses for good is parked with what to do, holds nobody else up, and is tried again', async () => {
    const own = world(place());
    own.channel.faults = [refused('Invite the bot.')];
    own.put(parent('A'), reply('A', 2, 'more'), parent('B'));
    await own.bring();
    expect(own.brought).toEqual(['B.1']);
    expect(own.waiting().map(({ id, state, mend }) => [id, state, mend])).toEqual([
      ['A.1', 'parked', 'Invite the bot.'],
      ['A.2', 'waiting', null],
    ]);
    await own.bring(3_600_000);
    expect(own.brought).toEqual(['B.1']);
    unpark(place());
    await own.bring();
    expect(own.brought).toEqual(['B.1', 'A.1', 'A.2']);
  });

  test('a channel that asks to be left alone is, and others are not', async () => {
    const own = world(place());
    own.channel.faults = [new ChannelFault('slow down', { retryAfter: 30_000 })];
    own.put(parent('A'), parent('B'), parent('C', 'C', '#other'));
    await own.bring();
    expect(own.brought).toEqual(['C.1']);
    await own.bring(29_000);
    expect(own.brought).toEqual(['C.1']);
    await own.bring(2_000);
    expect(own.brought).toEqual(['C.1', 'A.1', 'B.1']);
  });

  test('without threads nothing is written anew: replies tell how it goes on, and how it ended', async () => {
    const own = world(place(), new Recording({ threads: false }));
    own.put(parent('A'));
    await own.bring();
    own.put(edit('A', 2, 'somebody did it'));
    await own.bring();
    own.put(reply('A', 3, 'over'), edit('A', 4, 'over', 'resolved'));
    await own.bring();
    expect([own.brought, own.waiting()]).toEqual([['A.1', 'A.3'], []]);
  });

  test('an agent without the lease brings nothing; a silent one loses it after a minute', () => {
    const operations = place();
    operations.db.prepare('DELETE FROM alert_lease').run();
    const [one, two] = [leaseIn(operations, 'one'), leaseIn(operations, 'two')];
    expect([one.hold(0), two.hold(1_000), two.isHeld(1_000), one.hold(50_000), two.hold(100_000)]).toEqual([
      'taken',
      false,
      false,
      'held',
      false,
    ]);
    expect([two.hold(111_000), one.isHeld(111_000), one.hold(112_000)]).toEqual(['taken', false, false]);
    two.release();
    // The other told meanwhile: whoever had it before is told that it is not the same any more.
    expect(one.hold(112_000)).toBe('taken');
  });

  test('nothing is begun that may outlast the lease', async () => {
    const own = world(place());
    own.put(parent('A'));
    own.clock.now += 46_000;
    own.delivery.nudge();
    await own.delivery.settled();
    expect(own.brought).toEqual([]);
    await own.bring();
    expect(own.brought).toEqual(['A.1']);
  });

  describe('what another process took meanwhile', () => {
    /** Another process finds the lease free in the middle of a delivery, and brings what waits. */
    function overtaken(operations: Operations, channel: Recording, at: 'before' | 'after', does: 'brings' | 'finds' | 'takes') {
      const own = world(operations, channel);
      const clean = channel.deliver.bind(channel);
      const other = async () => {
        own.clock.now += 90_000;
        const lease = leaseIn(operations, 'two');
        operations.transaction(() => lease.hold(own.clock.now));
        const turn = operations.transaction(() => take(operations, '#a', own.clock.now))!;
        if (does === 'takes') return;
        const receipt = does === 'finds' ? await channel.find(turn.letter!) : await clean(turn.letter!);
        operations.transaction(() => delivered(operations, turn.letter!.id, receipt, own.clock.now));
      };
      channel.deliver = async (letter, still) => {
        if (at === 'before') await other();
        const receipt = await clean(letter, still);
        if (at === 'after') await other();
        return receipt;
      };
      own.put(parent('A'));
      return own;
    }

    test('is not brought again by who stood still before sending it', async () => {
      const channel = new Recording();
      const own = overtaken(place(), channel, 'before', 'brings');
      await own.bring();
      expect(channel.shown.length).toBe(1);
      expect(own.waiting()).toEqual([]);
    });

    test('is left to the other, whose turn it is', async () => {
      const channel = new Recording();
      const own = overtaken(place(), channel, 'before', 'takes');
      await own.bring();
      expect(channel.shown.length).toBe(0);
      expect(own.waiting()).toMatchObject([{ id: 'A.1', state: 'waiting', attempts: 2, fault: null }]);
    });

    test('and had been brought already is there once, and the thread goes to the one that stays', async () => {
      const channel = new Recording();
      const own = overtaken(place(), channel, 'after', 'brings');
      await own.bring();
      expect(channel.letters.length).toBe(2);
      expect([...channel.messages.keys()]).toEqual(['2']);
      channel.deliver = Recording.prototype.deliver.bind(channel);
      own.put(reply('A', 2, 'more'));
      await own.bring(120_000);
      expect(channel.messages.get('2')!.thread.length).toBe(1);
    });

    test('and found where it was brought stays there', async () => {
      const channel = new Recording();
      const own = overtaken(place(), channel, 'after', 'finds');
      await own.bring();
      expect([...channel.messages.keys()]).toEqual(['1']);
    });

    test('and cannot be taken back at first is taken back later', async () => {
      const channel = new Recording();
      const own = overtaken(place(), channel, 'after', 'brings');
      channel.stuck = 2;
      await own.bring();
      expect([...channel.messages.keys()]).toEqual(['2']);
    });
  });
}

describe('in a file', () => {
  let operations: Operations;
  beforeAll(() => {
    operations = openOperations(':memory:', [alertPart]);
  });
  afterAll(() => operations[Symbol.dispose]());
  contract(() => operations);
});

(postgresIsThere ? describe : describe.skip)('in PostgreSQL', () => {
  let server: Awaited<ReturnType<typeof startPostgres>>;
  let operations: Operations;
  beforeAll(async () => {
    server = await startPostgres();
    operations = openOperations(server.address('alerts'), [alertPart]);
  }, 60_000);
  afterAll(async () => {
    operations[Symbol.dispose]();
    await server.remove();
  });
  contract(() => operations);
});
