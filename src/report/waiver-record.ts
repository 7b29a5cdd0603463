import { type Judgement, judge } from '#src/cycle/evaluate.ts';
import type { Observed } from '#src/population.ts';
import type { ItemRule, Severity } from '#src/rule.ts';
import { waiversIn } from '#src/waivers/tell.ts';
import { covers, type Step, stepOf, type Waiver } from '#src/waivers/waivers.ts';
import { deviations } from '#src/window/deviations.ts';
import type { Evidence } from '#src/window/evidence.ts';
import type { Run } from '#src/window/types.ts';
import { type Asking, deadlinesOf, grouped, type Observation } from './asking.ts';
import { ownRecord } from './own-record.ts';

/** A waiver that somebody approved, as `meta.waiver-approved-and-unexpired` judges it. */
export interface WaiverRecord {
  readonly waiver: Waiver;
  /** Where it is told: the scope of the first item that it names. */
  readonly scope: string;
  readonly closed: Closing | null;
  judgedAt(instant: number): Judgement;
}

interface Closing {
  readonly at: number;
  readonly by: 'mended' | 'withdrawn' | 'renewed';
}

/**
 * What becomes of every waiver that somebody approved, honoured or not: from its approval until it is over. One that expired goes on, and
 * fails, while anything that it names fails and no renewal covers that.
 */
export function observeWaivers(
  rule: ItemRule,
  asking: Asking,
  items: Map<string, Observation[]>,
  evidence: Map<string, Evidence>,
): ReadonlyMap<string, WaiverRecord> {
  const { store, window, rules, parametersOf } = asking;
  const parameters = rule.parameters.parse(parametersOf(rule.id));
  const { waivers } = waiversIn(store);
  const severities = new Map(rules.map(({ id, severity }) => [id, severity]));
  const records = new Map<string, WaiverRecord>();
  const observed: Observation[] = [];
  const began = Math.min(window.asOf, ...[...store.held.values()].map(({ firstLook }) => firstLook ?? Infinity));
  for (const waiver of waivers) {
    const approval = approvalOf(waiver);
    if (!approval || approval.at > window.asOf) continue;
    const closed = closingOf(waiver, waivers, items.get(waiver.rule) ?? [], window.asOf);
    if (closed !== null && closed.at <= approval.at) continue;
    const fields = fieldsOf(waiver, approval, severities.get(waiver.rule) ?? 'high');
    const judgedAt = (instant: number): Judgement => {
      const over =
        closed !== null && closed.at <= instant ? { closedAt: iso(closed.at), closedBy: closed.by } : { closedAt: null, closedBy: null };
      const item = { key: waiver.id, name: waiver.id, ...fields, ...over } as unknown as Observed<object>;
      return judge(rule, { item, firstSeen: approval.at }, instant, parameters);
    };
    const scope = waiver.items[0]!.scope;
    records.set(waiver.id, { waiver, scope, closed, judgedAt });
    observed.push({
      item: waiver.id,
      scopeKey: scope,
      index: approval.index,
      severity: rule.severity as Severity,
      scope: ownRecord(window, Math.min(began, approval.at - 1)),
      runs: runsOf(waiver, approval.at, closed, judgedAt, Math.min(began, approval.at - 1), window.asOf),
    });
  }
  items.set(rule.id, observed);
  evidence.set(rule.id, {
    rule: rule.id,
    kind: 'state',
    severity: rule.severity,
    scopes: [ownRecord(window, began)],
    groups: grouped(observed),
    deadlines: deadlinesOf(asking),
  });
  return records;
}

/** The approval that is honoured, or else the first that was tried. */
const approvalOf = ({ steps }: Waiver): Step | undefined => {
  const approvals = steps.filter(({ step }) => step === 'approved');
  return approvals.find(({ flaw }) => flaw === null) ?? approvals[0];
};

function fieldsOf(waiver: Waiver, approval: Step, severity: Severity) {
  const [request] = waiver.steps;
  const broken = approval.broken === 'request-flawed' ? request!.broken : approval.broken;
  const byNobody = broken === 'nobody' || broken === 'no-approver';
  return {
    rule: waiver.rule,
    severity,
    items: waiver.items.map(({ item }) => item),
    reason: waiver.reason,
    compensating: waiver.compensating,
    requestedBy: request!.by,
    approvedBy: approval.by,
    approvedBySelf: broken === 'own',
    approverHasRole: !byNobody,
    approvedAt: iso(Math.max(approval.at, approval.reached)),
    from: iso(approval.at),
    until: iso(waiver.until),
    flaw: broken === 'own' || byNobody || broken === 'dated-back' ? null : broken,
  };
}

/** When it was to end, or was taken back. */
const endOf = (waiver: Waiver): number =>
  Math.min(waiver.until, ...(['withdrawn', 'refused'] as const).map((step) => stepOf(waiver, step)?.at ?? Infinity));

/** When it was over, as far as is known at `asOf`; null while it is not. */
function closingOf(waiver: Waiver, waivers: readonly Waiver[], observations: readonly Observation[], asOf: number): Closing | null {
  const end = endOf(waiver);
  if (end > asOf) return null;
  if (end < waiver.until) return { at: end, by: 'withdrawn' };
  const closings = waiver.items.map((name): Closing | null => {
    const own = observations.find(({ item, scopeKey }) => item === name.item && scopeKey === name.scope);
    const mended = own ? mendedAfter(own, end, asOf) : end;
    const renewals = waivers.filter(
      (each) => each !== waiver && each.inForce && each.inForce.to > end && covers(each, waiver.rule, name.scope, name.item),
    );
    const renewed = Math.max(end, Math.min(...renewals.map((each) => each.inForce!.from)));
    return mended !== null && mended <= renewed ? { at: mended, by: 'mended' } : renewed <= asOf ? { at: renewed, by: 'renewed' } : null;
  });
  if (closings.includes(null)) return null;
  return (closings as Closing[]).toSorted((a, b) => a.at - b.at).at(-1) ?? null;
}

/** The first evidence at or after an instant that an item fails no more; null while it does. */
function mendedAfter({ item, runs, severity }: Observation, instant: number, asOf: number): number | null {
  const open = deviations({ rule: '', item, severity: severity ?? 'high', runs }, asOf).find(
    ({ began, ended }) => began <= instant && (ended ?? Infinity) > instant,
  );
  return open ? open.ended : instant;
}

/** Nothing before the approval, nothing after it is over; between them what the rule says, exactly from when it says so. */
function runsOf(
  waiver: Waiver,
  from: number,
  closed: Closing | null,
  judgedAt: (instant: number) => Judgement,
  began: number,
  asOf: number,
): Run[] {
  const runs: Run[] = [{ result: 'absent', first: began, last: from - 1 }];
  const end = endOf(waiver);
  const over = closed?.at ?? Infinity;
  const starts = [from, ...(end < over ? [end] : [])].filter((at) => at <= asOf && at < over);
  for (const [i, at] of starts.entries()) {
    const last = Math.min(starts[i + 1] ?? over, asOf + 1) - 1;
    const { result } = judgedAt(at);
    const before = runs.at(-1)!;
    if (before.result === result) runs[runs.length - 1] = { ...before, last: Math.max(at, last) };
    else runs.push({ result: result === 'fail' ? 'fail' : 'pass', first: at, last: Math.max(at, last), changedAt: at });
  }
  if (over <= asOf) runs.push({ result: 'absent', first: over, last: asOf, changedAt: over });
  return runs;
}

const iso = (instant: number): string => new Date(instant).toISOString();
