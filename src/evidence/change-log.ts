import { byUtf8 } from '#src/ledger/order.ts';
import type { Engine } from './engine.ts';
import { committedName } from './salted.ts';
import type { ChangeRecord } from './store.ts';

/** The change log as the leaves commit to it: cycle after cycle, and within one by scope and item. Never more than a cycle in memory. */
export function* changeLog(db: Engine, size: number): Generator<ChangeRecord> {
  const rows = db
    .prepare(
      `SELECT change.idx, scope.key AS scope, item.key, item.salt, snapshots.hash AS snapshot, details.hash AS detail, vector, at
       FROM change JOIN item ON item.id = change.item JOIN scope ON scope.id = item.scope
       LEFT JOIN blob AS snapshots ON snapshots.id = change.snapshot LEFT JOIN blob AS details ON details.id = change.detail
       WHERE change.idx < ? ORDER BY change.idx`,
    )
    .iterate(size) as unknown as Iterable<ChangeRow>;
  let cycle: ChangeRecord[] = [];
  for (const row of rows) {
    if (cycle[0] && cycle[0].index !== row.idx) {
      yield* cycle.sort(byScopeAndItem);
      cycle = [];
    }
    cycle.push(recordOf(row));
  }
  yield* cycle.sort(byScopeAndItem);
}

interface ChangeRow {
  readonly idx: number;
  readonly scope: string;
  readonly key: string;
  readonly salt: Uint8Array | null;
  readonly snapshot: Uint8Array | null;
  readonly detail: Uint8Array | null;
  readonly vector: string | null;
  readonly at: number | null;
}

function recordOf({ idx: index, scope, key, salt, snapshot, detail, vector, at }: ChangeRow): ChangeRecord {
  const item = { index, scope, item: committedName(key, salt), key, salt: salt && hex(salt) };
  if (!snapshot) return { ...item, seen: null };
  return { ...item, seen: { snapshot: hex(snapshot), detail: hex(detail!), vector: vector!, at } };
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const byScopeAndItem = (a: ChangeRecord, b: ChangeRecord): number => byUtf8(a.scope, b.scope) || byUtf8(a.item, b.item);
