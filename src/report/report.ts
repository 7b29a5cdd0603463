import type { Criterion } from '#src/criteria.ts';
import { explainUnread } from '#src/population.ts';
import { inspectedBy, judgedBy, type Rule } from '#src/rule.ts';
import { type Controls, controlsAt, controlVersions } from '#src/controls.ts';
import { type EvidenceStore, type HeldScope, parseScopeKey, scopeKey } from '#src/evidence/store.ts';
import { conclusions, type Conclusion, type Control as WindowControl } from '#src/window/conclusions.ts';
import { deviations } from '#src/window/deviations.ts';
import { type Evidence, owedIn, unobservedOf } from '#src/window/evidence.ts';
import { factsOf, type RuleFacts, type Thresholds } from '#src/window/facts.ts';
import { measure, ratios, sum } from '#src/window/measure.ts';
import { controlStrip, strip } from '#src/window/strip.ts';
import { timeline } from '#src/window/timeline.ts';
import type { Window } from '#src/window/types.ts';
import { deadlinesOf, type Observation, observe, type Observations } from './observations.ts';
import { resultRows, worst } from './results.ts';
import type { ControlReport, ControlRule, DeviationRow, ItemReport, Report, ResultRow, RuleItem, RuleReport, StatusReport } from './types.ts';
import { inOneLine } from './words.ts';

export interface Reporting {
  readonly store: EvidenceStore;
  readonly rules: readonly Rule[];
  readonly controls: Controls;
  /** Criteria of the categories in scope. */
  readonly criteria: readonly Criterion[];
  readonly company: string;
  readonly example: boolean;
  readonly declared: { readonly from: string; readonly to: string; readonly timeZone: string; readonly start: number; readonly end: number } | null;
  readonly timeZone: string;
  readonly thresholds: Thresholds;
  /** The present, epoch ms: nothing after it is known, and what is late is late as of then. */
  readonly asOf: number;
  readonly parametersAt: (rule: string, instant: number) => Readonly<Record<string, unknown>>;
}

