import { type Collector, providerOf, type Reads } from '#src/collector.ts';
import type { Config, Connection } from '#src/config.ts';
import type { CycleManifest } from '#src/evidence/documents.ts';
import { documentsOf } from '#src/evidence/entries.ts';
import type { BackfillBody } from '#src/evidence/retell.ts';
import {
  type EvidenceReading,
  type EvidenceStore,
  type HeldScope,
  type LedgerEntry,
  parseScopeKey,
  scopeKey,
} from '#src/evidence/store.ts';
import { byUtf8 } from '#src/ledger/order.ts';
import { collectors, collectorsOf } from '#src/registry.ts';
import { entriesInForce, read } from './catalogue.ts';
import { type Cell, csv } from './csv.ts';
import type { Asked } from './evidence.ts';
import type { Telling } from './results.ts';

/** What the evidence does not say, and why. It stands where the fact would. */
const unknown = (why: string) => ({ unknown: why });

interface Known {
  readonly asked: ReadonlyMap<string, Asked>;
  readonly entries: readonly LedgerEntry[];
  readonly config: Pick<Config, 'connections'>;
}

/** For each stream of information what an auditor asks of it: what, source, how, who, when, completeness, accuracy, changes, limits. */
export async function writeStatements(telling: Omit<Telling, 'nameOf'>, known: Known): Promise<void> {
  const { spool, context } = telling;
  const populations = Map.groupBy(context.store.held.values(), ({ scope }) => scope.population);
  const own = collectors.filter(({ population }) => populations.has(population.type));
  for (const collector of own)
    await spool.add(`ipe/${collector.id}.json`, read(statement(telling, known, collector, populations.get(collector.population.type)!)));
  for (const [provider, members] of Map.groupBy(own, providerOf))
    await spool.add(
      `ipe/permissions/${provider}.json`,
      read({
        provider,
        says: 'What the collectors that fed this evidence may call, and the permission that each call needs. They can make no other call.',
        granted: unknown('the permissions that the company granted are not read by the monitor; these are the ones that it uses'),
        collectors: Object.fromEntries(members.map((each) => [each.id, readsOf(each)])),
      }),
    );
  const strangers = [...populations.keys()].filter((type) => !own.some(({ population }) => population.type === type)).sort(byUtf8);
  await spool.add(
    'ipe/streams.json',
    read({
      streams: own.map(({ id, population }) => ({ statement: `ipe/${id}.json`, population: population.type })),
      without: strangers.map((population) => ({
        population,
        reason: population.startsWith('monitor.')
          ? 'the monitor’s own record of what it found to look at'
          : 'no collector of this program reads it any more',
      })),
    }),
  );
}

