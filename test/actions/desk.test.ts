import { describe, expect, test } from '@jest/globals';
import type { Answer, Deed } from '#src/actions/action.ts';
import { stateAt, waivedAt } from '#src/waivers/waivers.ts';
import { day, decide, doors, hour, openHouse, people, request, start } from './house.ts';

const anna = 'anna@house.example';
const problem = (answer: Answer): string => (answer.ok ? `ok: ${answer.says}` : answer.problem);
const idOf = (answer: Answer): string => (answer.ok ? answer.waiver! : '');

describe('a waiver', () => {
  test('asked for, approved by another, and in force from then on; each is a leaf that says who, how and why', async () => {
    await using house = await openHouse();
    house.clock.hours = 1;
    const asked = await house.act(request());
    expect(asked).toMatchObject({ ok: true, waiver: expect.stringMatching(/^W-[0-9A-Z]{6}$/) });
    expect(house.waivers().map((waiver) => stateAt(waiver, house.now()))).toEqual(['requested']);
    house.clock.hours = 5;
    const approved = await house.act(decide('approve', idOf(asked)), anna);
    expect(problem(approved)).toContain(`${idOf(asked)} is approved from now until 2026-03-31T00:00:00.000Z.`);
    const [waiver] = house.waivers();
    expect(waiver).toMatchObject({ inForce: { from: start + 5 * hour, to: start + 30 * day } });
    expect(waivedAt([waiver!], 'toy.door-shut', doors, 'door:n2', start + 4 * hour)).toBeNull();
    expect(waivedAt([waiver!], 'toy.door-shut', doors, 'door:n2', start + 5 * hour)).toBe(waiver);
    const leaf = house.store.entries('waiver').at(-1)!;
    expect(leaf).toMatchObject({ index: (approved as { index: number }).index, asOf: start + 5 * hour });
    expect(leaf.body).toMatchObject({ step: 'approved', by: anna, via: { way: 'command', user: 'someone' }, reason: 'As agreed.' });
    expect(house.store.entries('people')).toHaveLength(1);
    expect(house.store.check()).toEqual([]);
  });

  test.each([
    ['an item that does not fail', { items: [{ scope: doors, item: 'door:n1' }] }, 'does not fail that rule now'],
    ['an item that is not there', { items: [{ scope: doors, item: 'door:n9' }] }, 'is not known'],
    ['a scope that is not there', { items: [{ scope: 'toy/house/west/toy.door', item: 'door:n2' }] }, 'is not known'],
    ['an item of another population', { items: [{ scope: 'toy/house/global/toy.guard', item: 'guard:g1' }] }, 'is not judged by that rule'],
    ['all items at once', { items: [{ scope: doors, item: '*' }] }, 'is not known'],
    ['no items', { items: [] }, 'not understood: deed.items'],
    ['a rule that does not exist', { rule: 'toy.door-red' }, 'There is no rule toy.door-red.'],
    ['no reason', { reason: ' x ' }, 'Its reason says too little.'],
    ['no compensating control', { compensating: '' }, 'Its compensating control says too little.'],
    ['an end that has passed', { until: start }, 'It ends before it begins.'],
    ['too long', { until: start + 92 * day }, 'It lasts longer than the 90 days that a waiver may last.'],
    ['the renewal of nothing', { renews: 'W-000000' }, 'W-000000, which it renews, was never approved.'],
  ])('for %s is refused, and leaves nothing behind', async (_, over, says) => {
    await using house = await openHouse();
    house.clock.hours = 1;
    const answer = await house.act(request(over));
    expect(problem(answer)).toContain(says);
    expect((answer as { mend: string }).mend).toMatch(/\S\.$/);
    expect(house.store.entries('waiver')).toEqual([]);
  });

  test('a deviation that cannot be seen at present can be waived: it lasts', async () => {
    await using house = await openHouse();
    house.world.failing['north toy:ListDoors'] = 'denied';
    await house.look(1);
    expect(await house.act(request())).toMatchObject({ ok: true });
  });

  test('is not decided by who asked, by who may not, twice, after it was withdrawn, or when nothing fails any more', async () => {
    await using house = await openHouse();
    const asked = await house.act(request(), 'A.Berg@house.example');
    const id = idOf(asked);
    expect(problem(await house.act(decide('approve', id), anna))).toBe('Anna Berg asked for it, and who asks does not decide.');
    expect(problem(await house.act(decide('approve', id), 'cy@house.example'))).toBe('Cy Moss is no approver.');
    expect(problem(await house.act(decide('approve', id), 'eve@house.example'))).toContain('is none of the people');
    expect(problem(await house.act(decide('approve', 'W-NNNNNN'), 'bo@house.example'))).toBe('There is no waiver W-NNNNNN.');
    expect(problem(await house.act(decide('approve', id, ' '), 'bo@house.example'))).toBe('A reason is missing.');
    expect(problem(await house.act(request(), 'cy@house.example'))).toBe(`${id} asks for the same already.`);
    expect(await house.act(decide('withdraw', id), anna)).toMatchObject({ ok: true });
    expect(problem(await house.act(decide('approve', id), 'bo@house.example'))).toBe(`${id} was withdrawn already.`);
    const again = idOf(await house.act(request(), 'cy@house.example'));
    house.world.doors.north![1]!.open = false;
    await house.look(2);
    expect(problem(await house.act(decide('approve', again), 'bo@house.example'))).toBe(`Nothing that ${again} names fails any more.`);
    expect(await house.act(decide('refuse', again), 'bo@house.example')).toMatchObject({ ok: true });
  });

  test('the ledger never goes back in time: an approval by a clock that is behind counts from where the ledger is', async () => {
    await using house = await openHouse();
    house.clock.hours = 3;
    const id = idOf(await house.act(request()));
    house.clock.hours = 1;
    expect(await house.act(decide('approve', id), anna)).toMatchObject({ ok: true });
    expect(house.waivers()[0]!.inForce!.from).toBe(start + 3 * hour);
  });

  test('over a person: the leaf names them as the trees do, so that nothing of it is left when they are erased', async () => {
    await using house = await openHouse({ personal: ['toy.door'] });
    const id = idOf(await house.act(request()));
    const body = house.store.entries('waiver')[0]!.body as { items: { item: string }[] };
    expect(body.items[0]!.item).toMatch(/^salted:[0-9a-f]{64}$/);
    expect(house.waivers()[0]!.items).toEqual([{ scope: doors, item: 'door:n2' }]);
    expect(await house.act(decide('approve', id), anna)).toMatchObject({ ok: true });
    house.world.doors.north!.pop();
    await house.look(1);
    await house.store.erase({ scope: doors, item: 'door:n2', policy: 'asked for', by: 'us', at: house.now() });
    expect(house.waivers()[0]!.items).toEqual([{ scope: doors, item: body.items[0]!.item }]);
    expect(house.store.check()).toEqual([]);
  });
});