/** Reads the evidence as it stands. Everything is computed once, when it is first asked for. */
export function openReport(reporting: Reporting): Report {
  const { store, rules, controls, declared, asOf, thresholds } = reporting;
  const parametersOf = (rule: string) => reporting.parametersAt(rule, asOf);
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  const declaredWindow: Window | null = declared && { from: declared.start, to: declared.end, asOf };
  /** Without a declared window, rules and items are shown over the last 30 days. */
  const shownWindow = declaredWindow ?? { from: asOf - 30 * 86_400_000, to: asOf, asOf };

  const observed = new Map<string, Observations>();
  const observe_ = (window: Window): Observations => {
    const key = `${window.from} ${window.to} ${window.asOf}`;
    if (!observed.has(key)) observed.set(key, observe({ store, rules, parametersOf, timeZone: reporting.timeZone, window }));
    return observed.get(key)!;
  };
  const rolesOf = (rule: string): RuleReport['controls'] =>
    controlsAt(controls, asOf).flatMap(({ id, title, key, supporting }): RuleReport['controls'] => {
      if (key.includes(rule)) return [{ id, title, role: 'key' }];
      return supporting.includes(rule) ? [{ id, title, role: 'supporting' }] : [];
    });

  let rows: ResultRow[] | null = null;
  const currentRows = () => (rows ??= [...resultRows(store, rules, parametersOf, asOf), ...obligationRows(observe_({ from: asOf - 1, to: asOf, asOf }), byId, asOf)].toSorted(byRuleAndItem));

  function controlReports(window: Window): ControlReport[] {
    const { evidence } = observe_(window);
    const inForce = windowControls(controls, window);
    const concluded = conclusions(inForce, evidence, window, { thresholds });
    const worded = new Map([...controlsAt(controls, window.from), ...controlsAt(controls, Math.min(window.to, asOf) - 1)].map((control) => [control.id, control]));
    return inForce.flatMap((control, i): ControlReport[] => {
      const words = worded.get(control.id) ?? controls.versions.findLast(({ id, control }) => id === control?.id)?.control;
      if (!words) return [];
      const conclusion = concluded[i]!;
      const ruleOf = (id: string): ControlRule => controlRule(id, byId.get(id), evidence.get(id), conclusion, window, thresholds);
      const { title, statement, owner, frequency, type, criteria } = words;
      const reports = (role: 'key' | 'supporting') => [...new Set(control.versions.flatMap((version) => version[role]))].map(ruleOf);
      const key = reports('key');
      const drawn = key.some(({ available }) => available) ? controlStrip(control, evidence, window) : null;
      const coverages = key.flatMap(({ facts }) => (facts ? coverageOf(facts) : []));
      return [
        {
          ...{ id: control.id, family: control.id.split('-')[0]!, title, statement, owner, frequency, type: type.join(', '), criteria },
          ...{ conclusion: conclusion.conclusion, grade: conclusion.grade, says: inOneLine(conclusion), tally: conclusion.deviations, shortfalls: conclusion.shortfalls },
          ...{ observed: coverages.length > 0 ? Math.min(...coverages) : null, strip: drawn, key, supporting: reports('supporting'), detail: conclusion },
        },
      ];
    });
  }

  function deviationRows(window: Window): DeviationRow[] {
    const { items } = observe_(window);
    const deadlines = deadlinesOf({ parametersOf });
    const found = [...items].flatMap(([rule, observations]) =>
      observations.flatMap((observation): DeviationRow[] => {
        if (!observation.runs.some(({ result }) => result === 'fail')) return [];
        const { item, scopeKey: scope, runs, severity = byId.get(rule)!.severity } = observation;
        return deviations({ rule, item, severity, runs, deadlines }, window.asOf)
          .filter(({ began, ended }) => began < window.to && (ended ?? Infinity) > window.from)
          .map((deviation) => {
            const { name, message } = wordsOf(store, byId.get(rule)!, scope, item, deviation.firstBad);
            return {
              ...{ id: deviation.id, rule, item, name, scope, severity, message, controls: rolesOf(rule).map(({ id }) => id) },
              ...{ lastGood: isoOrNull(deviation.lastGood), firstBad: iso(deviation.firstBad), lastBad: iso(deviation.lastBad), firstGood: isoOrNull(deviation.firstGood) },
              ...{ closedBy: deviation.closedBy, atLeast: seconds(deviation.minDuration), atMost: deviation.maxDuration === null ? null : seconds(deviation.maxDuration) },
              ...{ due: iso(deviation.due), clock: deviation.remediated, carriedIn: deviation.began < window.from },
            };
          });
      }),
    );
    return found.toSorted((a, b) => (a.firstBad < b.firstBad ? -1 : a.firstBad > b.firstBad ? 1 : a.id < b.id ? -1 : 1));
  }

  function ruleReport(id: string): RuleReport | null {
    const rule = byId.get(id);
    if (!rule) return null;
    const window = shownWindow;
    const { evidence, items } = observe_(window);
    const own = evidence.get(id);
    const facts = own ? factsOf(own, window, window, thresholds, []) : null;
    const current = new Map(currentRows().filter((row) => row.rule === id).map((row) => [`${row.scope} ${row.item}`, row]));
    const stated = (items.get(id) ?? []).map((observation) => ruleItem(rule, observation, window, store, current.get(`${observation.scopeKey} ${observation.item}`)));
    const events = own?.kind === 'event' || own?.kind === 'cadence' ? [...current.values()].map((row): RuleItem => ({ ...row, segments: [], measure: measure([]) })) : [];
    return {
      ...{ rule, parameters: rule.parameters.parse(parametersOf(id)) as Record<string, unknown>, controls: rolesOf(id), facts },
      strip: own ? strip([{ evidence: own, from: window.from, to: window.to }], window) : null,
      items: [...stated, ...events].toSorted((a, b) => b.measure.failed - a.measure.failed || worst(a.result) - worst(b.result) || b.measure.unobserved - a.measure.unobserved || (a.name < b.name ? -1 : 1)),
      unread: [...store.held.values()].filter(({ scope, lastLook, retired }) => !retired && lastLook === null && inspectedBy(rule).some(({ population }) => population.type === scope.population)).map((scope) => ({ scope: scopeKey(scope.scope), reason: scope.failing ? explainUnread(scope.failing.unread) : 'not read yet' })),
      obligations: facts?.obligations ?? [],
    };
  }

  function itemReport(id: string, scope: string, item: string): ItemReport | null {
    const rule = byId.get(id);
    const held = store.held.get(scope);
    if (!rule || !held) return null;
    const observation = observe_(shownWindow).items.get(id)?.find((each) => each.item === item && each.scopeKey === scope);
    const log = store.history(scope, item);
    if (!observation && log.length === 0) return null;
    const records = log.map((record) => {
      const judgement = record.judgements.find((each) => each.rule === id);
      return { ...record, result: record.snapshot === null ? ('gone' as const) : (judgement?.result ?? ('unobserved' as const)), message: record.snapshot === null ? 'No longer in the population.' : (judgement?.message ?? 'Not judged by this rule then.') };
    });
    const changed = records.filter((record, i) => i === 0 || record.result !== records[i - 1]!.result || record.snapshotHash !== records[i - 1]!.snapshotHash);
    const segments = observation ? timeline(observation.runs, observation.scope, shownWindow) : [];
    const time = measure(segments);
    const latest = store.lastLookIndex(scope);
    const row = currentRows().find((each) => each.rule === id && each.scope === scope && each.item === item);
    const name = row?.name ?? nameIn(log) ?? item;
    return {
      ...{ rule, scope: parseScopeKey(scope), item, name, segments, measure: time, records: changed },
      result: row ?? goneRow(rule, held, item, name, changed.at(-1)?.message ?? 'No longer in the population.'),
      ratios: segments.length > 0 ? ratios(time) : null,
      gaps: store.gaps(shownWindow.from, asOf).filter((gap) => gap.scope === scope),
      deviations: deviationRows(shownWindow).filter((each) => each.rule === id && each.scope === scope && each.item === item),
      calls: latest === null ? [] : store.calls(latest, scope).map(({ operation, parameters, page, status, requestId, failure }) => ({ operation, parameters, page, status, requestId, failure: failure ? `${failure.reason} ${failure.code}` : null })),
    };
  }

  function status(): StatusReport {
    const current = currentRows();
    const live = [...store.held.values()].filter(({ retired }) => !retired);
    const connections = [...new Set(live.map(({ scope }) => scope.connection))].map((id) => {
      const own = live.filter(({ scope }) => scope.connection === id);
      const failing = own.flatMap(({ scope, failing }) => (failing ? [{ scope: scopeKey(scope), unread: failing.unread, since: iso(failing.since) }] : []));
      return { id, lastCycle: store.lastCycle(id), scopes: own.length, failing, items: own.reduce((total, { items }) => total + items.size, 0) };
    });
    const results = { pass: 0, fail: 0, 'not-applicable': 0, unobserved: 0, pending: 0 };
    for (const { result } of current) results[result]++;
    const rowsOfWindow = deviationRows(shownWindow);
    const open = rowsOfWindow.filter(({ firstGood }) => firstGood === null);
    const keyRules = new Set(rules.map(({ id }) => id));
    const inForce = controlsAt(controls, asOf);
    return {
      ...{ company: reporting.company, example: reporting.example, asOf: iso(asOf), ledger: store.head(), connections, results },
      window: declared && declaredWindow ? { ...declaredWindow, firstDay: declared.from, lastDay: declared.to, timeZone: declared.timeZone } : null,
      items: live.reduce((total, { items }) => total + items.size, 0),
      ...(declaredWindow ? coverageOfScopes(observe_(declaredWindow), store, declaredWindow) : { observed: null, unobserved: null }),
      deviations: { total: rowsOfWindow.length, open: open.length, overdue: open.filter(({ clock }) => clock === 'overdue').length, nextDue: open.filter(({ clock }) => clock === 'pending').map(({ due }) => due).toSorted()[0] ?? null },
      criteria: reporting.criteria.map(({ id, says }) => {
        const serving = inForce.filter(({ criteria }) => (criteria as readonly string[]).includes(id));
        return { id, says, controls: serving.map((control) => control.id), reached: serving.some(({ key }) => key.some((rule) => keyRules.has(rule))) };
      }),
    };
  }

  return {
    status,
    results: ({ rule, item, at } = {}) => (at === undefined ? currentRows() : resultRows(store, rules, (id) => reporting.parametersAt(id, at), at)).filter((row) => (rule === undefined || row.rule === rule) && (item === undefined || row.item === item)),
    controls: (window) => (window ?? declaredWindow ? controlReports((window ?? declaredWindow)!) : []),
    deviations: (window) => deviationRows(window ?? shownWindow),
    rule: ruleReport,
    item: itemReport,
  };
}

