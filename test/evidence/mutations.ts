import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { inspect } from 'node:util';
import { check } from '#src/evidence/check.ts';
import { engineOver } from '#src/evidence/database.ts';

type Row = Readonly<Record<string, SQLInputValue>>;

/** A change to a store behind the back of the program. */
interface Edit {
  readonly table: string;
  readonly what: string;
  /** The rows as they were, and as they are then. */
  readonly rows: readonly Row[];
  /** Further names under which the check may speak of it. */
  readonly about?: readonly string[];
  apply(db: DatabaseSync): void;
}

interface Table {
  readonly name: string;
  readonly columns: readonly string[];
  readonly key: readonly string[];
  readonly rows: readonly Row[];
}

export interface Tried {
  readonly edits: number;
  /** Edits of which the check said nothing; and those of which it said something, but not where they are. */
  readonly missed: readonly string[];
  readonly unnamed: readonly string[];
}

interface Trial {
  /** Of each table so many rows, from its first to its last. */
  readonly rows: number;
  readonly tables?: readonly string[];
  /** What the edit does, as `what` tells it. */
  readonly only?: RegExp;
  /** Which of the edits. */
  readonly share?: (edit: Edit, n: number) => boolean;
}

/** Tries edits one after the other, each on the store as it was. Those that SQLite itself does not allow are not counted. */
export function tryEdits(db: DatabaseSync, { rows, tables, only = /./, share = () => true }: Trial): Tried {
  const missed: string[] = [];
  const unnamed: string[] = [];
  let edits = 0;
  const chosen = [...editsOf(db, rows)].filter(
    (edit) => (tables?.includes(edit.table) ?? true) && only.test(edit.what) && !isAllowed(edit),
  );
  for (const edit of chosen.filter(share)) {
    const report = reportOn(db, edit);
    if (report === null) continue;
    edits += 1;
    if (report.length === 0) missed.push(`${edit.table}: ${edit.what}`);
    else if (!isNamed(edit, report)) unnamed.push(`${edit.table}: ${edit.what}: ${report.slice(0, 3).join('; ')}`);
  }
  return { edits, missed, unnamed };
}

/**
 * Lists of request ids are kept for convenience, and for a while: whoever removes one says nothing false. How long a document was that has been
 * purged follows from nothing that is left: a tombstone has its hash alone.
 */
const isAllowed = ({ table, what, rows }: Edit): boolean =>
  (table === 'request_ids' && what === removed) || (table === 'blob' && what.startsWith('size') && rows.some(wasPurged));
const wasPurged = ({ data }: Row): boolean => data instanceof Uint8Array && data.length === 0;
const removed = 'a row removed';

/** Everything that can be done to the rows of a store one by one or two by two, tried on so many rows of each table. */
function* editsOf(db: DatabaseSync, rowsOfTable: number): Generator<Edit> {
  const about = dependentsIn(db);
  for (const table of tablesOf(db))
    for (const edit of editsIn(table, spread(table.rows, rowsOfTable))) yield { ...edit, about: about(edit) };
}

/**
 * What shows an edit beside its rows: a wrong name of an item, the roots of the cycles that changed it; one document or leaf under the number
 * of another, what is stored as a patch on it, and the cycles that refer to it.
 */
function dependentsIn(db: DatabaseSync): (edit: Edit) => string[] {
  const ask = (sql: string, ...values: SQLInputValue[]) =>
    db
      .prepare(sql)
      .all(...values)
      .map((row) => Number(Object.values(row)[0]));
  return ({ table, rows }) =>
    rows.flatMap(({ id = null, idx = null }) => {
      if (table === 'item') return ask('SELECT idx FROM change WHERE item = ?', id).map((cycle) => `cycle ${cycle}`);
      if (table === 'ledger')
        return ask('SELECT idx FROM ledger WHERE base = ?', idx).flatMap((leaf) => [`ledger ${leaf}`, `entry ${leaf}`]);
      if (table !== 'blob') return [];
      const cycles =
        'SELECT idx FROM change WHERE ? IN (snapshot, detail) UNION SELECT idx FROM cycle WHERE ? IN (rule_set, looks, manifest)';
      return [
        ...ask('SELECT id FROM blob WHERE base = ?', id).map((document) => `document ${document}`),
        ...ask(cycles, id, id).map((cycle) => `cycle ${cycle}`),
      ];
    });
}