describe('orders are done once each, in turn', () => {
  test('two approvers at once: one approves, the other is told that it is done', async () => {
    await using house = await openHouse();
    const id = idOf(await house.act(request()));
    const desk = house.deskWith();
    const answers = [
      house.inbox.submit(house.order(decide('approve', id), anna)),
      house.inbox.submit(house.order(decide('approve', id), 'bo@house.example')),
    ];
    await desk.take();
    expect((await Promise.all(answers)).map(problem).toSorted()).toEqual([
      expect.stringContaining(`${id} was approved already.`),
      expect.stringContaining('is approved from now'),
    ]);
    expect(house.store.entries('waiver')).toHaveLength(2);
  });

  test('an order that comes again is done once, whatever way it comes; another one under its id is refused', async () => {
    await using house = await openHouse();
    const first = await house.act(request(), undefined, 'slack-1');
    const size = house.store.head().size;
    const again = { ...house.order(request(), undefined, 'slack-1'), via: { way: 'slack', team: 'T1', user: 'U1', ts: '1.2' } as const };
    expect(await house.inbox.submit(again)).toEqual(first);
    expect(await house.inbox.submit(house.order(request({ until: start + day }), undefined, 'slack-1'))).toMatchObject({
      ok: false,
      problem: 'Another order has the same id.',
    });
    expect(house.store.head().size).toBe(size);
  });

  test('killed between the record and the answer: it is answered from the ledger, and whoever reacts is told once more', async () => {
    await using house = await openHouse();
    const action = house.order(request());
    house.inbox.put(action);
    const killed = house.deskWith({
      recorded: () => {
        throw new Error('killed');
      },
    });
    await expect(killed.take()).rejects.toThrow('killed');
    expect(house.inbox.answerTo(action.id)).toBeNull();
    const told: string[] = [];
    await house.deskWith({ recorded: ({ id }, index) => void told.push(`${id} ${index}`) }).take();
    const [leaf, ...others] = house.store.entries('waiver');
    expect(others).toEqual([]);
    expect(house.inbox.answerTo(action.id)).toMatchObject({ ok: true, index: leaf!.index });
    expect(told).toEqual([`${action.id} ${leaf!.index}`]);
  });

  test('what a store refuses for a passing reason waits', async () => {
    await using house = await openHouse();
    const action = house.order(request());
    house.inbox.put(action);
    await expect(house.deskWith({ refusal: () => new Error('forked') as never }).take()).rejects.toThrow('forked');
    expect(house.inbox.waiting()).toHaveLength(1);
    await house.deskWith().take();
    expect(house.inbox.waiting()).toEqual([]);
  });

  test('nobody takes it: told after the patience of who waits, and done later all the same', async () => {
    await using house = await openHouse();
    const action = house.order(request());
    await expect(house.inbox.submit(action, 0)).rejects.toMatchObject({ code: 'ACTION_NOT_TAKEN' });
    await house.deskWith().take();
    expect(await house.inbox.submit(action, 0)).toMatchObject({ ok: true });
  });

  test('what was not understood is refused, also when it lies in the inbox already', async () => {
    await using house = await openHouse();
    const odd = { ...house.order(request()), at: 1.5 };
    expect(await house.inbox.submit(odd)).toMatchObject({ ok: false, problem: expect.stringContaining('at: ') });
    const worse = { ...house.order({ do: 'format-disk' } as unknown as Deed) };
    house.inbox.put(worse);
    await house.deskWith().take();
    expect(house.inbox.answerTo(worse.id)).toMatchObject({ ok: false });
  });
});

