import { byUtf8 } from '#src/ledger/order.ts';
import type { projectInMemory, RunRow } from './project-in-memory.ts';
import { gapsOf, inOrder } from './queries.ts';
import type { EvidenceReading } from './store.ts';

type Rows = Pick<ReturnType<typeof projectInMemory>, 'runs' | 'gaps'>;

/** Answers from projections in memory, which are made when they are first asked for. The keys of scopes and items by their numbers. */
export function answersFrom(
  make: () => Rows,
  scopeKeys: ReadonlyMap<number, string>,
  itemKeys: ReadonlyMap<number, string>,
): Pick<EvidenceReading, 'runs' | 'gaps'> {
  let made: { byRule: ReadonlyMap<string, RunRow[]>; gaps: Rows['gaps'] } | undefined;
  const projected = () => {
    if (made) return made;
    const { runs, gaps } = make();
    return (made = { byRule: Map.groupBy(runs, ({ rule }) => rule), gaps });
  };
  return {
    *runs({ from, to, rule, scope, item }) {
      const asked = ({ first, ended, ...run }: RunRow) =>
        first <= to &&
        (ended === null || ended >= from) &&
        (scope === undefined || scopeKeys.get(run.scope) === scope) &&
        (item === undefined || itemKeys.get(run.item) === item);
      for (const [id, rows] of [...projected().byRule].sort(([a], [b]) => byUtf8(a, b))) {
        if (rule !== undefined && rule !== id) continue;
        const keyed = rows.filter(asked).map((row) => ({ ...row, key: itemKeys.get(row.item)!, inScope: scopeKeys.get(row.scope)! }));
        yield* inOrder(id, keyed);
      }
    },
    gaps: (from, to) =>
      gapsOf(
        projected()
          .gaps.values()
          .filter(({ since, until }) => since <= to && (until === null || until >= from)),
        scopeKeys,
      ),
  };
}
