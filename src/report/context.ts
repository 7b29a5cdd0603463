import type { Controls } from '#src/controls.ts';
import { controlsAt } from '#src/controls.ts';
import type { Criterion } from '#src/criteria.ts';
import type { EvidenceReading } from '#src/evidence/store.ts';
import type { OutsideStatus } from '#src/outside.ts';
import type { Rule } from '#src/rule.ts';
import { type ToldWaivers, waiversIn } from '#src/waivers/tell.ts';
import type { Thresholds } from '#src/window/facts.ts';
import type { Window } from '#src/window/types.ts';
import { obligationRows } from './obligation-rows.ts';
import { type Observations, observe } from './observations.ts';
import { byRuleAndItem, resultRows } from './results.ts';
import type { ResultRow, RuleReport } from './types.ts';
import { waiverOfResult, waiverResults } from './waived.ts';

export interface Reporting {
  readonly store: EvidenceReading;
  readonly rules: readonly Rule[];
  readonly controls: Controls;
  /** Criteria of the categories in scope. */
  readonly criteria: readonly Criterion[];
  readonly company: string;
  readonly example: boolean;
  readonly declared: {
    readonly from: string;
    readonly to: string;
    readonly timeZone: string;
    readonly start: number;
    readonly end: number;
  } | null;
  readonly timeZone: string;
  readonly thresholds: Thresholds;
  /** The present, epoch ms: nothing after it is known, and what is late is late as of then. */
  readonly asOf: number;
  /** Who signs the ledger, and what of it lies elsewhere. Absent: nothing is known of that here. */
  readonly outside?: () => OutsideStatus;
  readonly parametersAt: (rule: string, instant: number) => Readonly<Record<string, unknown>>;
}

/** What every part of the report reads from; computed once, when it is first asked for. */
export interface Context extends Reporting {
  readonly byId: ReadonlyMap<string, Rule>;
  readonly declaredWindow: Window | null;
  /** The declared window; without one, the last 30 days. */
  readonly shownWindow: Window;
  /** The present alone. */
  readonly presentWindow: Window;
  parametersOf(rule: string): Readonly<Record<string, unknown>>;
  observed(window: Window): Observations;
  rolesOf(rule: string): RuleReport['controls'];
  current(): readonly ResultRow[];
  waivers(): ToldWaivers;
}

export function contextOf(reporting: Reporting): Context {
  const { store, rules, controls, declared, asOf, timeZone } = reporting;
  const parametersOf = (rule: string) => reporting.parametersAt(rule, asOf);
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  const declaredWindow = declared && { from: declared.start, to: declared.end, asOf };
  const kept = new Map<string, Observations>();
  const observed = (window: Window): Observations => {
    const key = `${window.from} ${window.to} ${window.asOf}`;
    return kept.get(key) ?? kept.set(key, observe({ store, rules, parametersOf, timeZone, window })).get(key)!;
  };
  let rows: ResultRow[] | null = null;
  let told: ToldWaivers | null = null;
  const waivers = (): ToldWaivers => (told ??= waiversIn(store));
  const presentWindow = { from: asOf - 1, to: asOf + 1, asOf };
  return {
    ...reporting,
    byId,
    declaredWindow,
    shownWindow: declaredWindow ?? { from: asOf - 30 * 86_400_000, to: asOf, asOf },
    parametersOf,
    observed,
    rolesOf: (rule) =>
      controlsAt(controls, asOf).flatMap(({ id, title, key, supporting }): RuleReport['controls'] => {
        if (key.includes(rule)) return [{ id, title, role: 'key' }];
        return supporting.includes(rule) ? [{ id, title, role: 'supporting' }] : [];
      }),
    current: () =>
      (rows ??= [
        ...resultRows(store, rules, parametersOf, asOf),
        ...obligationRows(observed(presentWindow), byId, asOf),
        ...waiverResults(observed(presentWindow).waivers, { rules, asOf }),
      ]
        .map((row): ResultRow => ({ ...row, ...waiverOfResult(waivers().waivers, row, asOf) }))
        .toSorted(byRuleAndItem)),
    waivers,
    presentWindow,
  };
}