function windowControls(controls: Controls, { from, to }: Window): WindowControl[] {
  const ids = [...new Set(controls.versions.map(({ id }) => id))].toSorted();
  return ids.map((id) => ({ id, versions: controlVersions(controls, id, { start: from, end: to }).map((part) => ({ from: part.from, to: part.to, key: part.control.key, supporting: part.control.supporting })) }));
}

function controlRule(id: string, rule: Rule | undefined, evidence: Evidence | undefined, conclusion: Conclusion, window: Window, thresholds: Thresholds): ControlRule {
  if (!rule || !evidence) return { id, title: rule?.title ?? id, available: false, facts: null, strip: null };
  const parts = conclusion.parts.filter(({ key, supporting }) => [...key, ...supporting].some((facts) => facts.rule === id));
  const facts: RuleFacts | null = parts.length === 1 ? ([...parts[0]!.key, ...parts[0]!.supporting].find((each) => each.rule === id) ?? null) : factsOf(evidence, window, window, thresholds, []);
  return { id, title: rule.title, available: true, facts, strip: strip([{ evidence, from: window.from, to: window.to }], window) };
}

function coverageOf({ measure: time, scopeCoverage }: RuleFacts): number[] {
  const own = time ? ratios(time).coverage : null;
  return [own, scopeCoverage].filter((share) => share !== null);
}

