import { breathing } from '#src/breath.ts';
import type { Collector, Connection, FoundPlace, Place } from '#src/collector.ts';
import type { Collected } from '#src/cycle/collect.ts';
import { type CollectDue, collectHere } from '#src/cycle/collecting.ts';
import { type CollectedItem, collectedItem } from '#src/cycle/items.ts';
import { type JudgingMemory, judgeCycle, type ReadScope } from '#src/cycle/judge-cycle.ts';
import { parseDuration } from '#src/duration.ts';
import {
  type CycleRecord,
  type EvidenceStore,
  type HeldScope,
  type LedgerHead,
  type RuleSet,
  type Scope,
  type ScopeRecord,
  scopeKey,
} from '#src/evidence/store.ts';
import { sha256 } from '#src/ledger/canonical.ts';
import type { Observed, Unread } from '#src/population.ts';
import { monitorPlace } from '#src/populations/monitor-place.ts';
import type { Rule } from '#src/rule.ts';
import type { ScopeDeclaration } from './declared.ts';
import { labelOf } from './declared.ts';

/** What a cycle needs besides the connection. The clock is handed in. */
export interface CycleSettings {
  readonly collectors: readonly Collector[];
  readonly rules: readonly Rule[];
  readonly ruleSet: RuleSet;
  readonly declaration: ScopeDeclaration;
  /** Schedules of the configuration, by collector id, as written: `4h`. */
  readonly every?: Readonly<Record<string, string>>;
  readonly memory: JudgingMemory;
  readonly now: () => number;
  /** How what is due is collected; without it in this process, eight scopes at a time. */
  readonly collect?: CollectDue;
  /** Look at everything now, whenever it was looked at last. */
  readonly everything?: boolean;
  /** Once it aborts the cycle is given up: nothing of it is recorded, and the next one looks again. A commit that has begun is finished. */
  readonly signal?: AbortSignal;
  /** Scopes to be read again now, out of their period and before others, by key. */
  readonly again?: ReadonlySet<string>;
  /** Told after each scope: how many of how many are done. */
  readonly progress?: (done: number, of: number) => void;
}

export interface CycleOutcome {
  readonly head: LedgerHead;
  readonly record: CycleRecord;
}

/**
 * One pass over the due collectors of a connection: collect, judge, record; committed as one.
 * Returns null when nothing was due. Throws only what the store throws, for whatever a provider does becomes a recorded silence, and the
 * reason of the signal.
 */
export async function runCycle(connection: Connection, store: EvidenceStore, settings: CycleSettings): Promise<CycleOutcome | null> {
  const record = await readCycle(connection, store, settings);
  return record && { head: await store.commit(record), record };
}

/** What a cycle saw, by itself, so that the items it was made of are gone when it is recorded. Null when nothing was due. */
async function readCycle(connection: Connection, store: EvidenceStore, settings: CycleSettings): Promise<CycleRecord | null> {
  const asOf = instantAfter(store.lastCycle()?.asOf ?? 0, settings.now());
  const { signal } = settings;
  const planned = await planOf(connection, store, settings, asOf);
  if (planned === null || (planned.due.length === 0 && planned.retired.length === 0)) return null;

  const collect = settings.collect ?? collectHere();
  const readable = planned.due.flatMap((due) => ('unread' in due ? [] : [due]));
  const progress = (done: number) => settings.progress?.(done, planned.due.length);
  const cycle = { connection, asOf, held: store.held, replies: settings.memory.replies, progress, signal };
  const read = (await unlessAborted(collect(readable, cycle), signal)).values();
  const collected = planned.due.map(
    (due): Collected => ('unread' in due ? { status: 'failed', unread: due.unread, calls: [] } : read.next().value!),
  );
  const outcomes = planned.due.map((due, i) => ({ ...due, collected: collected[i]! }));
  const complete: ReadScope[] = outcomes.flatMap(({ scope, collector, collected }) =>
    collected.status === 'complete' ? [{ scope, population: collector.population, items: collected.items }] : [],
  );
  const discovered = planned.places && placesScope(connection, planned.places, outcomes, store, settings);
  if (discovered?.status === 'complete') complete.push({ scope: discovered.scope, population: monitorPlace, items: discovered.items });

  const failed = new Map(
    outcomes.flatMap(({ scope, collected }) => (collected.status === 'failed' ? [[scopeKey(scope), collected.unread] as const] : [])),
  );
  const retired = new Set(planned.retired.map(({ scope }) => scopeKey(scope)));
  const { rules, ruleSet, memory } = settings;
  await heard(signal);
  const breathe = breathing(signal);
  const changes = await judgeCycle(complete, { rules, ruleSet, memory, held: store.held, failed, retired, asOf, breathe });
  const scopes = outcomes.map(({ scope, hold, collected }): ScopeRecord => {
    const { calls } = collected;
    if (collected.status === 'failed') return { scope, hold, calls, status: 'failed', unread: collected.unread };
    return { scope, hold, calls, status: 'complete', items: collected.items.length, changes: changes.get(scopeKey(scope)) ?? [] };
  });
  if (discovered) {
    const common = { scope: discovered.scope, hold: discovered.hold, calls: [] };
    scopes.push(
      discovered.status === 'failed'
        ? { ...common, status: 'failed', unread: discovered.unread }
        : { ...common, status: 'complete', items: discovered.items.length, changes: changes.get(scopeKey(discovered.scope)) ?? [] },
    );
  }

  const record: CycleRecord = {
    connection: connection.id,
    asOf,
    ended: Math.max(asOf, settings.now()),
    ruleSet: settings.ruleSet,
    scopes,
    retired: planned.retired,
  };
  await heard(signal);
  return record;
}

