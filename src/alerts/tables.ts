import type { Engine, Value } from '#src/evidence/engine.ts';
import type { Operations, Part } from '#src/operations/operations.ts';
import type { Alert, AlertState, Flips, Member } from './state.ts';

/** What alerts remember: no evidence, and the poorer by a message told twice where it is lost. */
export const alertPart: Part = {
  name: 'alert',
  versions: [
    `CREATE TABLE alert (id TEXT PRIMARY KEY, resolved BIGINT, data TEXT NOT NULL);
     CREATE INDEX alert_resolved ON alert (resolved);
     CREATE TABLE alert_member (alert TEXT NOT NULL, key TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (alert, key));
     CREATE TABLE alert_memory (name TEXT PRIMARY KEY, data TEXT NOT NULL);
     CREATE TABLE alert_letter (id TEXT PRIMARY KEY, seq BIGINT NOT NULL, alert TEXT NOT NULL, channel TEXT NOT NULL, kind TEXT NOT NULL,
       content TEXT, state TEXT NOT NULL, created BIGINT NOT NULL, attempts BIGINT NOT NULL, since BIGINT, next BIGINT NOT NULL,
       fault TEXT, mend TEXT, receipt TEXT, delivered BIGINT);
     CREATE INDEX alert_letter_open ON alert_letter (state, channel, seq);
     CREATE INDEX alert_letter_alert ON alert_letter (alert, seq);
     CREATE TABLE alert_lease (name TEXT PRIMARY KEY, holder TEXT NOT NULL, until BIGINT NOT NULL)`,
    `CREATE TABLE alert_noted (key TEXT PRIMARY KEY);
     INSERT INTO alert_noted SELECT DISTINCT key FROM alert_member WHERE data LIKE '%"kind":"event"%' AND data LIKE '%"ended":{"at":%'
       AND data NOT LIKE '%"how":"waived until %'`,
  ],
  forget: forgetMentioned,
};

/** What is kept of the state as a whole. */
interface Memory {
  readonly flips: readonly (readonly [string, Flips])[];
  readonly looks: readonly (readonly [string, number])[];
  readonly parents: AlertState['parents'];
  /** Up to which leaf of the ledger the orders of people were taken. */
  readonly ordersTo?: number;
}

export interface Remembered {
  readonly state: AlertState;
  /** Nothing was ever remembered here. */
  readonly first: boolean;
  /** Events that are told no more: by their keys, for as long as they are held. */
  readonly noted: ReadonlySet<string>;
  /** Null where that was never remembered. */
  readonly ordersTo: number | null;
}

/** The state as it was kept: what is open, and what was resolved since an instant. What only waited is found again in the evidence. */
export function load({ db }: Operations, resolvedSince: number): Remembered {
  const memory = db.prepare("SELECT data FROM alert_memory WHERE name = 'state'").get();
  const known = memory ? (JSON.parse(String(memory['data'])) as Memory) : null;
  const alerts = new Map<string, Alert>();
  const members = new Map<string, Map<string, Member>>();
  const kept = 'FROM alert_member JOIN alert ON alert.id = alert_member.alert WHERE alert.resolved IS NULL OR alert.resolved >= ?';
  for (const { alert, key, data } of db.prepare(`SELECT alert_member.alert, key, alert_member.data ${kept}`).all(resolvedSince)) {
    const own = members.get(String(alert)) ?? new Map<string, Member>();
    members.set(String(alert), own.set(String(key), JSON.parse(String(data)) as Member));
  }
  for (const { id, data } of db.prepare('SELECT id, data FROM alert WHERE resolved IS NULL OR resolved >= ?').all(resolvedSince))
    alerts.set(String(id), { ...(JSON.parse(String(data)) as Alert), members: members.get(String(id)) ?? new Map<string, Member>() });
  const holders = new Map<string, string>();
  // A condition may have been in an earlier alert too: the latest holds it.
  for (const { id, members: own } of [...alerts.values()].toSorted((a, b) => a.opened - b.opened))
    for (const key of own.keys()) holders.set(key, id);
  return {
    state: {
      waiting: new Map(),
      alerts,
      holders,
      flips: new Map(known?.flips),
      looks: new Map(known?.looks),
      parents: known?.parents ?? [],
    },
    first: known === null,
    noted: new Set(
      db
        .prepare('SELECT key FROM alert_noted')
        .all()
        .map(({ key }) => String(key)),
    ),
    ordersTo: known?.ordersTo ?? null,
  };
}

