import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import coverageRule from '#rules/meta/collection-coverage.ts';
import remediatedRule from '#rules/meta/finding-remediated-in-sla.ts';
import waiverRule from '#rules/meta/waiver-approved-and-unexpired.ts';
import type { Deed } from '#src/actions/action.ts';
import type { Json } from '#src/ledger/canonical.ts';
import type { About } from '#src/package/contents.ts';
import { verifyPackage } from '#src/package/verifiers/verify.mjs';
import { day, decide, doors, hour, openHouse, people, request, start } from '#test/actions/house.ts';
import { toyRules } from '#test/cycle/world.ts';
import { filesOf, seal, zipOf } from './sealing.ts';
import { packageOf, toySource } from './world.ts';

const rules = [...toyRules, coverageRule, remediatedRule, waiverRule];
type House = Awaited<ReturnType<typeof openHouse>>;
const newHouse = (personal: readonly string[] = []) => openHouse({ rules, personal });

const packed = ({ store, reporting }: House, to: number) => {
  const { asOf } = store.lastCycle()!;
  const window = { from: start, to, asOf: Math.max(asOf, Math.min(to, asOf + hour)) };
  const source = toySource(store, window);
  return packageOf({ ...source, reporting: { ...source.reporting, rules, controls: reporting().controls } });
};
const faultsOf = async (bytes: Uint8Array) =>
  (await verifyPackage(bytes, { judge: 'none' })).checks.flatMap(({ check, faults }) => faults.map((fault) => `${check}: ${fault}`));

/** Twenty-six days: a waiver that expires while the door still stands open, one that was withdrawn, an alert that was acknowledged. */
async function twentySixDays(house: House) {
  const idOf = async (of: ReturnType<House['act']>) => ((await of) as { waiver: string }).waiver;
  const first = await idOf(house.act(request({ until: start + 20 * day })));
  await house.look(24);
  await house.act(decide('approve', first), 'anna@house.example');
  house.world.doors.south!.push({ id: 's2', open: true });
  await house.look(48);
  const second = await idOf(house.act(request({ items: [{ scope: 'toy/house/south/toy.door', item: 'door:s2' }] })));
  await house.act(decide('approve', second), 'bo@house.example');
  house.inbox.put(house.order({ do: 'acknowledge', alert: 'HF-1', until: start + 3 * day, note: '=seen, "later"' }));
  house.inbox.put(house.order({ do: 'assign', alert: 'HF-1', to: 'anna@house.example' }, 'bo@house.example'));
  await house.deskWith({ alerts: { has: () => true } }).take();
  for (let at = 72; at <= 26 * 24; at += 1) {
    if (at === 240) await house.act(decide('withdraw', second), 'cy@house.example');
    if (at === 24 * 24) house.world.doors.north![1]!.open = false;
    if (at % 2 === 0) await house.look(at);
  }
  return { first, second };
}