/** Whoever asks to stop is heard. */
async function heard(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  signal?.throwIfAborted();
}

/** What the work comes to, unless the signal aborts first: what fails because of that is no answer of anyone. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Two looks further apart than this do not vouch for the time between: a period, and up to an hour of delay. */
const holdOf = (every: number): number => every + Math.max(Math.floor(every / 12), Math.min(every, 3_600_000));

type Due = { readonly scope: Scope; readonly collector: Collector; readonly hold: number; readonly soon: boolean } & (
  | { readonly place: Place }
  | { readonly unread: Unread }
);

interface Plan {
  readonly due: readonly Due[];
  readonly retired: CycleRecord['retired'];
  /** What exists; null where only known scopes are read again, and nobody was asked. */
  readonly places: readonly FoundPlace[] | null;
}

/** Cycles of several connections may begin within one tick of the clock. A clock that went back further is not mended: the store refuses it. */
const instantAfter = (last: number, now: number): number => (now <= last && last - now < 2_000 ? last + 1 : now);

const everyOf = ({ id, every }: Collector, settings: CycleSettings): number => parseDuration(settings.every?.[id] ?? every)!;

/**
 * A scope is due a period after its last look; a little earliness keeps a steady clock from slipping by one tick each time. One that failed
 * is tried again after a quarter of its period, so that a refusal costs no call a minute.
 */
function isDue(held: HeldScope | undefined, every: number, tried: number | undefined, asOf: number): boolean {
  if (!held || held.retired || held.lastLook === null || held.failing) return tried === undefined || asOf - tried >= every / 4;
  return asOf - held.lastLook >= every * (0.95 - 0.04 * chance(`${held.scope.connection} ${held.lastLook}`));
}

/** From 0 to 1, the same for the same words: what was looked at together stays together, and nobody can tell the next look to the second. */
function chance(words: string): number {
  if (drawn.words !== words) drawn = { words, chance: Number.parseInt(sha256(words).slice(0, 8), 16) / 2 ** 32 };
  return drawn.chance;
}
let drawn = { words: '', chance: 0 };

/** Whether it is worth finding out what exists: places are looked for with each cycle, and not between. */
function mayBeDue({ id }: Connection, { held }: EvidenceStore, settings: CycleSettings, asOf: number): boolean {
  if (settings.everything || !settings.memory.tried.has(id)) return true;
  const periods = new Map(settings.collectors.map((collector) => [collector.population.type, everyOf(collector, settings)]));
  const own = [...held.entries()].filter(([, { scope, retired }]) => scope.connection === id && !retired && periods.has(scope.population));
  // Nothing is known of a connection whose places could not be found, or have no collector: then the connection itself is tried again.
  if (own.length === 0) return asOf - settings.memory.tried.get(id)! >= Math.min(...periods.values(), 3_600_000) / 4;
  return own.some(([key, scope]) => isDue(scope, periods.get(scope.scope.population)!, settings.memory.tried.get(key), asOf));
}

/** What is to be read now; null where nothing may be. */
async function planOf(connection: Connection, store: EvidenceStore, settings: CycleSettings, asOf: number): Promise<Plan | null> {
  const { memory, again = new Set() } = settings;
  const known = memory.places.get(connection.id);
  if (!mayBeDue(connection, store, settings, asOf)) {
    // Places are not asked for again to read a few scopes once more.
    const due = known ? plan(connection, known, store, settings, asOf).due.filter(({ scope }) => again.has(scopeKey(scope))) : [];
    return due.length === 0 ? null : { due, retired: [], places: null };
  }
  memory.tried.set(connection.id, asOf);
  const places = await unlessAborted(findPlaces(connection), settings.signal);
  memory.places.set(connection.id, places);
  return plan(connection, places, store, settings, asOf);
}

async function findPlaces(connection: Connection): Promise<FoundPlace[]> {
  try {
    return await connection.places();
  } catch (error) {
    const detail = Error.isError(error) ? error.message : String(error);
    return [{ account: 'unknown', region: 'unknown', unread: { unread: 'collector-fault', call: 'discovery', needs: '', detail } }];
  }
}