function* editsIn(table: Table, chosen: readonly Row[]): Generator<Edit> {
  for (const row of chosen) {
    yield { table: table.name, what: removed, rows: [row], apply: (db) => remove(db, table, row) };
    for (const column of table.columns)
      for (const value of othersThan(row, column, table))
        yield replacing(table, `${column}: ${inspect(row[column])} made ${inspect(value)}`, [row], [{ ...row, [column]: value }]);
    for (const added of likeRow(table, row))
      yield { table: table.name, what: `a row added: ${inspect(added)}`, rows: [added], apply: (db) => insert(db, table, added) };
  }
  for (const [i, a] of chosen.entries()) {
    const b = chosen[(i + 1) % chosen.length]!;
    for (const column of table.columns)
      if (!same(a[column]!, b[column]!))
        yield replacing(
          table,
          `${column} exchanged between two rows`,
          [a, b],
          [
            { ...a, [column]: b[column]! },
            { ...b, [column]: a[column]! },
          ],
        );
    const c = chosen[(i + 2) % chosen.length]!;
    if (a === b || b === c || a === c) continue;
    yield replacing(table, 'three rows in another order', [a, b, c], [keyed(table, a, b), keyed(table, b, c), keyed(table, c, a)]);
  }
}

/** What a line of the check has to contain to say where the edit is: the number, key or hash of one of its rows, in the words of the check. */
function namesOf({ table, rows, about = [] }: Edit): string[] {
  return [
    ...rows.flatMap((row) =>
      naming[table]!(Object.fromEntries(Object.entries(row).map(([column, value]) => [column, inspect(value).replaceAll("'", '')]))),
    ),
    ...about,
  ];
}

const naming: Readonly<Record<string, (row: Readonly<Record<string, string>>) => string[]>> = {
  anchor: ({ name, size }) => [`anchor ${name} ${size}`],
  blob: ({ id }) => [`document ${id}`],
  change: ({ idx }) => [`cycle ${idx}`],
  checkpoint: ({ size }) => [`checkpoint ${size}`, 'not signed yet'],
  cycle: ({ idx }) => [`cycle ${idx}`, `ledger ${idx}`],
  entry: ({ idx }) => [`entry ${idx}`, `ledger ${idx}`],
  gap: ({ scope, since }) => [`gap ${scope} ${since}`],
  item: ({ id, key, scope }) => [`item ${id}`, `${key}:`, `scope ${scope}`],
  ledger: ({ idx }) => [`ledger ${idx}`, `leaf ${idx}`, `entry ${idx}`, `cycle ${idx}`],
  ledger_key: ({ id, vkey }) => [`key ${id}`, vkey!],
  ledger_node: ({ level, n }) => [`tile ${level}/${n}`, 'full tiles'],
  migration: () => ['migration', 'migrations are recorded'],
  request_ids: ({ idx }) => [`request ids ${idx}`, `cycle ${idx}`],
  result_change: ({ item, idx }) => [`of item ${item} in cycle ${idx}`],
  rule: ({ key }) => [`rule ${key}`],
  scope: ({ key, id }) => [key!, `scope ${id}`],
  verdict: ({ id, result, severity, reason }) => [`verdict ${id}`, `verdict ${result} ${severity} ${reason === 'null' ? '' : reason}`],
};

/** True where the report says something of one of the rows. */
function isNamed(edit: Edit, report: readonly string[]): boolean {
  const names = namesOf(edit).map((name) => new RegExp(`(?<![\\w-])${name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\w-])`));
  return report.some((line) => names.some((name) => name.test(line)));
}

/** What the check says of a store after an edit, from which the triggers would otherwise have kept it; null where SQLite itself does not allow it. */
function reportOn(db: DatabaseSync, edit: Edit): string[] | null {
  const triggers = db.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").all();
  db.exec('PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; BEGIN');
  try {
    for (const { name } of triggers) db.exec(`DROP TRIGGER ${String(name)}`);
    try {
      edit.apply(db);
    } catch (error) {
      if (/constraint|datatype|cannot store/i.test((error as Error).message)) return null;
      throw error;
    }
    for (const { sql } of triggers) db.exec(String(sql));
    return check(engineOver(db, 'evidence.db'));
  } finally {
    db.exec('ROLLBACK');
  }
}