describe('a package with waivers', () => {
  test('tells each with its life, what stood under which, and what people did about alerts; and verifies', async () => {
    await using house = await newHouse();
    const { first, second } = await twentySixDays(house);
    const { files, bytes } = await packed(house, start + 27 * day);
    expect(await faultsOf(bytes)).toEqual([]);
    const told = JSON.parse(files.get('results/waivers.json')!);
    expect(told.waivers).toMatchObject([
      {
        id: first,
        inForce: { from: '2026-03-02T00:00:00.000Z', to: '2026-03-21T00:00:00.000Z' },
        steps: [{ flaw: null }, { name: 'Anna Berg' }],
      },
      { id: second, inForce: { to: '2026-03-10T22:00:00.000Z' }, steps: [{}, { step: 'approved' }, { step: 'withdrawn', way: 'command' }] },
    ]);
    expect(files.get('results/waivers.csv')!.split('\n').slice(1)).toEqual([
      `${first},toy.door-shut,${doors},door:n2,2026-03-02T00:00:00.000Z,2026-03-21T00:00:00.000Z,Cy Moss,Anna Berg,The hinge is broken until the smith comes.,toy.door-shut/door:n2@2026-03-01T00:00:00.000Z`,
      expect.stringMatching(/^W-.*,Cy Moss,Bo Lind,.*,toy.door-shut\/door:s2@2026-03-03T00:00:00.000Z$/),
      '',
    ]);
    expect(files.get('results/actions.csv')!.split('\n').slice(1, 3)).toEqual([
      expect.stringMatching(
        /^\d+,2026-03-03T00.*,cy@house.example,Cy Moss,command,acknowledge,HF-1,,2026-03-04T00:00:00.000Z,"'=seen, ""later"""$/,
      ),
      expect.stringMatching(/,bo@house.example,Bo Lind,command,assign,HF-1,anna@house.example,,$/),
    ]);
    // It expired on day 20, and the door stood open until day 24.
    expect(files.get('results/deviations.csv')).toMatch(
      new RegExp(`${waiverRule.id}/${first}@2026-03-21T00:00:00.000Z,1,.*still fails.*2026-03-25T00:00:00.000Z`),
    );
    const page = files.get('00_README.html')!;
    expect(page).toContain('Waivers <span class="count">2</span>');
    expect(page).toContain(`${first}: waived until 21 Mar 2026`);
    expect(page).not.toContain('not honoured');
  });

  test('of a rule that is not grave may last longer, also where the rules of the package cannot be run', async () => {
    await using house = await newHouse();
    const desk = house.deskWith({ longestDays: 180 });
    const act = async (deed: Deed, by?: string) => {
      const order = house.order(deed, by);
      house.inbox.put(order);
      await desk.take();
      return (house.inbox.answerTo(order.id) as { waiver: string }).waiver;
    };
    for (const guard of house.world.guards!) guard.awake = false;
    await house.look(1);
    const until = start + 120 * day;
    const [medium, grave] = [await act(request({ until, rule: 'toy.door-guarded' })), await act(request({ until }))];
    for (const each of [medium, grave]) await act(decide('approve', each), 'anna@house.example');
    await house.look(2);
    const { files, bytes } = await packed(house, start + day);
    expect(files.get('results/deviations.csv')).toContain(`${waiverRule.id}/${grave}@`);
    expect(files.get('results/deviations.csv')).not.toContain(`${waiverRule.id}/${medium}@`);
    expect(await faultsOf(bytes)).toEqual([]);
  });

  test('where people are what is waived, they stand by their keys; one who was erased by the name in the log', async () => {
    await using house = await newHouse(['toy.door']);
    await house.act(request());
    await house.act(decide('approve', house.waivers()[0]!.id), 'anna@house.example');
    const named = await packed(house, start + day);
    expect(await faultsOf(named.bytes)).toEqual([]);
    expect(named.files.get('results/waivers.csv')).toContain(',door:n2,');
    house.world.doors.north!.pop();
    await house.look(1);
    await house.store.erase({ scope: doors, item: 'door:n2', policy: 'asked for', by: 'us', at: house.now() });
    const erased = await packed(house, start + day);
    expect(await faultsOf(erased.bytes)).toEqual([]);
    expect(erased.files.get('results/waivers.csv')).toMatch(/,salted:[0-9a-f]{64},/);
    expect([...erased.files.values()].join('\n')).not.toContain('door:n2');
  });

  test('an altered, a removed and an invented one are found, also where the list of the files was made anew', async () => {
    await using house = await newHouse();
    await twentySixDays(house);
    const { bytes } = await packed(house, start + 27 * day);
    const altered = async (path: string, change: (text: string) => string) => {
      const files = filesOf(bytes);
      const about = JSON.parse(files.get('manifest.json')!.toString()) as About;
      files.set(path, Buffer.from(change(files.get(path)!.toString())));
      seal(files, { export: about.export, ledger: about.ledger } as never, null);
      return faultsOf(zipOf(files));
    };
    const json = 'results/waivers.json';
    const parse = (text: string) => JSON.parse(text) as { waivers: any[]; strays: unknown[] };
    const print = (value: unknown) => `${JSON.stringify(value)}\n`;
    const found = [expect.stringContaining(`results: ${json}`)];
    expect(await altered(json, (text) => text.replace('2026-03-21', '2026-03-31'))).toEqual(found);
    expect(await altered(json, (text) => print({ strays: [], waivers: parse(text).waivers.slice(1) }))).toEqual(found);
    expect(
      await altered(json, (text) =>
        print({ strays: [], waivers: [...parse(text).waivers, { ...parse(text).waivers[0], id: 'W-999999' }] }),
      ),
    ).toEqual(found);
    expect(await altered('results/waivers.csv', (text) => text.replace('Anna Berg', 'Bo Lind'))).toEqual([
      expect.stringContaining('results/waivers.csv: line 2'),
    ]);
    expect(await altered('results/actions.csv', (text) => text.replace('HF-1', 'HF-2'))).toEqual([
      expect.stringContaining('results/actions.csv: line 2'),
    ]);
    expect(
      await altered('results/deviations.csv', (text) =>
        text
          .split('\n')
          .filter((line) => !line.startsWith(waiverRule.id))
          .join('\n'),
      ),
    ).toEqual([expect.stringContaining('results/deviations.csv')]);
  });

  test('a leaf that somebody forged is not honoured, and is told on the first page', async () => {
    await using house = await newHouse();
    await house.act(request(), 'anna@house.example');
    const { id } = house.waivers()[0]!;
    const via = { way: 'command', user: 'root' };
    await house.store.append('waiver', start, {
      step: 'approved',
      waiver: id,
      action: 'x',
      by: 'a.berg@house.example',
      at: new Date(start).toISOString(),
      via,
      reason: 'Fine.',
    });
    await house.look(2);
    const { files, bytes } = await packed(house, start + day);
    expect(await faultsOf(bytes)).toEqual([]);
    expect(JSON.parse(files.get('results/waivers.json')!).waivers).toMatchObject([
      { inForce: null, steps: [{ flaw: null }, { flaw: 'own' }] },
    ]);
    expect(files.get('results/deviations.csv')).toContain('Asked for and approved by the same person, a.berg@house.example.');
    expect(files.get('00_README.html')).toContain('breaks a rule of waivers, and is not honoured');
    expect(
      house
        .report(start + day)
        .deviations({ from: start, to: start + day, asOf: start + 2 * hour })
        .find(({ rule }) => rule === 'toy.door-shut'),
    ).toMatchObject({ waivers: [] });
  });
});

