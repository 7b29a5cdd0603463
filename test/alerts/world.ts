import { alertOrders } from '#src/alert-orders.ts';
import { type AlertsOptions, openAlerts } from '#src/alerts/alerts.ts';
import { responsibleAt, router } from '#src/alerts/routes.ts';
import { alertPart } from '#src/alerts/tables.ts';
import { CallFailure, type Connection, type FoundPlace } from '#src/collector.ts';
import { type Controls, loadControls, parametersAt } from '#src/controls.ts';
import { type CycleOutcome, runCycle } from '#src/cycle/cycle.ts';
import { scopeDeclaration } from '#src/cycle/declared.ts';
import { newMemory } from '#src/cycle/judge-cycle.ts';
import { openSqlite } from '#src/evidence/sqlite.ts';
import type { EvidenceStore, RuleSet } from '#src/evidence/store.ts';
import { openOperations } from '#src/operations/operations.ts';
import type { UnreadReason } from '#src/population.ts';
import { collectors, ruleSetOf, rules, ruleVersions } from '#src/registry.ts';
import { deadlinesOf } from '#src/report/asking.ts';
import { Recording } from './recording.ts';

export const minute = 60_000;
export const hour = 60 * minute;
export const start = Date.parse('2026-03-02T09:00:00Z');

const controls = loadControls([], { timeZone: 'UTC', rules });
const ruleSet = ruleSetOf(ruleVersions(), (rule) => parametersAt(controls, rule, start));
const sets = new Map<string | null, RuleSet>([[null, ruleSet]]);
/** The rules before one of them was there. */
function ruleSetWithout(rule: string | null): RuleSet {
  const known = sets.get(rule);
  if (known) return known;
  const but = <T>(of: Readonly<Record<string, T>>) => Object.fromEntries(Object.entries(of).filter(([id]) => id !== rule));
  const byPopulation = Object.fromEntries(
    Object.entries(ruleSet.byPopulation).map(([type, ids]) => [type, ids.filter((id) => id !== rule)]),
  );
  const set = { rules: but(ruleSet.rules), byPopulation };
  sets.set(rule, set);
  return set;
}

/** An AWS account whose security groups a test opens and shuts; two regions, looked at each minute. */
export interface Groups {
  /** Opens a port to the world in so many groups of each region. */
  open: number;
  /** Groups of each region. */
  count: number;
  /** Why the provider answers nothing: to every call, or to one of them. */
  refuse: UnreadReason | null;
  refused: string | null;
  regions: readonly string[];
  port: number;
}

const account = '111122223333';
const regions = ['eu-central-1', 'us-east-1'];

function groupsOf({ open, count, port }: Groups, region: string): object[] {
  return Array.from({ length: count }, (_, i) => ({
    GroupId: `sg-${region}-${String(i).padStart(5, '0')}`,
    GroupName: `service-${i}`,
    OwnerId: account,
    VpcId: 'vpc-1',
    IpPermissions: [
      {
        IpProtocol: 'tcp',
        FromPort: 443,
        ToPort: 443,
        IpRanges: [{ CidrIp: `10.${i % 250}.0.0/16` }],
        Ipv6Ranges: [],
        PrefixListIds: [],
        UserIdGroupPairs: [],
      },
      ...(i < open
        ? [
            {
              IpProtocol: 'tcp',
              FromPort: port,
              ToPort: port,
              IpRanges: [{ CidrIp: '0.0.0.0/0' }],
              Ipv6Ranges: [],
              PrefixListIds: [],
              UserIdGroupPairs: [],
            },
          ]
        : []),
    ],
    IpPermissionsEgress: [],
  }));
}

export function connectionTo(groups: Groups): Connection {
  return {
    id: 'aws',
    provider: 'aws',
    discovery: {},
    places: async () => [
      { account, region: 'global', partition: 'aws' },
      ...groups.regions.map((region): FoundPlace => ({ account, region, partition: 'aws' })),
    ],
    open: ({ region }) => ({
      async *call(operation) {
        if (groups.refuse !== null && (groups.refused ?? operation) === operation) throw new CallFailure(groups.refuse, { detail: 'no' });
        const body =
          operation === 'ec2:DescribeSecurityGroups'
            ? { SecurityGroups: groupsOf(groups, region) }
            : operation === 'ec2:DescribeNetworkInterfaces'
              ? { NetworkInterfaces: [] }
              : { PrefixLists: [] };
        yield { body, status: 200, requestId: region };
      },
    }),
    close: async () => undefined,
  };
}

