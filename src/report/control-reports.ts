import { type Controls, controlsAt, controlVersions } from '#src/controls.ts';
import { type Backfill, parseScopeKey } from '#src/evidence/store.ts';
import { inspectedBy, type Rule } from '#src/rule.ts';
import { type Conclusion, type Control, conclusions } from '#src/window/conclusions.ts';
import type { Evidence, Waiver } from '#src/window/evidence.ts';
import { factsOf, type RuleFacts, type Thresholds } from '#src/window/facts.ts';
import { ratios } from '#src/window/measure.ts';
import { controlStrip, ruleStrip, type Strip } from '#src/window/strip.ts';
import type { Window } from '#src/window/types.ts';
import type { Context } from './context.ts';
import type { ControlReport, ControlRule } from './types.ts';
import { windowWaivers } from './waived.ts';
import { inOneLine } from './words.ts';

/** What the rules of each control say over a window, by id. */
export function controlReports(
  { observed, controls, thresholds, asOf, byId, store, waivers: told }: Context,
  window: Window,
): ControlReport[] {
  const { evidence } = observed(window);
  const inForce = windowControls(controls, window);
  const waivers = windowWaivers(told().waivers);
  const concluded = conclusions(inForce, evidence, window, { thresholds, waivers });
  const worded = new Map(
    [...controlsAt(controls, window.from), ...controlsAt(controls, Math.min(window.to, asOf) - 1)].map((control) => [control.id, control]),
  );
  const strips = new Map<string, Strip>();
  const stripOf = (rule: string): Strip | undefined => {
    const own = evidence.get(rule);
    return own && (strips.get(rule) ?? strips.set(rule, ruleStrip(own, window)).get(rule)!);
  };
  return inForce.flatMap((control, i): ControlReport[] => {
    const words = worded.get(control.id) ?? controls.versions.findLast(({ id, control }) => id === control?.id)?.control;
    if (!words) return [];
    const conclusion = concluded[i]!;
    const ruleOf = (id: string): ControlRule =>
      controlRule(id, byId.get(id), evidence.get(id), stripOf(id), conclusion, window, { thresholds, waivers });
    const { title, statement, owner, frequency, type, criteria } = words;
    const reports = (role: 'key' | 'supporting') => [...new Set(control.versions.flatMap((version) => version[role]))].map(ruleOf);
    const key = reports('key');
    const brought = store.backfills().filter(({ from, to }) => from < window.to && to > window.from);
    const rests = control.versions.some((version) =>
      [...version.key, ...version.supporting].some((id) => readsFrom(byId.get(id), brought)),
    );
    const drawn = key.some(({ available }) => available) ? controlStrip(control, stripOf, window) : null;
    const coverages = key.flatMap(({ facts }) => (facts ? coverageOf(facts) : []));
    return [
      {
        id: control.id,
        family: control.id.split('-')[0]!,
        title,
        statement,
        owner,
        frequency,
        type: type.join(', '),
        criteria,
        conclusion: conclusion.conclusion,
        grade: conclusion.grade,
        says: inOneLine(conclusion, rests),
        backfilled: rests,
        tally: conclusion.deviations,
        shortfalls: conclusion.shortfalls,
        observed: coverages.length > 0 ? Math.min(...coverages) : null,
        strip: drawn,
        key,
        supporting: reports('supporting'),
        detail: conclusion,
      },
    ];
  });
}

/** Whether a rule looks at a population of which looks were brought later or corrected. */
const readsFrom = (rule: Rule | undefined, brought: readonly Backfill[]): boolean =>
  rule !== undefined &&
  inspectedBy(rule).some(({ population }) => brought.some(({ scope }) => parseScopeKey(scope).population === population.type));

function windowControls(controls: Controls, { from, to }: Window): Control[] {
  const ids = [...new Set(controls.versions.map(({ id }) => id))].toSorted();
  return ids.map((id) => ({
    id,
    versions: controlVersions(controls, id, { start: from, end: to }).map((part) => ({
      from: part.from,
      to: part.to,
      key: part.control.key,
      supporting: part.control.supporting,
    })),
  }));
}

function controlRule(
  id: string,
  rule: Rule | undefined,
  evidence: Evidence | undefined,
  strip: Strip | undefined,
  conclusion: Conclusion,
  window: Window,
  { thresholds, waivers }: { thresholds: Thresholds; waivers: readonly Waiver[] },
): ControlRule {
  if (!rule || !evidence || !strip) return { id, title: rule?.title ?? id, available: false, facts: null, strip: null };
  const parts = conclusion.parts.filter(({ key, supporting }) => [...key, ...supporting].some((facts) => facts.rule === id));
  const facts: RuleFacts | null =
    parts.length === 1
      ? ([...parts[0]!.key, ...parts[0]!.supporting].find((each) => each.rule === id) ?? null)
      : factsOf(evidence, window, window, thresholds, waivers);
  return { id, title: rule.title, available: true, facts, strip };
}

function coverageOf({ measure: time, scopeCoverage }: RuleFacts): number[] {
  const own = time ? ratios(time).coverage : null;
  return [own, scopeCoverage].filter((share) => share !== null);
}
