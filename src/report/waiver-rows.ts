import { type Step, stateAt } from '#src/waivers/waivers.ts';
import { lastSeen } from '#src/window/last-seen.ts';
import type { Context } from './context.ts';
import { nameIn } from './deviation-rows.ts';
import type { WaiverRow, WaiversReport } from './types.ts';

/** Every waiver that was asked for, the latest first, with what becomes of what it names. */
export function waiverRows(context: Context): WaiversReport {
  const { waivers, strays } = context.waivers();
  const records = context.observed(context.presentWindow).waivers;
  const failing = failingNow(context);
  const rows = waivers.map((waiver): WaiverRow => {
    const { id, rule, reason, compensating, until, renews, renewedBy, inForce, steps } = waiver;
    const [request] = steps;
    const decided = steps.find(({ step, flaw }) => (step === 'approved' || step === 'refused') && flaw === null);
    const withdrawn = steps.find(({ step, flaw }) => step === 'withdrawn' && flaw === null);
    const items = waiver.items.map((name) => ({
      ...name,
      name: nameOfItem(context, name.scope, name.item),
      failing: failing(rule, name.scope, name.item),
    }));
    const judged = records.get(id)?.judgedAt(context.asOf);
    return {
      id,
      rule,
      items,
      failing: items.filter((item) => item.failing).length,
      state: stateAt(waiver, context.asOf),
      reason,
      compensating,
      requestedBy: request!.name,
      requestedAt: iso(request!.at),
      decidedBy: decided?.name ?? null,
      decidedAt: decided ? iso(decided.at) : null,
      from: inForce ? iso(inForce.from) : null,
      until: iso(until),
      endedAt: withdrawn ? iso(withdrawn.at) : null,
      renews,
      renewedBy,
      verdict: judged ? { result: judged.result, message: judged.message } : null,
      steps: steps.map(stepRow),
    };
  });
  return { waivers: rows.toReversed(), strays: strays.map(({ index, at, says }) => ({ index, at: iso(at), says })) };
}

const stepRow = ({ step, at, by, name, via, index, reason, flaw }: Step): WaiverRow['steps'][number] => ({
  step,
  at: iso(at),
  by,
  name,
  way: via.way,
  index,
  reason,
  flaw,
});

const nameOfItem = ({ store }: Context, scope: string, item: string): string =>
  store.held.get(scope)?.items.get(item)?.item.name ?? nameIn(store.history(scope, item)) ?? item;

/** What fails now; of states also what failed when it was last seen. */
function failingNow({ current, observed, presentWindow }: Context): (rule: string, scope: string, item: string) => boolean {
  const failed = new Set(current().flatMap(({ rule, scope, item, result }) => (result === 'fail' ? [`${rule}\n${scope}\n${item}`] : [])));
  const { items } = observed(presentWindow);
  return (rule, scope, item) => {
    if (failed.has(`${rule}\n${scope}\n${item}`)) return true;
    const own = items.get(rule)?.find((each) => each.item === item && each.scopeKey === scope);
    return own !== undefined && lastSeen(own.runs) === 'fail';
  };
}

const iso = (instant: number): string => new Date(instant).toISOString();
