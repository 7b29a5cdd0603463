import { readFileSync } from 'node:fs';
import { ruleDocument } from '#src/catalogue/rule-document.ts';
import { type ControlPart, controlVersions } from '#src/controls.ts';
import { documentsOf } from '#src/evidence/entries.ts';
import type { LedgerEntry, RuleSet } from '#src/evidence/store.ts';
import { canonical, sha256 } from '#src/ledger/canonical.ts';
import { byUtf8 } from '#src/ledger/order.ts';
import { ruleFile } from '#src/registry.ts';
import type { Context } from '#src/report/context.ts';
import type { Interval } from '#src/window/types.ts';
import { type Cell, csv } from './csv.ts';
import type { Telling } from './results.ts';
import { ruleInWords } from './rule-words.ts';
import type { CycleFact } from './trail.ts';

/** A rule as cycles recorded it, from the first of them on. */
export interface Recorded {
  readonly version: string;
  readonly parameters: unknown;
  readonly cycle: number;
  readonly from: string;
}

interface Sources {
  readonly cycles: readonly CycleFact[];
  readonly entries: readonly LedgerEntry[];
  /** By hash. */
  readonly ruleSets: ReadonlyMap<string, RuleSet>;
}

/** What was tested, in words, in code and with which parameters: controls, rules, and how they map. */
export async function writeCatalogue(telling: Omit<Telling, 'nameOf'>, { cycles, entries, ruleSets }: Sources): Promise<void> {
  const { spool, context, window } = telling;
  const inForce = (kind: string) => entriesInForce(entries, kind, window);
  await spool.add(
    'catalogue/controls.json',
    read(inForce('controls').map(({ index, asOf, body }) => ({ index, asOf: iso(asOf), sha256: sha256(canonical(body)), body }))),
  );
  const history = historyOf(cycles, telling.backfills, ruleSets);
  await spool.add('catalogue/params-history.json', read(Object.fromEntries(history)));
  const sources = await writeSources(telling, inForce('program'), history);
  await spool.add('catalogue/rules.json', read([...history].map(([id, recorded]) => ruleEntry(context, id, recorded, sources))));
  for (const [id, recorded] of history)
    await spool.add(`catalogue/rules/${id}.md`, ruleInWords(context.byId.get(id), id, recorded, sources));
  await spool.add(
    'catalogue/mapping.csv',
    csv(['control', 'version', 'from', 'to', 'criterion', 'rule', 'role', 'available'], [...mapping(context, window)]),
  );
}

/** The latest entry of a kind when the window begins, and every one that came in it. */
export function entriesInForce(entries: readonly LedgerEntry[], kind: string, { from, to }: Interval): LedgerEntry[] {
  const own = entries.filter((entry) => entry.kind === kind && entry.asOf < to);
  const first = own.findLastIndex(({ asOf }) => asOf <= from);
  return own.slice(Math.max(0, first));
}

/** When each rule came into force, and when its version or its parameters changed. By rule. */
function historyOf(
  cycles: readonly CycleFact[],
  backfills: Telling['backfills'],
  ruleSets: ReadonlyMap<string, RuleSet>,
): Map<string, Recorded[]> {
  const history = new Map<string, Recorded[]>();
  let before = '';
  for (const { index, asOf, ruleSet } of cycles) {
    if (ruleSet === before) continue;
    before = ruleSet;
    for (const [id, { version, parameters }] of Object.entries(ruleSets.get(ruleSet)!.rules)) {
      const known = history.get(id) ?? [];
      const last = known.at(-1);
      if (last?.version === version && canonical(last.parameters) === canonical(parameters)) continue;
      history.set(id, [...known, { version, parameters, cycle: index, from: iso(asOf) }]);
    }
  }
  addBackfilled(history, backfills, ruleSets);
  return new Map([...history].sort(([a], [b]) => byUtf8(a, b)));
}

/** Where in the package the source of a version lies; null where it is not to be had. */
export type SourceOf = (version: string) => string | null;

/**
 * The tree of sources of the latest program that the ledger recorded for the window. Sources of earlier ones are documents by their hash.
 * Where a rule's version is in no program of the ledger, the source at hand stands in if it has that very hash.
 */
async function writeSources(
  { spool }: Omit<Telling, 'nameOf'>,
  programs: readonly LedgerEntry[],
  history: ReadonlyMap<string, readonly Recorded[]>,
): Promise<SourceOf> {
  const places = new Map<string, string>();
  for (const { body } of programs)
    for (const hash of Object.values(documentsOf(body))) places.set(hash, `evidence/${hash.slice(0, 2)}/${hash}.json`);
  const latest = Object.entries(documentsOf(programs.at(-1)?.body));
  for (const [path, hash] of latest.sort(([a], [b]) => byUtf8(a, b))) {
    const text = spool.textOf(places.get(hash)!);
    if (text === null) continue;
    places.set(hash, `catalogue/src/${path}`);
    await spool.add(`catalogue/src/${path}`, text);
  }
  for (const [id, recorded] of history) {
    for (const { version } of recorded) {
      if (places.has(version)) continue;
      const text = sourceAtHand(id);
      if (text === null || sha256(text) !== version) continue;
      const path = `catalogue/src/${ruleFile(id)}`;
      places.set(version, path);
      if (!spool.has(path)) await spool.add(path, text);
    }
  }
  return (version) => places.get(version) ?? null;
}

function sourceAtHand(id: string): string | null {
  try {
    return readFileSync(new URL(`../../${ruleFile(id)}`, import.meta.url), 'utf8');
  } catch {
    return null;
  }
}

/** Rules by which only what was brought later was judged. */
function addBackfilled(history: Map<string, Recorded[]>, backfills: Telling['backfills'], ruleSets: Sources['ruleSets']): void {
  for (const { index, from, ruleSet } of backfills)
    for (const [id, { version, parameters }] of Object.entries(ruleSets.get(ruleSet)!.rules)) {
      const known = history.get(id) ?? [];
      const isKnown = known.some((each) => each.version === version && canonical(each.parameters) === canonical(parameters));
      if (!isKnown) history.set(id, [...known, { version, parameters, cycle: index, from: iso(from) }]);
    }
}

function ruleEntry({ byId }: Context, id: string, recorded: readonly Recorded[], sourceOf: SourceOf): object {
  const rule = byId.get(id);
  const versions = recorded.map(({ version, parameters, cycle, from }) => ({
    sha256: version,
    from,
    cycle,
    parameters,
    source: sourceOf(version),
    ...(sourceOf(version) === null && { reason: 'no program of the ledger holds this source, and the one at hand is another' }),
  }));
  return rule ? { ...ruleDocument(rule), versions } : { id, reason: 'the rule is no longer built; its words are not at hand', versions };
}

/** Which rule tests which control for which criterion, from when until when within the window. */
function* mapping({ controls, byId }: Context, { from, to }: Interval): Generator<Cell[]> {
  const ids = [...new Set(controls.versions.map(({ id }) => id))].sort(byUtf8);
  for (const id of ids)
    for (const part of controlVersions(controls, id, { start: from, end: to }))
      for (const criterion of part.control.criteria)
        for (const [rule, role] of rolesIn(part))
          yield [id, part.version, iso(part.from), iso(part.to), criterion, rule, role, byId.has(rule) ? 'yes' : 'no'];
}

const rolesIn = ({ control: { key, supporting } }: ControlPart): [rule: string, role: string][] => [
  ...key.map((rule): [string, string] => [rule, 'key']),
  ...supporting.map((rule): [string, string] => [rule, 'supporting']),
];

export const read = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
const iso = (instant: number): string => new Date(instant).toISOString();
