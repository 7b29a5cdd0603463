import * as collecting from '#src/cycle/collect.ts';
import { judge } from '#src/cycle/evaluate.ts';
import * as joining from '#src/cycle/members.ts';
import type { EvidenceStore } from '#src/evidence/store.ts';
import { sha256 } from '#src/ledger/canonical.ts';
import type { Program, RecordedPrograms } from '#src/replay/recorded-programs.ts';
import { type Reperformed, reperform } from '#src/replay/reperform.ts';
import { rules } from './rules.ts';

const program: Program = { hash: 'simulated', rules, collectors: [], judging: { judge }, joining, collecting, versionOf: sha256 };

/** Does the results of one rule again, over all there is. The simulated rules stand for the program that a ledger would name. */
export async function reperformRule(store: EvidenceStore, rule: string): Promise<Reperformed> {
  using programs: RecordedPrograms = {
    at: () => program,
    count: () => undefined,
    used: () => [],
    [Symbol.dispose]: () => undefined,
  };
  return reperform(store, { rule }, programs);
}