function statement(
  telling: Omit<Telling, 'nameOf'>,
  { asked, entries, config }: Known,
  collector: Collector,
  scopes: readonly HeldScope[],
): object {
  const { context, window } = telling;
  const { population } = collector;
  const calls = asked.get(population.type);
  const connections = [...new Set(scopes.map(({ scope }) => scope.connection))];
  const rules = context.rules.filter((rule) => collectorsOf(rule).includes(collector)).map(({ id }) => id);
  return {
    what: {
      name: collector.title,
      population: population.type,
      rules,
      controls: [...new Set(rules.flatMap((rule) => context.rolesOf(rule).map(({ id }) => id)))].sort(byUtf8),
    },
    source: {
      provider: providerOf(collector),
      connections: connections.map((id) => sourceOf(id, config, scopes)),
      environment: unknown('whether an account is production is what the company declares; see scope/declared.json'),
      apiVersion: unknown(
        'the version that the provider’s service ran is not recorded; the client’s is fixed by package.json in catalogue/src',
      ),
    },
    how: {
      collector: collector.id,
      source: sourceFile(collector, entriesInForce(entries, 'program', window)),
      operations: Object.entries(collector.reads as Reads).map(([operation, { absent }]) => ({
        operation,
        ...(absent && { readAsAFact: absent }),
        ...(calls?.operations.has(operation)
          ? {
              callsInWindow: calls.operations.get(operation)!.calls,
              refusedInWindow: calls.operations.get(operation)!.refused,
              parametersOfOne: JSON.parse(calls.operations.get(operation)!.example) as unknown,
            }
          : { callsInWindow: 0 }),
      })),
      parameters: 'Each call stands with its verbatim parameters and page number in the manifests under evidence/.',
      paging:
        'Every page is asked for. A page that does not come, or that repeats its token, makes the whole look fail as `partial`; there are no partial looks.',
      transformation:
        'A reply is cut to the fields that the collector declares before it is stored or hashed; items are computed from the kept replies alone.',
    },
    who: {
      identity: identityOf(connections, config),
      permissions: `ipe/permissions/${providerOf(collector)}.json`,
      whoCanChangeIt: unknown(
        'who can change the configuration or the program is known to the company’s own access control, not to the monitor',
      ),
    },
    when: {
      every: connections.map((id) => ({
        connection: id,
        every: config.connections.find((each) => each.id === id)?.every[collector.id] ?? collector.every,
      })),
      looksInWindow: calls?.looks ?? 0,
      runs: 'ipe/runs.csv',
      clock: 'Times are those of the agent’s own clock.',
      skew: unknown('the Date header of replies is not recorded, so the skew against the provider’s clock was not measured'),
      timeZone: context.timeZone,
    },
    completeness: completeness(telling, scopes, calls),
    accuracy: {
      replies: 'Each kept reply is named by its SHA-256 and lies under evidence/; it can be collected and judged again from there.',
      rawBytes: unknown('the bytes as they came, before redaction, are neither kept nor hashed'),
      requestIds:
        'Each cycle’s leaf holds the number of the provider’s request ids, their Merkle root, and eight of them that the collector could not choose: look these up in the provider’s own log.',
      schema: 'A reply that does not have the declared shape makes the look fail as `malformed`.',
      livePull: unknown('the monitor does not pull a sample a second time'),
    },
    corrections: telling.backfills
      .filter(({ scope }) => parseScopeKey(scope).population === population.type)
      .map(({ index, at, scope, from, to, looks, reason, run }) => {
        return { index, at: iso(at), scope, from: iso(from), to: iso(to), looks, reason, run };
      }),
    changes: { programs: changesOf(collector, entries, window), approvals: unknown('approvals of changes are not recorded') },
    limits: {
      source: collector.limits ?? null,
      memory: population.memory ?? null,
      ...(population.kind === 'event' && {
        note: 'Events are found as long as the source remembers them; what it forgot before a look is unobserved for good.',
      }),
    },
  };
}

function sourceOf(id: string, { connections }: Pick<Config, 'connections'>, scopes: readonly HeldScope[]): object {
  const own = scopes.filter(({ scope }) => scope.connection === id).map(({ scope }) => scope);
  const endpoint = (connections.find((each) => each.id === id) as { endpoint?: string } | undefined)?.endpoint;
  return {
    connection: id,
    accounts: [...new Set(own.map(({ account }) => account))].sort(byUtf8),
    regions: [...new Set(own.map(({ region }) => region))].sort(byUtf8),
    endpoint: endpoint ?? 'the provider’s public one',
  };
}

function identityOf(ids: readonly string[], { connections }: Pick<Config, 'connections'>): object[] {
  return ids.map((id) => {
    const own = connections.find((each) => each.id === id);
    return { connection: id, as: own ? identityIn(own) : unknown('the connection is no longer configured') };
  });
}

function identityIn(connection: Connection): unknown {
  if (connection.provider === 'aws')
    return (
      connection.accounts?.map(({ id, role }) => ({ account: id, role: role ?? unknown('the credentials of the agent themselves') })) ??
      unknown('the credentials of the agent themselves')
    );
  if (connection.provider === 'github')
    return 'app' in connection.credential
      ? { app: connection.credential.app.id, installation: connection.credential.app.installation }
      : unknown('a token; whose it is was not asked');
  return unknown('a token; whose it is was not asked');
}

/** The file of the collector in the latest program that the ledger recorded. */
function sourceFile(collector: Collector, programs: readonly LedgerEntry[]): unknown {
  const latest = programs.at(-1);
  if (!latest) return unknown('the ledger recorded no program for this window');
  const found = fileIn(collector, latest);
  return found ? { program: latest.index, ...found } : unknown('the program that the ledger recorded has no such collector');
}

function fileIn({ id }: Collector, { body }: LedgerEntry): { path: string; sha256: string } | null {
  const path = `collectors/${id.replace('-', '/')}.ts`;
  const hash = documentsOf(body)[path];
  return hash === undefined ? null : { path, sha256: hash };
}