export const groupsWith = (changes: Partial<Groups> = {}): Groups => ({
  open: 0,
  count: 20,
  refuse: null,
  refused: null,
  regions,
  port: 22,
  ...changes,
});

export interface World extends AsyncDisposable {
  readonly groups: Groups;
  readonly store: EvidenceStore;
  readonly channel: Recording;
  readonly alerts: ReturnType<typeof openAlerts>;
  readonly operations: ReturnType<typeof openOperations>;
  now: number;
  /** A rule that is not there yet. */
  without: string | null;
  /** One look a minute, and the clock seen every five seconds between. */
  minutes(count: number): Promise<void>;
  /** Time without looks. */
  wait(span: number): Promise<void>;
  look(): Promise<CycleOutcome | null>;
  /** Records what somebody ordered, as the agent's desk does. */
  record(kind: 'action' | 'waiver' | 'people', body: object): Promise<void>;
  /** Another agent over the same evidence and the same memory, in place of this one or beside it. */
  again(changes?: Partial<AlertsOptions>): ReturnType<typeof openAlerts>;
}

/** The real way from a provider's answer to a message: collected, judged, recorded, told. */
export async function world(
  changes: Partial<AlertsOptions> = {},
  name: string | null = '#compliance',
  given: Controls = controls,
): Promise<World> {
  const groups = groupsWith();
  const store = openSqlite(':memory:');
  const operations = openOperations(':memory:', [alertPart]);
  const channel = new Recording();
  const connection = connectionTo(groups);
  const own = collectors.filter(({ id }) => id === 'aws-security-groups');
  const memory = newMemory();
  const make = (own: Partial<AlertsOptions> = {}) =>
    openAlerts({
      operations,
      store,
      channel,
      now: () => self.now,
      watching: {
        rules: new Map(rules.map((rule) => [rule.id, rule])),
        deadlines: () => deadlinesOf({ parametersOf: () => ({}) }),
        route: router([], responsibleAt(given, start), name),
        periodOf: () => minute,
      },
      composing: {
        rules: new Map(rules.map((rule) => [rule.id, rule])),
        controls: given,
        portal: 'https://holdfast.example',
        consoleLink: (_scope, item) => `https://console.example/${item.split('/').at(-1)}`,
      },
      findActor: async ({ from, to }) => ({ known: false, from, to, why: 'nobody was asked' }),
      waivers: () => [],
      orders: alertOrders(store),
      troubles: [],
      owed: () => [],
      reread: () => undefined,
      log: { info: () => undefined, warn: () => undefined, error: ({ err }: { err?: unknown }) => console.error(err) },
      every: null,
      pace: 0,
      ...changes,
      ...own,
    });
  const self: World = {
    groups,
    store,
    channel,
    operations,
    now: start,
    without: null,
    alerts: null as never,
    async look() {
      const outcome = await runCycle(connection, store, {
        collectors: own,
        rules: rules.filter(({ id }) => id !== self.without),
        ruleSet: ruleSetWithout(self.without),
        declaration: scopeDeclaration({ in: ['aws:*'] }),
        every: { 'aws-security-groups': '1m' },
        memory,
        now: () => self.now,
        everything: true,
      });
      await self.alerts.afterCycles?.(outcome ? [outcome] : []);
      return outcome;
    },
    async record(kind, body) {
      const doing = kind === 'people' ? {} : { at: new Date(self.now).toISOString(), via: { way: 'command', user: 'someone' } };
      await store.append(kind, self.now, { ...body, ...doing } as never);
    },
    async wait(span) {
      for (const end = self.now + span; self.now < end; ) {
        self.now = Math.min(end, self.now + 5_000);
        await self.alerts.tick();
        await self.alerts.settled();
      }
    },
    async minutes(count) {
      for (let i = 0; i < count; i++) {
        await self.look();
        await self.wait(minute);
      }
    },
    again: make,
    async [Symbol.asyncDispose]() {
      await self.alerts.close();
      operations[Symbol.dispose]();
      await store[Symbol.asyncDispose]();
    },
  };
  (self as { alerts: unknown }).alerts = make();
  return self;
}