/** Writes what differs between two states, and up to which leaf orders were taken. To be called in a transaction. */
export function save({ db }: Operations, before: AlertState, after: AlertState, ordersTo: number): void {
  const rows: Value[][] = [];
  /** Events that ended, and those that go on: one may have moved from an alert to another. */
  const events = { ended: new Set<string>(), open: new Set<string>() };
  const alert = db.prepare(
    'INSERT INTO alert (id, resolved, data) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET resolved = excluded.resolved, data = excluded.data',
  );
  for (const [id, now] of after.alerts) {
    const was = before.alerts.get(id);
    if (was === now) continue;
    const { members, ...data } = now;
    alert.run(id, now.resolved?.at ?? null, JSON.stringify(data));
    if (was?.members === members) continue;
    for (const [key, member] of members) {
      if (was?.members.get(key) === member) continue;
      rows.push([id, key, JSON.stringify(member)]);
      if (member.condition.kind === 'event' && !member.ended?.waived) events[member.ended === null ? 'open' : 'ended'].add(key);
    }
  }
  upsertMembers(db, rows);
  note(db, events.ended.difference(events.open));
  unnote(db, events.open);
  const memory: Memory = { flips: [...after.flips], looks: [...after.looks], parents: after.parents, ordersTo };
  db.prepare("INSERT INTO alert_memory (name, data) VALUES ('state', ?) ON CONFLICT (name) DO UPDATE SET data = excluded.data").run(
    JSON.stringify(memory),
  );
}

const together = 100;

/** Many rows in few statements: each may be a journey. */
function upsertMembers(db: Operations['db'], rows: readonly (readonly Value[])[]): void {
  for (let at = 0; at < rows.length; at += together) {
    const some = rows.slice(at, at + together);
    const places = some.map(() => '(?, ?, ?)').join(', ');
    db.prepare(
      `INSERT INTO alert_member (alert, key, data) VALUES ${places} ON CONFLICT (alert, key) DO UPDATE SET data = excluded.data`,
    ).run(...some.flat());
  }
}

function note(db: Engine, keys: Iterable<string>): void {
  for (const key of keys) db.prepare('INSERT INTO alert_noted (key) VALUES (?) ON CONFLICT (key) DO NOTHING').run(key);
}

function unnote(db: Engine, keys: Iterable<string>): void {
  for (const key of keys) db.prepare('DELETE FROM alert_noted WHERE key = ?').run(key);
}

/** Forgets the events that are no longer held. To be called in a transaction. */
export function forgetNoted({ db }: Operations, isHeld: (key: string) => boolean): void {
  const keys = db
    .prepare('SELECT key FROM alert_noted')
    .all()
    .map(({ key }) => String(key));
  unnote(
    db,
    keys.filter((key) => !isHeld(key)),
  );
}

/** Forgets alerts that were resolved before an instant, with their letters. To be called in a transaction. */
export function forgetBefore({ db }: Operations, instant: number): void {
  for (const table of ['alert_member', 'alert_letter'])
    db.prepare(`DELETE FROM ${table} WHERE alert IN (SELECT id FROM alert WHERE resolved < ?)`).run(instant);
  db.prepare('DELETE FROM alert WHERE resolved < ?').run(instant);
}

export const isKnown = ({ db }: Operations, id: string): boolean =>
  db.prepare('SELECT 1 AS one FROM alert WHERE id = ?').get(id) !== undefined;

/** Forgets every alert that mentions somebody, with its letters. What lasts is found again in the evidence, and told as new. */
function forgetMentioned(db: Engine, mentions: (text: string) => boolean): number {
  const texts = [
    'SELECT id AS alert, data AS text FROM alert',
    'SELECT alert, key AS text FROM alert_member',
    'SELECT alert, data AS text FROM alert_member',
    ...['content', 'fault', 'mend'].map((column) => `SELECT alert, ${column} AS text FROM alert_letter WHERE ${column} IS NOT NULL`),
  ];
  const found = new Set<string>();
  for (const { alert, text } of db.prepare(texts.join(' UNION ALL ')).all()) if (mentions(String(text))) found.add(String(alert));
  for (const id of found) {
    for (const table of ['alert_member', 'alert_letter']) db.prepare(`DELETE FROM ${table} WHERE alert = ?`).run(id);
    db.prepare('DELETE FROM alert WHERE id = ?').run(id);
  }
  unnote(
    db,
    db
      .prepare('SELECT key FROM alert_noted')
      .all()
      .flatMap(({ key }) => (mentions(String(key)) ? [String(key)] : [])),
  );
  for (const { name, data } of db.prepare("SELECT name, data FROM alert_memory WHERE name = 'state'").all()) {
    const { flips, ...rest } = JSON.parse(String(data)) as Memory;
    const kept = flips.filter((flip) => !mentions(JSON.stringify(flip)));
    db.prepare('UPDATE alert_memory SET data = ? WHERE name = ?').run(JSON.stringify({ flips: kept, ...rest }), name!);
  }
  return found.size;
}
