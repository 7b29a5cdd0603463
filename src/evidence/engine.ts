export type Value = null | number | bigint | string | Uint8Array;
export type Row = Record<string, Value>;

export interface Statement {
  get(...values: Value[]): Row | undefined;
  all(...values: Value[]): Row[];
  iterate(...values: Value[]): IterableIterator<Row>;
  run(...values: Value[]): unknown;
}

/**
 * What the store asks of a database: the same statements, one after the other, in every engine. Parameters are written as `?`.
 * Integers come back as numbers, bytes as Uint8Array; text is ordered by its bytes.
 */
export interface Engine {
  /** File or address, as errors name it; never a password. */
  readonly name: string;
  /** Each answer is a journey to another process. */
  readonly far?: boolean;
  prepare(sql: string): Statement;
  /** One writer at a time: from here to `commit` or `rollback` nobody else can add to the ledger. */
  begin(): void;
  commit(): void;
  /** Does nothing where no transaction is open. */
  rollback(): void;
  /** What the engine itself finds wrong with its file, its schema and its references. */
  faults(): Iterable<string>;
  /** After data was taken away: leaves nothing of it in the files. */
  scrub(): void;
  close(): void;
}

/** Numbers the rows of a table without holes. Asked for the first time, it goes on from what is there. */
export function numbering(db: Engine, table: 'blob' | 'item' | 'scope'): () => number {
  let last: number | undefined;
  return () => {
    last ??= Number(db.prepare(`SELECT coalesce(max(id), 0) AS last FROM ${table}`).get()!['last']);
    return ++last;
  };
}