export function tablesOf(db: DatabaseSync): Table[] {
  const names = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all();
  return names.map(({ name }) => {
    const columns = db.prepare('SELECT name, pk FROM pragma_table_info(?)').all(name!) as { name: string; pk: number }[];
    return {
      name: String(name),
      columns: columns.map((column) => column.name),
      key: columns.filter(({ pk }) => pk > 0).map((column) => column.name),
      rows: db.prepare(`SELECT * FROM ${String(name)}`).all() as Row[],
    };
  });
}

/** Puts rows in the place of others, all at once: no order of steps stands in the way of what is unique. */
const replacing = (table: Table, what: string, before: readonly Row[], after: readonly Row[]): Edit => ({
  table: table.name,
  what,
  rows: [...before, ...after],
  apply(db) {
    for (const row of before) remove(db, table, row);
    for (const row of after) insert(db, table, row);
  },
});

function remove(db: DatabaseSync, { name, key }: Table, row: Row): void {
  db.prepare(`DELETE FROM ${name} WHERE ${key.map((column) => `${column} IS ?`).join(' AND ')}`).run(...key.map((column) => row[column]!));
}

function insert(db: DatabaseSync, { name, columns }: Table, row: Row): void {
  db.prepare(`INSERT INTO ${name} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`).run(
    ...columns.map((column) => row[column]!),
  );
}

/** The row with the place of another. */
const keyed = ({ key }: Table, row: Row, place: Row): Row => ({
  ...row,
  ...Object.fromEntries(key.map((column) => [column, place[column]!])),
});

/** Another value that the column has elsewhere, some that stand nowhere, and none. */
function othersThan(row: Row, column: string, { rows, key }: Table): SQLInputValue[] {
  const value = row[column]!;
  const elsewhere = rows.find((other) => other[column] !== null && !same(other[column]!, value))?.[column];
  // SQLite takes no number for the next one.
  const none = value === null || (key.length === 1 && key[0] === column) ? [] : [null];
  return [...(elsewhere === undefined ? [] : [elsewhere]), ...none, ...unheardOf(value)];
}

/** Rows that could pass for others of the table: a copy with a key of its own. */
function likeRow(table: Table, row: Row): Row[] {
  return table.key.flatMap((column): Row[] => {
    const values = table.rows.map((other) => other[column]!);
    if (typeof row[column] === 'number') {
      const next = { ...row, [column]: Math.max(...values.map(Number)) + 1 };
      const unlike = {
        ...next,
        ...Object.fromEntries(
          table.columns.filter((name) => name !== column && !table.key.includes(name)).map((name) => [name, unheardOf(row[name]!)[0]!]),
        ),
      };
      return [next, unlike];
    }
    return [{ ...row, [column]: unheardOf(row[column]!)[0]! }];
  });
}

function unheardOf(value: SQLInputValue): SQLInputValue[] {
  if (typeof value === 'number') return [value + 1, value + 1_000_003];
  if (typeof value === 'string') return [`${value}x`];
  if (value instanceof Uint8Array && value.length === 0) return [Buffer.of(7)];
  if (value instanceof Uint8Array)
    return [0.5, 0.99]
      .map((part) => flipped(value, Math.floor(value.length * part)))
      .concat([Buffer.concat([value, Buffer.of(7)]), Buffer.alloc(0)]);
  return [1, Buffer.alloc(32, 7)];
}

function flipped(bytes: Uint8Array, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at]! ^= 0x10;
  return copy;
}

const same = (a: SQLInputValue, b: SQLInputValue): boolean => inspect(a) === inspect(b);

/** So many of the list, from its first to its last. */
const spread = <T>(list: readonly T[], n: number): T[] => {
  const chosen = Array.from({ length: Math.min(n, list.length) }, (_, i) =>
    Math.round((i * (list.length - 1)) / Math.max(1, Math.min(n, list.length) - 1)),
  );
  return [...new Set(chosen)].map((i) => list[i]!);
};
