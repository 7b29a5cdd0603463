import type { CallRecord } from '#src/cycle/collect.ts';
import { judge } from '#src/cycle/evaluate.ts';
import type { CycleRecord, ItemChange, Scope, ScopeRecord } from '#src/evidence/store.ts';
import { canonical, sha256 } from '#src/ledger/canonical.ts';
import type { Observed, Unread } from '#src/population.ts';
import { randomFrom, uuid } from './random.ts';
import { populationOf, ruleSet, rulesOf, settingsOf } from './rules.ts';
import { createWorld, hourMs, type Item, listOf, type Place, start, type World, type WorldOptions } from './world.ts';

export const connection = 'aws';

/** A year of hourly looks, as the store is told of it: only what changed, with the calls behind it. */
export interface Simulation {
  readonly world: World;
  /** Looks, the first of which sees everything. Missed hours are left out. */
  cycles(): Generator<CycleRecord>;
  /** Looks after that, at a world that stands still. */
  quiet(count: number): Generator<CycleRecord>;
}

export function simulate(options: WorldOptions): Simulation {
  const world = createWorld(options);
  const random = randomFrom((options.seed ?? 1) + 1_000_003);
  const ids = () => uuid(random);
  const told = new Map<string, string>();
  const asked = new Map<Place, Asked>();

  const changesOf = (place: Place, asOf: number): ItemChange[] => {
    const touched = world.touched.get(place) ?? [];
    world.touched.delete(place);
    return [...touched].flatMap((item) => changeOf(item, asOf, told) ?? []);
  };
  const look = (place: Place, asOf: number): ScopeRecord => {
    const { kind, account, region, items } = place;
    const scope: Scope = { connection, account, region, population: populationOf(kind) };
    const common = { scope, hold: 2 * hourMs };
    const unread = world.failing.get(place);
    if (unread && asOf > start) return { ...common, status: 'failed', unread, calls: [refusedCall(place, unread, ids())] };
    const changes = changesOf(place, asOf);
    const before = asked.get(place);
    const calls = changes.length === 0 && before ? askedAgain(before, ids) : callsOf(place, before, ids);
    asked.set(place, new Map(calls.map((call) => [slotOf(call), call])));
    return { ...common, status: 'complete', items: items.size, changes, calls };
  };
  const cycle = (hour: number): CycleRecord => {
    const asOf = start + hour * hourMs;
    const scopes = world.places.map((place) => look(place, asOf));
    return { connection, asOf, ended: asOf + 60_000 + (hour % 7) * 1_000, ruleSet, retired: [], scopes };
  };
  return {
    world,
    *cycles() {
      for (let hour = 0; hour < options.hours; hour++) {
        if (hour > 0) world.step(hour);
        if (!world.missed.has(hour)) yield cycle(hour);
      }
    },
    *quiet(count) {
      for (let hour = options.hours; hour < options.hours + count; hour++) yield cycle(hour);
    },
  };
}

/** What a look sees of an item that was touched; null where the store has just that already. */
function changeOf(item: Item, asOf: number, told: Map<string, string>): ItemChange | null {
  const { key, name, place } = item;
  if (!place.items.has(item)) return told.delete(key) ? { key, name, at: null, snapshot: null, judgements: null } : null;
  const seen = seenOf(item);
  const snapshot = canonical(seen);
  const hash = sha256(snapshot);
  if (told.get(key) === hash) return null;
  told.set(key, hash);
  const judgements = rulesOf.get(place.kind)!.map((rule) => judge(rule, { item: seen, firstSeen: start }, asOf, {}));
  return { key, name, at: null, snapshot, judgements };
}

/** The item as a collector yields it. */
export function seenOf({ key, name, place, body, denied }: Item): Observed<object> {
  const { settings, ...rest } = body;
  const refused: Unread | null = denied && {
    unread: 'denied',
    call: `${place.kind.service}:Get-${denied.setting}`,
    needs: `${place.kind.service}:Get`,
    detail: 'AccessDenied: the call is not allowed',
  };
  return { key, name, ...rest, ...settings, ...(refused && { [denied!.setting]: refused }) };
}

/** The latest calls of a place, by what was asked. */
type Asked = ReadonlyMap<string, CallRecord>;
const slotOf = ({ operation, parameters, page }: CallRecord): string => `${operation} ${parameters} ${page}`;
const perPage = 100;

/** Every answer is the one before: the store has it, and is told its hash. Only the request ids are new. */
const askedAgain = (before: Asked, id: () => string): CallRecord[] =>
  [...before.values()].map((call): CallRecord => ({ ...call, reply: null, replyHash: call.replyHash!, requestId: id() }));

/** A list in pages, and for some populations a call for each item. What is answered is in the provider's own shape. */
function callsOf({ kind, items }: Place, before: Asked | undefined, id: () => string): CallRecord[] {
  const answers: { operation: string; parameters: object; page: number; body: object }[] = [];
  const all = [...items];
  for (let page = 0; page === 0 || page * perPage < all.length; page++) {
    const own = all.slice(page * perPage, (page + 1) * perPage);
    const body = {
      Items: own.map((item) => (kind.eachAsked ? { Id: item.key, Name: item.name, Created: item.body.created } : answerOf(item))),
    };
    answers.push({ operation: listOf(kind), parameters: { MaxResults: perPage }, page, body });
  }
  if (kind.eachAsked)
    for (const item of all)
      answers.push({ operation: `${kind.service}:Get-${kind.noun}`, parameters: { Name: item.name }, page: 0, body: answerOf(item) });
  return answers.map(({ operation, parameters: given, page, body }): CallRecord => {
    const parameters = canonical(given);
    const text = canonical(body);
    const replyHash = sha256(text);
    const same = before?.get(`${operation} ${parameters} ${page}`)?.replyHash === replyHash;
    return { operation, parameters, page, status: 200, requestId: id(), reply: same ? null : text, replyHash };
  });
}

const answerOf = ({ key, name, place, body, denied }: Item): object => ({
  Id: key,
  Name: name,
  CreationDate: body.created,
  Tags: Object.entries(body.tags).map(([Key, Value]) => ({ Key, Value })),
  VpcConfig: { VpcId: body.network.vpc, SubnetIds: body.network.subnets, SecurityGroupIds: body.network.securityGroups },
  KmsKeyId: body.kmsKey,
  Policy: body.policy,
  Settings: settingsOf(place.kind).map((setting) => ({
    Name: setting,
    ...(denied?.setting === setting ? { Error: 'AccessDenied' } : { Value: body.settings[setting]?.status ?? 'None' }),
  })),
});

const refusedCall = ({ kind }: Place, { unread, detail }: Unread, requestId: string): CallRecord => ({
  operation: listOf(kind),
  parameters: canonical({ MaxResults: perPage }),
  page: 0,
  status: unread === 'denied' ? 403 : 503,
  requestId,
  reply: null,
  failure: { reason: unread, code: unread === 'denied' ? 'AccessDenied' : 'ServiceUnavailable', detail },
});
