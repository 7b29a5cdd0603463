import type { Judgement } from '#src/cycle/evaluate.ts';
import type { Json } from '#src/ledger/canonical.ts';
import { merkleRoot } from '#src/ledger/tree.ts';
import type { BackfilledItem } from './backfill.ts';
import type { Blobs } from './blobs.ts';
import { itemLeaf, letters } from './documents.ts';
import { documentsOf } from './entries.ts';
import type { KeptCall } from './manifests.ts';
import type { BackfillBody } from './retell.ts';
import { parseScopeKey, type RuleSet } from './store.ts';

/** What was there when a backfill was recorded: the latest cycle before it, and whether the scope was ever looked at. */
interface Before {
  readonly lastAsOf: number | null;
  readonly isKnown: boolean;
}

/**
 * A backfill is of a scope and a time that had passed, its looks are in order, each has the number, the root and the results that its items
 * give, and its body names just the documents that this takes.
 */
export function* checkBackfill(where: string, given: Json, blobs: Blobs, { lastAsOf, isKnown }: Before): Generator<string> {
  const body = given as unknown as BackfillBody;
  const { scope, from, to, looks } = body;
  const { population } = parseScopeKey(scope);
  if (!isKnown) yield `${where}: no cycle looked at ${scope}`;
  if (!(from < to) || lastAsOf === null || Date.parse(to) > lastAsOf) yield `${where}: its time is none that had passed`;
  if (looks.some(({ asOf }, i) => asOf < from || asOf >= to || (i > 0 && asOf <= looks[i - 1]!.asOf)))
    yield `${where}: its looks are not in order, or not within its time`;

  const named = new Set([`rule-set/${body.ruleSet}`]);
  const read = (kind: string, hash: string): unknown => {
    named.add(`${kind}/${hash}`);
    const id = blobs.find(hash);
    return id === null ? null : JSON.parse(blobs.read(id));
  };
  const rules = (read('rule-set', body.ruleSet) as RuleSet | null)?.byPopulation[population] ?? [];
  for (const { asOf, manifest, items, n, root } of looks) {
    for (const { reply } of (read('manifest', manifest) ?? []) as KeptCall[]) if (reply !== null) named.add(`reply/${reply}`);
    if (items === undefined) continue;
    const seen = (read('items', items) ?? []) as BackfilledItem[];
    const found = merkleRoot(seen.map((item) => itemLeaf(population, item))).toString('hex');
    if (seen.length !== n || found !== root) yield `${where}: the look of ${asOf} is not what its leaf says`;
    for (const { item, snapshot, detail, vector } of seen) {
      const isOf = (read('snapshot', snapshot) as { key: string } | null)?.key === item;
      const said = (read('detail', detail) ?? []) as Judgement[];
      const told =
        said.map(({ rule, result }) => `${rule} ${letters[result]}`).join() === rules.map((rule, i) => `${rule} ${vector[i]}`).join();
      if (!isOf || !told) yield `${where}: the look of ${asOf}: the documents of ${item} are not those of its result`;
    }
  }
  const documents = Object.entries(documentsOf(given));
  const strays = documents.filter(([name, hash]) => !named.delete(name) || !name.endsWith(`/${hash}`));
  for (const [name] of strays) yield `${where}: it names ${name}, which none of its looks needs`;
  for (const name of named) yield `${where}: it does not name ${name}`;
}