function changesOf(collector: Collector, entries: readonly LedgerEntry[], window: { from: number; to: number }): object[] {
  let before: string | undefined;
  return entriesInForce(entries, 'program', window).flatMap((entry) => {
    const now = fileIn(collector, entry)?.sha256;
    const same = now === before;
    before = now;
    return same ? [] : [{ index: entry.index, asOf: iso(entry.asOf), sha256: now ?? null }];
  });
}

function completeness({ context, window }: Omit<Telling, 'nameOf'>, scopes: readonly HeldScope[], calls: Asked | undefined): object {
  const keys = new Set(scopes.map(({ scope }) => scopeKey(scope)));
  const end = Math.min(window.to, window.asOf);
  const unobserved: Record<string, number> = {};
  const gaps = context.store.gaps(window.from, end).filter(({ scope }) => keys.has(scope));
  for (const { from, to, reason } of gaps)
    unobserved[reason] = (unobserved[reason] ?? 0) + Math.round((Math.min(to ?? end, end) - Math.max(from, window.from)) / 1000);
  return {
    completeLooks: calls ? calls.looks - calls.failed : 0,
    failedLooks: calls?.failed ?? 0,
    scopes: keys.size,
    itemsAtTheEnd: scopes.reduce((total, { items }) => total + items.size, 0),
    gaps: gaps.length,
    unobservedSecondsByReason: unobserved,
    gapsByScope: 'results/unobserved.csv',
    sourceTotal:
      'Where the source states a count of its own and the collector compares it, a look that yields another number fails as `partial`.',
    reconciliation: 'ipe/reconciliations.csv',
  };
}

/** Two counts that must agree, where there are two; and where there are not, why. */
export async function writeReconciliations({ spool, context }: Omit<Telling, 'nameOf'>, store: EvidenceStore): Promise<void> {
  const held = [...context.store.held].sort(([a], [b]) => byUtf8(a, b));
  const rows = held.flatMap(([key, { scope, items, retired, lastLook }]): Cell[][] => {
    if (retired) return [];
    const index = context.store.lastLookIndex(key);
    const brought = index === null ? null : broughtBy(context.store, key, index);
    const listed = index === null ? null : brought ? listedLate(brought, lastLook!) : listedIn(store, key, index);
    const row = [
      scope.population,
      key,
      'items that the latest complete look listed',
      listed,
      'items that follow from the change log',
      items.size,
    ];
    if (listed === null) return [[...row, 'not reconcilable', 'the scope was never read completely']];
    const events = [...items.values()].some(({ at }) => at !== null);
    if (events) return [[...row, 'not reconcilable', 'the source lists what it still remembers; events once seen stay']];
    return [[...row, listed === items.size ? 'agree' : 'disagree', brought ? `leaf ${index} brought that look` : '']];
  });
  const populations = [...new Set(held.map(([, { scope }]) => scope.population))].sort(byUtf8);
  const second = populations.map((population): Cell[] => [
    population,
    '',
    'items of the source',
    null,
    'items of a second, independent source',
    null,
    'not reconcilable',
    'no second source of this population is connected',
  ]);
  await spool.add(
    'ipe/reconciliations.csv',
    csv(['population', 'scope', 'countA', 'a', 'countB', 'b', 'status', 'reason'], [...rows, ...second]),
  );
}

/** The correction at a ledger index, where it is one of this scope. */
const broughtBy = (known: EvidenceReading, scope: string, index: number): BackfillBody | null => {
  const body = known.entries('backfill').find((entry) => entry.index === index)?.body as BackfillBody | undefined;
  return body?.scope === scope ? body : null;
};

const listedLate = ({ looks }: BackfillBody, at: number): number | null => looks.find(({ asOf }) => Date.parse(asOf) === at)?.n ?? null;

function listedIn(store: Pick<EvidenceStore, 'leaf' | 'document'>, scope: string, index: number): number | null {
  const { manifest } = JSON.parse(store.leaf(index)) as { manifest: { sha256: string } };
  const looks = JSON.parse(store.document(manifest.sha256) ?? '[]') as CycleManifest;
  return looks.find(([key]) => key === scope)?.[2] ?? null;
}

const readsOf = ({ reads }: Collector): Record<string, string[]> =>
  Object.fromEntries(Object.entries(reads as Reads).map(([operation, { needs }]) => [operation, [needs].flat()]));

const iso = (instant: number): string => new Date(instant).toISOString();
