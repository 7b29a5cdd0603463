import type { Action, Deed } from '#src/actions/action.ts';
import { type DeskOptions, openDesk } from '#src/actions/desk.ts';
import { actionsPart, openInbox } from '#src/actions/inbox.ts';
import { loadControls } from '#src/controls.ts';
import { criteriaIn } from '#src/criteria.ts';
import { runCycle } from '#src/cycle/cycle.ts';
import { hour } from '#src/duration.ts';
import { openSqlite } from '#src/evidence/sqlite.ts';
import { openOperations } from '#src/operations/operations.ts';
import type { Reporting } from '#src/report/context.ts';
import { openReport } from '#src/report/report.ts';
import type { Report } from '#src/report/types.ts';
import type { Rule } from '#src/rule.ts';
import { tellWaivers, waiverLeaves } from '#src/waivers/tell.ts';
import { newWorld, settingsAt, start, toyConnection, toyRuleSet, toyRules, type World } from '#test/cycle/world.ts';

export { start } from '#test/cycle/world.ts';
export { hour };
export const day = 24 * hour;
export const doors = 'toy/house/north/toy.door';
export const people = [
  { email: 'anna@house.example', also: ['a.berg@house.example'], name: 'Anna Berg', roles: ['owner', 'approver'] },
  { email: 'bo@house.example', also: [], name: 'Bo Lind', roles: ['approver'] },
  { email: 'cy@house.example', also: [], name: 'Cy Moss', roles: ['owner'] },
] as const;

interface Furnished {
  readonly evidence?: string;
  readonly operations?: string;
  readonly rules?: readonly Rule[];
  readonly starter?: string;
  /** Populations that are people. */
  readonly personal?: readonly string[];
}

/** A house with doors, one of which stands open; the agent's desk, and an inbox. The clock is turned by hand, in hours since the start. */
export async function openHouse({
  evidence = ':memory:',
  operations = ':memory:',
  rules = toyRules,
  starter,
  personal = [],
}: Furnished = {}) {
  const world: World = newWorld();
  const store = openSqlite(evidence, { personal: new Set(personal) });
  const beside = openOperations(operations, [actionsPart]);
  const clock = { hours: 0 };
  const own = toyRuleSet();
  const derived = rules.filter(({ id }) => own.rules[id] === undefined).map(({ id }) => [id, { version: 'v1', parameters: {} }] as const);
  const ruleSet = { ...own, rules: { ...own.rules, ...Object.fromEntries(derived) } };
  const settings = settingsAt(() => clock.hours, { ruleSet });
  const now = () => start + clock.hours * hour;
  const controls = loadControls([], { timeZone: 'UTC', ...(starter !== undefined && { starter: [starter] }) });
  const reporting = (asOf = now()): Reporting => ({
    store,
    rules,
    controls,
    criteria: criteriaIn(['security']),
    company: 'House',
    example: false,
    declared: { from: '2026-03-01', to: '2026-05-31', timeZone: 'UTC', start, end: start + 92 * day },
    timeZone: 'UTC',
    thresholds: { coverage: 0.95, gap: 72 * hour },
    parametersAt: () => ({}),
    asOf,
  });
  const report = (asOf?: number): Report => openReport(reporting(asOf));
  const inbox = openInbox(beside, now);
  const deskWith = (over: Partial<DeskOptions> = {}) =>
    openDesk({ inbox, store, people, longestDays: 90, rules: new Set(rules.map(({ id }) => id)), report, now, ...over });
  const desk = deskWith();
  let ids = 0;
  const house = {
    world,
    store,
    inbox,
    now,
    clock,
    report,
    reporting,
    deskWith,
    /** Looks at everything at an hour. */
    async look(at: number) {
      clock.hours = at;
      await runCycle(toyConnection(world), store, settings);
    },
    order: (deed: Deed, by = 'cy@house.example', id = `order-${++ids}`): Action => ({
      id,
      by,
      at: now(),
      via: { way: 'command', user: 'someone' },
      deed,
    }),
    /** Orders, has it taken, and gives what became of it. */
    async act(deed: Deed, by?: string, id?: string) {
      const action = house.order(deed, by, id);
      inbox.put(action);
      await desk.take();
      return inbox.answerTo(action.id)!;
    },
    waivers: () => tellWaivers(waiverLeaves(store), store.keyOf).waivers,
    async [Symbol.asyncDispose]() {
      beside[Symbol.dispose]();
      await store[Symbol.asyncDispose]();
    },
  };
  await house.look(0);
  return house;
}

/** A request for the open door n2, for 30 days from the start. */
export const request = (over: Partial<Extract<Deed, { do: 'request-waiver' }>> = {}): Deed => ({
  do: 'request-waiver',
  rule: 'toy.door-shut',
  items: [{ scope: doors, item: 'door:n2' }],
  reason: 'The hinge is broken until the smith comes.',
  compensating: 'A guard stands before it.',
  until: start + 30 * day,
  ...over,
});

export const decide = (what: 'approve' | 'refuse' | 'withdraw', waiver: string, reason = 'As agreed.'): Deed => ({
  do: `${what}-waiver`,
  waiver,
  reason,
});