function ruleItem(rule: Rule, observation: Observation, window: Window, store: EvidenceStore, row: ResultRow | undefined): RuleItem {
  const segments = timeline(observation.runs, observation.scope, window);
  const { scopeKey: scope, item } = observation;
  const gone = row ?? goneRow(rule, store.held.get(scope)!, item, nameIn(store.history(scope, item)) ?? item, 'No longer in the population.');
  return { scope, item, name: gone.name, result: gone.result, message: gone.message, segments, measure: measure(segments) };
}

/** Share of scope-time that was looked at, and how much was not. */
function coverageOfScopes({ evidence }: Observations, store: EvidenceStore, window: Window): Pick<StatusReport, 'observed' | 'unobserved'> {
  const scopes = new Set([...evidence.values()].filter(({ kind }) => kind === 'state').flatMap((each) => each.scopes));
  const silences = [...scopes].map((scope) => measure(unobservedOf('state', scope, window)));
  const missing = sum(silences).unobserved;
  const whole = (Math.min(window.to, window.asOf) - window.from) * scopes.size;
  const longest = Math.max(0, ...silences.map(({ unobserved }) => unobserved));
  return { observed: whole > 0 ? 1 - missing / whole : null, unobserved: { hours: Math.round(longest / 3_600_000), gaps: store.gaps(window.from, Math.min(window.to, window.asOf)).length } };
}

/** What is owed at present under the rules with a schedule: the latest obligation of each subject. */
function obligationRows({ evidence }: Observations, byId: ReadonlyMap<string, Rule>, asOf: number): ResultRow[] {
  return [...evidence.values()].flatMap((own) =>
    own.kind !== 'cadence'
      ? []
      : own.owed.flatMap((owed): ResultRow[] => {
          const latest = owedIn(owed, { from: asOf - 1, to: asOf, asOf }).at(-1);
          if (!latest) return [];
          const rule = byId.get(own.rule)!;
          const [connection = '', account = ''] = owed.subject.split('/');
          const doneBefore = owed.performances.some(({ at, result }) => result === 'pass' && at <= asOf);
          const result = { met: 'pass', late: 'pass', missed: 'fail', unobserved: 'unobserved', 'not-yet-due': doneBefore ? 'pass' : 'pending' } as const;
          const says = { met: 'Done in time', late: 'Done late', missed: 'Overdue', unobserved: 'What was done may have gone unseen', 'not-yet-due': doneBefore ? 'Done in time before' : 'Not done yet' };
          return [
            {
              ...{ rule: rule.id, item: owed.subject, name: owed.subject, population: judgedBy(rule).type, connection, scope: `${connection}/${account}` },
              ...{ result: result[latest.state], message: `${says[latest.state]}; due ${iso(latest.due)}.`, severity: rule.severity, since: iso(latest.from), lastSeen: iso(asOf), evidence: null },
              ...(latest.state === 'unobserved' && { reason: { reason: 'incomplete', call: judgedBy(rule).type, needs: '', detail: 'the source was not read for longer than it remembers' } }),
            },
          ];
        }),
  );
}

const byRuleAndItem = (a: ResultRow, b: ResultRow): number => (a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : a.scope < b.scope ? -1 : a.scope > b.scope ? 1 : a.item < b.item ? -1 : 1);

/** The name and the message at the look that first saw a deviation. */
function wordsOf(store: EvidenceStore, rule: Rule, scope: string, item: string, at: number): { name: string; message: string } {
  if (judgedBy(rule).type === 'monitor.stream') {
    const gap = store.gaps(at - 1, at + 1).find((each) => each.scope === item);
    return { name: item, message: gap?.unread ? `Not read completely: ${explainUnread(gap.unread)}.` : 'Not read completely: the monitor did not run.' };
  }
  const log = store.history(scope, item);
  const record = log.findLast(({ asOf }) => asOf <= at);
  return { name: nameIn(log) ?? item, message: record?.judgements.find((judgement) => judgement.rule === rule.id)?.message ?? '' };
}

function nameIn(log: readonly { snapshot: string | null }[]): string | null {
  const snapshot = log.findLast((record) => record.snapshot !== null)?.snapshot;
  return snapshot ? (JSON.parse(snapshot) as { name: string }).name : null;
}

const goneRow = (rule: Rule, { scope, lastLook }: HeldScope, item: string, name: string, message: string): ResultRow => ({
  ...{ rule: rule.id, item, name, population: scope.population, connection: scope.connection, scope: scopeKey(scope), result: 'not-applicable', message, severity: rule.severity },
  ...{ since: null, lastSeen: isoOrNull(lastLook), evidence: null },
});

const iso = (instant: number): string => new Date(instant).toISOString();
const isoOrNull = (instant: number | null): string | null => (instant === null ? null : iso(instant));
const seconds = (ms: number): number => Math.round(ms / 1000);
