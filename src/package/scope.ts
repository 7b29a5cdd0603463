import type { Config, Connection } from '#src/config.ts';
import { type HeldScope, parseScopeKey } from '#src/evidence/store.ts';
import { byUtf8 } from '#src/ledger/order.ts';
import { read } from './catalogue.ts';
import { csv } from './csv.ts';
import type { Telling } from './results.ts';
import type { Spool } from './spool.ts';
import type { Entity } from './story.ts';
import type { CycleFact } from './trail.ts';

/** Every item that was ever seen, with when. */
export async function writeEntities({ spool, nameOf }: Pick<Telling, 'spool' | 'nameOf'>, entities: Iterable<Entity>): Promise<void> {
  const sorted = [...entities].sort((a, b) => byUtf8(a.scope, b.scope) || byUtf8(a.item, b.item));
  await spool.add(
    'scope/entities.csv',
    csv(
      ['population', 'scope', 'key', 'name', 'firstSeen', 'lastSeen', 'gone'],
      sorted.map(({ scope, item, firstSeen, lastSeen, gone }) => [
        parseScopeKey(scope).population,
        scope,
        item,
        nameOf(scope, item),
        iso(firstSeen),
        iso(lastSeen),
        gone === null ? null : iso(gone),
      ]),
    ),
  );
}

/** The keys behind the names of items that are people, each with the salt that makes the one of the other. */
export async function writeNames(spool: Spool, entities: Iterable<Entity>): Promise<void> {
  const people = [...entities].flatMap(({ scope, item, committed }) => (committed ? [{ scope, item, ...committed }] : []));
  if (people.length === 0) return;
  people.sort((a, b) => byUtf8(a.scope, b.scope) || byUtf8(a.name, b.name));
  await spool.add(
    'ledger/names.csv',
    csv(
      ['scope', 'item', 'key', 'salt'],
      people.map(({ scope, name, item, salt }) => [scope, name, item, salt]),
    ),
  );
}

/** What the company declares, as configured when the package was made; and what was looked at in fact. */
export async function writeScope(
  { spool, context, window }: Omit<Telling, 'nameOf'>,
  { connections, scope, categories }: Pick<Config, 'connections' | 'scope' | 'categories'>,
  days: { readonly firstDay: string; readonly lastDay: string },
): Promise<void> {
  const { company, example, timeZone, store } = context;
  await spool.add(
    'scope/system.json',
    read({
      company,
      example,
      categories,
      connections: connections.map(({ id, provider }) => ({ id, provider })),
      source: 'the configuration at the time of the export',
    }),
  );
  const open = window.asOf < window.to;
  await spool.add(
    'scope/window.json',
    read({
      ...days,
      from: iso(window.from),
      to: iso(window.to),
      asOf: iso(window.asOf),
      timeZone,
      says: open
        ? 'The window had not ended when the package was made. Nothing is known after asOf.'
        : 'Half-open: `from` belongs to the window, `to` does not. Nothing is known after asOf.',
    }),
  );
  const held = [...store.held].sort(([a], [b]) => byUtf8(a, b));
  await spool.add(
    'scope/sources.json',
    read(
      connections.map((connection) => ({
        ...sourceOf(connection),
        scopes: held.filter(([, each]) => each.scope.connection === connection.id).map(([key, each]) => lookedAt(key, each)),
      })),
    ),
  );
  await spool.add(
    'scope/declared.json',
    read({
      in: scope.in,
      out: scope.out,
      source: 'the configuration at the time of the export',
      retired: held.flatMap(([key, { retired }]) => (retired ? [{ scope: key, at: iso(retired.at), reason: retired.reason }] : [])),
      noLongerConfigured: [...new Set(held.map(([, each]) => each.scope.connection))].filter(
        (id) => !connections.some((each) => each.id === id),
      ),
    }),
  );
}

function sourceOf(connection: Connection): object {
  const { id, provider, without, every } = connection;
  const about = { id, provider, collectorsSwitchedOff: without, schedulesOfItsOwn: every };
  if (connection.provider === 'aws')
    return {
      ...about,
      accounts:
        connection.accounts?.map((account) => ({ id: account.id, name: account.name ?? null, role: account.role ?? null })) ??
        'that of the credentials',
      regions: connection.regions ?? 'every enabled one',
    };
  if (connection.provider === 'github') return { ...about, organization: connection.organization };
  return { ...about, endpoint: connection.endpoint };
}

const lookedAt = (key: string, { hold, firstLook, lastLook, failing, retired, items }: HeldScope) => ({
  scope: key,
  holdSeconds: Math.round(hold / 1000),
  firstLook: firstLook === null ? null : iso(firstLook),
  lastLook: lastLook === null ? null : iso(lastLook),
  items: items.size,
  failing: failing && { since: iso(failing.since), ...failing.unread },
  retired: retired && { at: iso(retired.at), reason: retired.reason },
});

/** Every cycle of the log. */
export async function writeRuns(spool: Spool, cycles: readonly CycleFact[]): Promise<void> {
  await spool.add(
    'ipe/runs.csv',
    csv(
      ['index', 'connection', 'asOf', 'ended', 'scopes', 'failed', 'changes', 'calls', 'requests'],
      cycles.map(({ index, connection, asOf, ended, scopes, failed, changes, calls, requests }) => [
        index,
        connection,
        iso(asOf),
        iso(ended),
        scopes,
        failed,
        changes,
        calls,
        requests,
      ]),
    ),
  );
}

const iso = (instant: number): string => new Date(instant).toISOString();
