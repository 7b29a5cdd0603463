import type { Judgement } from '#src/cycle/evaluate.ts';
import type { ToldCycle } from '#src/evidence/replay.ts';
import { contentOf } from '#src/evidence/salted.ts';
import type { ItemState, LoggedChange } from '#src/evidence/state.ts';
import type { EvidenceStore, RuleSet } from '#src/evidence/store.ts';
import { purgedWords } from '#src/evidence/wordless.ts';
import { canonical, sha256 } from '#src/ledger/canonical.ts';
import type { Observed } from '#src/population.ts';
import { type Judged, judgements, type Lens } from './judgements.ts';
import { type Program, programsOf, type RecordedPrograms } from './recorded-programs.ts';

/** Which recorded results are done again: all by default. Instants are half-open, epoch ms. */
export interface Asked {
  readonly rule?: string;
  readonly item?: string;
  readonly from?: number;
  readonly to?: number;
}

export interface Difference {
  readonly index: number;
  readonly asOf: string;
  readonly scope: string;
  readonly item: string;
  readonly rule: string;
  /** What the ledger says, and what the recorded code says of the recorded snapshot. */
  readonly recorded: Judgement | null;
  readonly again: Judgement;
  readonly says: string;
}

/** What came of doing the results again. Every judgement is counted under one of `agree`, `differ` and `notReperformed`. */
export interface Reperformed {
  readonly cycles: number;
  readonly judgements: number;
  readonly evaluations: number;
  readonly agree: number;
  readonly differ: number;
  readonly notReperformed: readonly { readonly reason: string; readonly judgements: number }[];
  readonly programs: readonly { readonly hash: string; readonly cycles: number; readonly onDisk: boolean }[];
  readonly differences: readonly Difference[];
}

/**
 * Does every judgement of a cycle again: the code, the parameters, the snapshot, the instant and the first sight that are recorded for it, and
 * compares it byte for byte. A look may have kept a judgement instead of making it again, before its `until` and of the same snapshot under
 * the same rules: then it must be the one before, and judging again must give the same result.
 */
export async function reperform(store: EvidenceStore, asked: Asked = {}, given?: RecordedPrograms): Promise<Reperformed> {
  using programs = given ?? (await programsOf(store));
  const tally = { judgements: 0, evaluations: 0, agree: 0 };
  const differences: Difference[] = [];
  const skipped = new Map<string, number>();
  /** Items and rules of which it is not known what was held, because it was purged. */
  const forgotten = new Set<string>();

  const settle = (judged: Judged): Judgement | null => {
    const { cycle, scope, item, rule, change, before, must } = judged;
    const recorded = change ? (saidBy(change).get(rule) ?? null) : (before ?? null);
    if (!isAsked(asked, cycle.asOf, rule, item.key)) return recorded;
    tally.judgements++;
    const skip = (reason: string) => void skipped.set(reason, (skipped.get(reason) ?? 0) + 1);
    const own = `${item.id} ${rule}`;
    if (change && saidBy(change).get(rule)?.message === purgedWords) {
      forgotten.add(own);
      skip('what was said then was purged');
      return null;
    }
    const again = judged.fresh();
    if (typeof again === 'string') {
      skip(again);
      return recorded;
    }
    const says = flawIn(recorded, again, before, must, change !== undefined);
    const unsure = forgotten.delete(own) && says !== null;
    if (unsure) {
      skip('what was held before was purged, so it cannot be told whether it was kept');
      return recorded;
    }
    if (says === null) tally.agree++;
    else
      differences.push({
        index: cycle.index,
        asOf: new Date(cycle.asOf).toISOString(),
        scope: scope.key,
        item: item.key,
        rule,
        recorded,
        again,
        says,
      });
    return recorded;
  };
  const lens = lenses(programs, () => tally.evaluations++);
  const { look } = judgements(lens, itemsIn(store), settle);
  let cycles = 0;
  for (const cycle of store.told()) {
    if (cycle.asOf >= (asked.to ?? Infinity)) break;
    cycles++;
    programs.count(cycle.index);
    look(cycle);
  }
  return {
    cycles,
    ...tally,
    differ: differences.length,
    notReperformed: [...skipped].map(([reason, judgements]) => ({ reason, judgements })),
    programs: programs.used(),
    differences,
  };
}

