import { explainUnread } from '#src/population.ts';
import { judgedBy, type Rule } from '#src/rule.ts';
import { stretches, type Waiver, waivedAt } from '#src/waivers/waivers.ts';
import type { Waiver as WindowWaiver } from '#src/window/evidence.ts';
import type { ResultRow, WaivedBy } from './types.ts';
import type { WaiverRecord } from './waiver-record.ts';

/** The waivers under which something stood in [from, to), the earliest first. */
export function waivedIn(
  waivers: readonly Waiver[],
  { rule, scope, item }: { rule: string; scope: string; item: string },
  from: number,
  to: number,
): WaivedBy[] {
  return waivers.flatMap((waiver): WaivedBy[] => {
    const { inForce } = waiver;
    if (inForce === null || inForce.from >= to || inForce.to <= from) return [];
    return waiver.rule === rule && waiver.items.some((each) => each.scope === scope && each.item === item) ? [waivedBy(waiver)] : [];
  });
}

/** The waiver under which a failing result stands at an instant, as its row tells it. */
export function waiverOfResult(
  waivers: readonly Waiver[],
  row: Pick<ResultRow, 'rule' | 'scope' | 'item' | 'result'>,
  at: number,
): { waiver?: WaivedBy } {
  const waiver = row.result === 'fail' ? waivedAt(waivers, row.rule, row.scope, row.item, at) : null;
  return waiver ? { waiver: waivedBy(waiver) } : {};
}

function waivedBy({ id, inForce, reason, steps }: Waiver): WaivedBy {
  const approval = steps.find(({ step, flaw }) => step === 'approved' && flaw === null)!;
  return { id, from: iso(inForce!.from), until: iso(inForce!.to), requestedBy: steps[0]!.name, approvedBy: approval.name, reason };
}

/** What is under waiver when, as the window counts it. */
export const windowWaivers = (waivers: readonly Waiver[]): WindowWaiver[] => stretches(waivers);

/** What holds now of each waiver that somebody approved and that is not over. */
export function waiverResults(
  waivers: ReadonlyMap<string, WaiverRecord>,
  { rules, asOf }: { rules: readonly Rule[]; asOf: number },
): ResultRow[] {
  const rule = rules.find((each) => judgedBy(each).type === 'monitor.waiver');
  if (!rule) return [];
  return [...waivers.values()]
    .filter(({ closed }) => closed === null || closed.at > asOf)
    .map(({ waiver, scope, judgedAt }): ResultRow => {
      const { result, message, severity, unread } = judgedAt(asOf);
      const since = waiver.inForce && asOf >= waiver.inForce.to ? waiver.inForce.to : (waiver.inForce?.from ?? waiver.steps[0]!.at);
      return {
        rule: rule.id,
        item: waiver.id,
        name: waiver.id,
        population: 'monitor.waiver',
        connection: scope.split('/')[0]!,
        scope,
        result,
        message: unread ? explainUnread(unread) : message,
        severity,
        since: iso(since),
        lastSeen: iso(asOf),
        evidence: null,
      };
    });
}

const iso = (instant: number): string => new Date(instant).toISOString();
