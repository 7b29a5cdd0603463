import type { Judgement } from '#src/cycle/evaluate.ts';
import type { Json } from '#src/ledger/canonical.ts';
import { merkleRoot } from '#src/ledger/tree.ts';
import type { BackfilledItem } from './backfill.ts';
import type { Blobs } from './blobs.ts';
import { itemLeaf, letters } from './documents.ts';
import { documentsOf } from './entries.ts';
import { type Claimed, type ScopeHistory, unfit } from './fit.ts';
import type { KeptCall } from './manifests.ts';
import type { BackfillBody } from './retell.ts';
import { parseScopeKey, type RuleSet } from './store.ts';

/** The leaf of a backfill, and what was recorded of its scope before it. */
interface Given {
  readonly at: number;
  readonly body: Json;
  readonly before: ScopeHistory;
}

/**
 * A backfill fits into what was recorded before it, each of its looks has the number, the root and the results that its items give, and its
 * body names just the documents that this takes.
 */
export function* checkBackfill(where: string, { at, body: given, before }: Given, blobs: Blobs): Generator<string> {
  const body = given as unknown as BackfillBody;
  const { scope, from, to, looks } = body;
  const { population } = parseScopeKey(scope);
  const times = [from, to, ...looks.map(({ asOf }) => asOf)];
  for (const time of times) if (!isWritten(time)) yield `${where}: ${time} is no time in UTC with milliseconds`;

  const named = new Set([`rule-set/${body.ruleSet}`]);
  const read = (kind: string, hash: string): unknown => {
    named.add(`${kind}/${hash}`);
    const id = blobs.find(hash);
    return id === null ? null : JSON.parse(blobs.read(id));
  };
  const rules = (read('rule-set', body.ruleSet) as RuleSet | null)?.byPopulation[population] ?? [];
  const claimed: Claimed['looks'][number][] = [];
  for (const { asOf, hold, manifest, items, n, root } of looks) {
    const calls = (read('manifest', manifest) ?? []) as KeptCall[];
    for (const { reply } of calls) if (reply !== null) named.add(`reply/${reply}`);
    const look = { asOf: Date.parse(asOf), hold, calls: calls.length };
    if (items === undefined) {
      claimed.push({ ...look, saw: null });
      continue;
    }
    const seen = (read('items', items) ?? []) as BackfilledItem[];
    claimed.push({ ...look, saw: { items: seen.length, events: seen.filter((item) => item.at !== null).length } });
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
  const { reason, run } = body;
  for (const flaw of unfit({ at, from: Date.parse(from), to: Date.parse(to), reason, run, looks: claimed }, before))
    yield `${where}: ${scope}: ${flaw}`;
  const documents = Object.entries(documentsOf(given));
  const strays = documents.filter(([name, hash]) => !named.delete(name) || !name.endsWith(`/${hash}`));
  for (const [name] of strays) yield `${where}: it names ${name}, which none of its looks needs`;
  for (const name of named) yield `${where}: it does not name ${name}`;
}

const isWritten = (time: string): boolean => !Number.isNaN(Date.parse(time)) && new Date(time).toISOString() === time;