/** Which scopes exist, which of them are due, and which have ceased to exist. A scope never disappears because discovery failed. */
function plan(connection: Connection, places: readonly FoundPlace[], store: EvidenceStore, settings: CycleSettings, asOf: number): Plan {
  const { collectors, declaration } = settings;
  const due = new Map<string, Due>();
  const exists = new Set<string>();
  const blind = places.filter((place) => place.unread !== undefined);
  const excluded = new Map<string, string>();
  const mine = [...store.held.values()].filter(({ scope, retired }) => scope.connection === connection.id && !retired);
  const known = new Set(
    mine
      .filter(({ scope }) => scope.region !== 'unknown')
      .flatMap(({ scope }) => [`${scope.account}/${scope.population}`, `unknown/${scope.population}`]),
  );

  const add = (place: FoundPlace, collector: Collector) => {
    const scope = { connection: connection.id, account: place.account, region: place.region, population: collector.population.type };
    const key = scopeKey(scope);
    const declared = declaration.of(labelOf(connection.provider, place));
    if (declared.is === 'out') {
      excluded.set(key, declared.reason);
      return;
    }
    if (place.region === 'unknown' && known.has(`${place.account}/${scope.population}`)) return;
    exists.add(key);
    const every = everyOf(collector, settings);
    const soon = settings.again?.has(key) ?? false;
    if (!settings.everything && !soon && !isDue(store.held.get(key), every, settings.memory.tried.get(key), asOf)) return;
    settings.memory.tried.set(key, asOf);
    due.set(key, { scope, collector, hold: holdOf(every), soon, ...(place.unread ? { unread: place.unread } : { place }) });
  };
  for (const place of places)
    for (const collector of collectors)
      if ((collector.per === 'account') === (place.region === 'global') || place.account === 'unknown') add(place, collector);

  const retired: { scope: Scope; reason: string }[] = [];
  const types = new Map(collectors.map((collector) => [collector.population.type, collector]));
  for (const held of mine) {
    const { scope } = held;
    const key = scopeKey(scope);
    if (exists.has(key) || scope.population === monitorPlace.type) continue;
    const collector = types.get(scope.population);
    const hiding = blind.find((place) => place.account === scope.account || place.account === 'unknown');
    if (collector && !excluded.has(key) && hiding && scope.region !== 'unknown' && scope.account !== 'unknown') {
      due.set(key, { scope, collector, hold: held.hold, soon: false, unread: hiding.unread! });
      continue;
    }
    retired.push({ scope, reason: reasonToRetire(scope, collector !== undefined, excluded.get(key)) });
  }
  return { due: [...due.values()], retired, places };
}

function reasonToRetire({ region }: Scope, collected: boolean, excluded: string | undefined): string {
  if (excluded !== undefined) return `declared out of scope: ${excluded}`;
  if (!collected) return 'its collector is switched off';
  return region === 'unknown' ? 'its places are known now' : 'the provider no longer has this place, or it is no longer configured';
}

type PlacesScope = { readonly scope: Scope; readonly hold: number } & (
  | { readonly status: 'complete'; readonly items: readonly CollectedItem[] }
  | { readonly status: 'failed'; readonly unread: Unread }
);

/** What was discovered, and what the company declared of it: the population behind `meta.scope-complete`. */
function placesScope(
  connection: Connection,
  places: readonly FoundPlace[],
  outcomes: readonly (Due & { collected: Collected })[],
  store: EvidenceStore,
  settings: CycleSettings,
): PlacesScope {
  const scope: Scope = { connection: connection.id, account: 'all', region: 'global', population: monitorPlace.type };
  // Places are found with each cycle of the connection, which comes with its most frequent collector.
  const hold = holdOf(Math.min(...settings.collectors.map((collector) => everyOf(collector, settings))));
  const repositories = outcomes.find(({ collector }) => collector.population.type === 'github.repository')?.collected;
  const before = heldScopes(store, connection.id, 'github.repository');
  const lost = repositories
    ? repositories.status === 'failed'
      ? repositories.unread
      : undefined
    : before.find(({ failing }) => failing)?.failing?.unread;
  const unread = places.find((place) => place.unread)?.unread ?? lost;
  if (unread) return { scope, hold, status: 'failed', unread };

  const labels: [label: string, kind: 'account' | 'region' | 'repository', name: string][] = places.map((place) => [
    labelOf(connection.provider, place),
    place.region === 'global' ? 'account' : 'region',
    place.name ?? labelOf(connection.provider, place),
  ]);
  const listed = repositories?.status === 'complete' ? repositories.items : before.flatMap(({ items }) => [...items.values()]);
  for (const { name } of listed) labels.push([`${connection.provider}:${name}`, 'repository', name]);
  const items = labels.map(([label, kind, name]): CollectedItem => {
    const declared = settings.declaration.of(label);
    const reason = declared.is === 'out' ? declared.reason : null;
    return collectedItem({ key: label, name, kind, declared: declared.is, reason } as Observed<object>);
  });
  return { scope, hold, status: 'complete', items };
}

/** What is held of a population that was not due in this cycle. */
const heldScopes = ({ held }: EvidenceStore, connection: string, population: string): HeldScope[] =>
  [...held.values()].filter(({ scope, retired }) => scope.connection === connection && scope.population === population && !retired);