/** Why a recorded judgement is not what judging again gives, or null. */
function flawIn(
  recorded: Judgement | null,
  again: Judgement,
  before: Judgement | undefined,
  must: boolean,
  changed: boolean,
): string | null {
  if (recorded === null) return 'there is no such judgement in the record';
  const text = canonical(recorded);
  if (text === canonical(again)) return null;
  if (must) return changed ? 'judged again it is another' : 'it should have been judged again, and would have been another';
  if (!before || text !== canonical(before)) return 'it is neither what was held nor what judging again gives';
  return recorded.result === again.result ? null : 'what was kept is no longer what judging again gives';
}

function isAsked({ rule, item, from = -Infinity }: Asked, asOf: number, ruleId: string, key: string): boolean {
  return asOf >= from && (rule === undefined || rule === ruleId) && (item === undefined || item === key);
}

/** The rules in force in a cycle, with the code that was recorded last before it. */
function lenses(programs: RecordedPrograms, count: () => void): (cycle: ToldCycle) => Lens {
  const made = new Map<string, Lens>();
  return ({ index, ruleSet, ruleSetHash }) => {
    const program = programs.at(index);
    const key = `${ruleSetHash} ${typeof program === 'string' ? program : program.hash}`;
    return made.get(key) ?? made.set(key, lensOver(ruleSet, ruleSetHash, program, count)).get(key)!;
  };
}

/** A rule set with the code that runs it, or why there is none. `count` is told of each run of a rule. */
export function lensOver(ruleSet: RuleSet, ruleSetHash: string, program: Program | string, count: () => void): Lens {
  const rules = new Map(typeof program === 'string' ? [] : program.rules.map((rule) => [rule.id, rule]));
  return {
    ruleSetHash,
    program: typeof program === 'string' ? null : counting(program, count),
    rulesOf: (population) => ruleSet.byPopulation[population] ?? [],
    rule(id) {
      if (typeof program === 'string') return { why: program };
      const { version, parameters } = ruleSet.rules[id] ?? {};
      const rule = rules.get(id);
      if (!rule || program.versionOf(id) !== version) return { why: 'the recorded program has no such version of the rule' };
      return { rule, parameters };
    },
  };
}

function counting(program: Program, count: () => void): Program {
  const { judging, joining } = program;
  return {
    ...program,
    judging: { judge: (...of) => (count(), judging.judge(...of)) },
    joining: { ...joining, verdictsOver: (...of) => (count(), joining.verdictsOver(...of)) },
  };
}

const words = new WeakMap<LoggedChange, ReadonlyMap<string, Judgement>>();

/** What a change says, by rule. */
function saidBy(change: LoggedChange): ReadonlyMap<string, Judgement> {
  const known = words.get(change);
  if (known) return known;
  const said = new Map(change.judgements().map((judgement) => [judgement.rule, judgement]));
  words.set(change, said);
  return said;
}

/** Reads the snapshots of items, each once while it is what is held; null where it was purged. */
export function itemsIn(store: EvidenceStore): (item: ItemState) => Observed<object> | null {
  const read = new Map<number, { hash: string; item: Observed<object> | null }>();
  return ({ id, snapshot: { hash } }) => {
    const known = read.get(id);
    if (known?.hash === hash) return known.item;
    const text = textOf(store, hash);
    const item = text === null ? null : (JSON.parse(text) as Observed<object>);
    read.set(id, { hash, item });
    return item;
  };
}

/** What a document says, without its salt; null where it was purged. Throws where it does not have its hash. */
export function textOf(store: EvidenceStore, hash: string): string | null {
  const text = store.document(hash);
  if (text !== null && sha256(text) !== hash) throw new Error(`the document ${hash} does not have its hash`);
  return text === null ? null : contentOf(text);
}