/** Leaves that anybody who can write the store could append, and doors that open and shut. */
const act = fc.record({
  wait: fc.constantFrom(0, 1, 3, 8, 30),
  what: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom('approved', 'approved', 'refused', 'withdrawn') },
    { weight: 3, arbitrary: fc.constantFrom('requested', 'renewal') },
    { weight: 2, arbitrary: fc.constantFrom('open', 'shut', 'blind', 'see', 'gone') },
    { weight: 1, arbitrary: fc.constantFrom('people', 'fewer people') },
  ),
  by: fc.constantFrom('cy@house.example', 'anna@house.example', 'a.berg@house.example', 'BO@house.example', 'eve@house.example'),
  which: fc.nat(2),
  days: fc.integer({ min: -1, max: 100 }),
  back: fc.constantFrom(0, 0, 0, 0, 5 * hour),
});

async function happen(house: House, acts: readonly (typeof act extends fc.Arbitrary<infer T> ? T : never)[]): Promise<void> {
  const roster = (who: readonly object[]) => ({ people: who, waivers: { longestDays: 90 } }) as unknown as Json;
  const bare = people.map(({ email, also, name, roles }) => ({ email, also: [...also], name, roles: [...roles] }));
  await house.store.append('people', start, roster(bare));
  let [hours, n] = [1, 0];
  const ids = ['W-000000', 'W-000001', 'W-000002'];
  for (const { wait, what, by, which, days, back } of acts) {
    for (const end = hours + wait; hours < end; hours += 4) await house.look(hours);
    const at = start + hours * hour - back;
    const doing = { waiver: ids[which]!, action: `a${n++}`, by, at: new Date(at).toISOString(), via: { way: 'page', remote: '::1' } };
    const n2 = house.world.doors.north?.find(({ id }) => id === 'n2');
    if (what === 'open' || what === 'shut') {
      if (n2) n2.open = what === 'open';
    } else if (what === 'gone') house.world.doors.north = house.world.doors.north!.filter(({ id }) => id !== 'n2');
    else if (what === 'blind') house.world.failing['north toy:ListDoors'] = 'denied';
    else if (what === 'see') house.world.failing = {};
    else if (what === 'people') await house.store.append('people', at, roster(bare));
    else if (what === 'fewer people') await house.store.append('people', at, roster(bare.slice(1)));
    else if (what === 'requested' || what === 'renewal')
      await house.store.append('waiver', at, {
        step: 'requested',
        ...doing,
        rule: which === 2 ? coverageRule.id : 'toy.door-shut',
        items:
          which === 2
            ? [{ scope: doors, item: doors }]
            : [{ scope: doors, item: 'door:n2' }, ...(days % 7 === 0 ? [{ scope: doors, item: 'door:*' }] : [])],
        reason: 'So it is.',
        compensating: 'A guard.',
        until: new Date(at + (days * day) / 20).toISOString(),
        ...(what === 'renewal' && { renews: ids[0]! }),
      });
    else await house.store.append('waiver', at, { step: what, ...doing, reason: 'So it is.' } as Json);
  }
  await house.look(hours + 1);
}

test('whatever leaves there are and whatever doors do, the verifier comes to what the package says', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 3, maxLength: 14 }), fc.integer({ min: 2, max: 20 }), async (acts, end) => {
      await using house = await newHouse();
      await happen(house, acts);
      const { bytes } = await packed(house, start + end * day);
      expect(await faultsOf(bytes)).toEqual([]);
    }),
    { numRuns: 12, endOnFailure: true },
  );
}, 60_000);
