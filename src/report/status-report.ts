import { controlsAt } from '#src/controls.ts';
import { type EvidenceReading, scopeKey } from '#src/evidence/store.ts';
import { unobservedOf } from '#src/window/evidence.ts';
import { measure, sum } from '#src/window/measure.ts';
import type { Window } from '#src/window/types.ts';
import type { Context } from './context.ts';
import { deviationRows } from './deviation-rows.ts';
import type { Observations } from './observations.ts';
import type { StatusReport } from './types.ts';
import { waiverRows } from './waiver-rows.ts';

/** What the status page and `holdfast status` say. */
export function statusReport(context: Context): StatusReport {
  const { store, declared, declaredWindow, shownWindow, observed, asOf, company, example } = context;
  const current = context.current();
  const live = [...store.held.values()].filter(({ retired }) => !retired);
  const connections = [...new Set(live.map(({ scope }) => scope.connection))].map((id) => {
    const own = live.filter(({ scope }) => scope.connection === id);
    const failing = own.flatMap(({ scope, failing }) =>
      failing ? [{ scope: scopeKey(scope), unread: failing.unread, since: iso(failing.since) }] : [],
    );
    return {
      id,
      lastCycle: store.lastCycle(id),
      scopes: own.length,
      failing,
      items: own.reduce((total, { items }) => total + items.size, 0),
    };
  });
  const results = { pass: 0, fail: 0, 'not-applicable': 0, unobserved: 0, pending: 0 };
  for (const { result } of current) results[result]++;
  const rowsOfWindow = deviationRows(context, shownWindow);
  const open = rowsOfWindow.filter(({ firstGood }) => firstGood === null);
  const { waivers } = waiverRows(context);
  const inForce = waivers.filter(({ state }) => state === 'approved');
  return {
    company,
    example,
    asOf: iso(asOf),
    ledger: store.head(),
    ...outsideIn(context),
    connections,
    retired: [...store.held.values()].flatMap(({ scope, retired }) =>
      retired && retired.at >= shownWindow.from ? [{ scope: scopeKey(scope), at: iso(retired.at), reason: retired.reason }] : [],
    ),
    backfills: store
      .backfills()
      .filter(({ to }) => to > shownWindow.from)
      .map(({ scope, from, to, index, reason }) => ({ scope, from: iso(from), to: iso(to), index, reason })),
    results,
    window:
      declared && declaredWindow
        ? {
            ...declaredWindow,
            firstDay: declared.from,
            lastDay: declared.to,
            timeZone: declared.timeZone,
          }
        : null,
    items: live.reduce((total, { items }) => total + items.size, 0),
    ...(declaredWindow
      ? coverageOfScopes(observed(declaredWindow), store, declaredWindow)
      : {
          observed: null,
          unobserved: null,
        }),
    deviations: {
      total: rowsOfWindow.length,
      open: open.length,
      waived: open.filter((row) => row.waivers.some(({ from, until }) => Date.parse(from) <= asOf && asOf < Date.parse(until))).length,
      overdue: open.filter(({ clock }) => clock === 'overdue').length,
      nextDue:
        open
          .filter(({ clock }) => clock === 'pending')
          .map(({ due }) => due)
          .toSorted()[0] ?? null,
    },
    waivers: {
      requested: waivers.filter(({ state }) => state === 'requested').length,
      inForce: inForce.length,
      expired: waivers.filter(({ state, verdict }) => state === 'expired' && verdict?.result === 'fail').length,
      nextEnd: inForce.map(({ until }) => until).toSorted()[0] ?? null,
    },
    criteria: criteriaReports(context),
  };
}

/** The criteria in scope, with the controls in force that serve them. */
export function criteriaReports({ controls, criteria, rules, asOf }: Context): StatusReport['criteria'] {
  const built = new Set(rules.map(({ id }) => id));
  const inForce = controlsAt(controls, asOf);
  return criteria.map(({ id, says }) => {
    const serving = inForce.filter((control) => (control.criteria as readonly string[]).includes(id));
    return {
      id,
      says,
      controls: serving.map((control) => control.id),
      reached: serving.some(({ key }) => key.some((rule) => built.has(rule))),
    };
  });
}

/** Share of scope-time that was looked at, and how much was not. */
export function coverageOfScopes(
  { evidence }: Observations,
  store: EvidenceReading,
  window: Window,
): Pick<StatusReport, 'observed' | 'unobserved'> {
  const scopes = new Set(
    [...evidence.values()]
      .filter(({ kind }) => kind === 'state')
      .flatMap((each) => each.scopes)
      .filter(({ hold }) => hold !== Infinity),
  );
  const silences = [...scopes].map((scope) => measure(unobservedOf('state', scope, window)));
  const missing = sum(silences).unobserved;
  const whole = (Math.min(window.to, window.asOf) - window.from) * scopes.size;
  const longest = Math.max(0, ...silences.map(({ unobserved }) => unobserved));
  return {
    observed: whole > 0 ? 1 - missing / whole : null,
    unobserved: { hours: Math.round(longest / 3_600_000), gaps: store.gaps(window.from, Math.min(window.to, window.asOf)).length },
  };
}

function outsideIn({ outside }: Context): Pick<StatusReport, 'signed' | 'keyBesideEvidence' | 'anchors'> {
  const { signed = null, keyBesideEvidence = false, anchors = [] } = outside?.() ?? {};
  return {
    signed,
    keyBesideEvidence,
    anchors: anchors.map(({ at, behindSince, fault, ...lag }) => ({
      ...lag,
      at: at === null ? null : iso(at),
      behindSince: behindSince === null ? null : iso(behindSince),
      fault: fault && { at: iso(fault.at), attempts: fault.attempts, reason: fault.reason, mend: fault.mend },
    })),
  };
}

const iso = (instant: number): string => new Date(instant).toISOString();