describe('orders about alerts', () => {
  const alerts = { has: (alert: string) => alert === 'HF-1' };

  test('are leaves of their own, by people who are known', async () => {
    await using house = await openHouse();
    const desk = house.deskWith({ alerts });
    const orders: [Deed, string?][] = [
      [{ do: 'acknowledge', alert: 'HF-1', until: start + day, note: '' }],
      [{ do: 'assign', alert: 'HF-1', to: 'A.BERG@house.example' }, 'bo@house.example'],
      [{ do: 'assign', alert: 'HF-1', to: 'eve@house.example' }],
      [{ do: 'acknowledge', alert: 'HF-2', until: start + day, note: '' }],
      [{ do: 'acknowledge', alert: 'HF-1', until: start + 91 * day, note: '' }],
      [{ do: 'acknowledge', alert: 'HF-1', until: start, note: '' }],
      [{ do: 'assign', alert: 'HF-1', to: anna }, 'eve@house.example'],
    ];
    const actions = orders.map(([deed, by]) => house.order(deed, by));
    for (const action of actions) house.inbox.put(action);
    await desk.take();
    expect(actions.map(({ id }) => house.inbox.answerTo(id)!.ok)).toEqual([true, true, false, false, false, false, false]);
    expect(house.store.entries('action').map(({ body }) => body)).toMatchObject([
      { by: 'cy@house.example', deed: { do: 'acknowledge', alert: 'HF-1', until: '2026-03-02T00:00:00.000Z' } },
      { by: 'bo@house.example', deed: { do: 'assign', alert: 'HF-1', to: anna } },
    ]);
  });

  test('are left for the agent by a process that knows of no alerts', async () => {
    await using house = await openHouse();
    house.inbox.put(house.order({ do: 'assign', alert: 'HF-1', to: anna }));
    expect(await house.deskWith().take()).toBe(0);
    expect(house.inbox.waiting()).toHaveLength(1);
  });
});

test('who may act is in the ledger, from when it counts', async () => {
  await using house = await openHouse();
  await house.act(request());
  house.inbox.put(house.order(decide('approve', house.waivers()[0]!.id), 'cy@house.example'));
  const promoted = people.map((person) => (person.name === 'Cy Moss' ? { ...person, roles: ['approver'] as const } : person));
  await house.deskWith({ people: promoted, longestDays: 60 }).take();
  expect(house.store.entries('people').map(({ body }) => (body as { waivers: unknown }).waivers)).toEqual([
    { longestDays: 90 },
    { longestDays: 60 },
  ]);
  expect(house.waivers()[0]!.inForce).toBeNull();
  expect(problem(await openAndAsk([]))).toBe('Nobody may act: no people are configured.');
});

async function openAndAsk(who: []): Promise<Answer> {
  await using house = await openHouse();
  const action = house.order(request());
  house.inbox.put(action);
  await house.deskWith({ people: who }).take();
  return house.inbox.answerTo(action.id)!;
}
