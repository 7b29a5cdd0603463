import type { EvidenceReading } from '#src/evidence/store.ts';
import { explainUnread } from '#src/population.ts';
import { judgedBy, type Rule } from '#src/rule.ts';
import { type Deviation, deviations } from '#src/window/deviations.ts';
import type { Window } from '#src/window/types.ts';
import { deadlinesOf } from './asking.ts';
import type { Context } from './context.ts';
import { type Corrected, correctedBeside, correctedIn } from './corrected.ts';
import type { Observations } from './observations.ts';
import type { DeviationRow } from './types.ts';
import { waivedIn } from './waived.ts';

/** Every deviation of a STATE rule that was open at some time of the window, oldest first. */
export function deviationRows({ observed, parametersOf, byId, rolesOf, store, waivers }: Context, window: Window): DeviationRow[] {
  const { items, waivers: records } = observed(window);
  const deadlines = deadlinesOf({ parametersOf });
  const brought = store.backfills();
  const found = [...items].flatMap(([rule, observations]) =>
    observations.flatMap(({ item, scopeKey: scope, runs, severity = byId.get(rule)!.severity }): Found[] =>
      runs.some(({ result }) => result === 'fail')
        ? deviations({ rule, item, severity, runs, deadlines }, window.asOf)
            .filter(({ began, ended }) => began < window.to && (ended ?? Infinity) > window.from)
            .map((deviation) => ({ rule: byId.get(rule)!, scope, deviation }))
        : [],
    ),
  );
  const words = wordsOf(store, found, records);
  const rows = found.map(({ rule: { id: rule }, scope, deviation }, i): DeviationRow => {
    const { item, severity } = deviation;
    return {
      id: deviation.id,
      count: 1,
      rule,
      item,
      name: words[i]!.name,
      scope,
      severity,
      message: words[i]!.message,
      controls: rolesOf(rule).map(({ id }) => id),
      lastGood: isoOrNull(deviation.lastGood),
      firstBad: iso(deviation.firstBad),
      lastBad: iso(deviation.lastBad),
      firstGood: isoOrNull(deviation.firstGood),
      closedBy: deviation.closedBy,
      atLeast: seconds(deviation.minDuration),
      atMost: deviation.maxDuration === null ? null : seconds(deviation.maxDuration),
      due: iso(deviation.due),
      clock: deviation.remediated,
      carriedIn: deviation.began < window.from,
      waivers: waivedIn(
        waivers().waivers,
        { rule, scope, item },
        deviation.began,
        deviation.ended ?? Math.max(window.asOf, deviation.began) + 1,
      ),
      // Where nothing good was ever seen before, everything before bears on how it began.
      ...flagged(correctedIn(brought, scope, deviation.lastGood ?? -Infinity, (deviation.firstGood ?? Infinity) + 1)),
      ...besides(correctedBeside(store, byId.get(rule)!, scope, [deviation.lastGood ?? -Infinity, (deviation.firstGood ?? Infinity) + 1])),
    };
  });
  return together(rows, byId).toSorted((a, b) => compare(a.firstBad, b.firstBad) || compare(a.id, b.id));
}

interface Found {
  readonly rule: Rule;
  readonly scope: string;
  readonly deviation: Deviation;
}

interface Words {
  readonly name: string;
  readonly message: string;
}

const flagged = (correction: Corrected | null) => ({ backfilled: correction !== null, ...(correction && { correction }) });

const besides = (notJudgedAgain: Corrected | null) => notJudgedAgain && { notJudgedAgain };

/** One outage leaves every stream unobserved at once: that is one row, not one for each. */
function together(rows: readonly DeviationRow[], byId: Context['byId']): DeviationRow[] {
  const kinds = Map.groupBy(rows, ({ rule, id, scope, firstBad, firstGood, message, waivers }) =>
    judgedBy(byId.get(rule)!).type === 'monitor.stream'
      ? `${firstBad} ${firstGood} ${message}\n${waivers.map((waiver) => waiver.id).join(' ')}`
      : `${id} ${scope}`,
  );
  return [...kinds.values()].map((own) => {
    const [first] = own;
    if (own.length === 1) return first!;
    const corrected = flagged(own.find(({ correction }) => correction)?.correction ?? null);
    return { ...first!, count: own.length, name: `${own.length} streams, ${first!.name} among them`, ...corrected };
  });
}

/** The name and the message at the look that first saw each deviation. The log of an item is read once for all of its own. */
function wordsOf(store: EvidenceReading, found: readonly Found[], waivers: Observations['waivers']): Words[] {
  const words: Words[] = [];
  const places = Map.groupBy(found.keys(), (i) => `${found[i]!.scope}\n${found[i]!.deviation.item}`);
  for (const own of places.values()) {
    const { scope, deviation } = found[own[0]!]!;
    const streams = own.filter((i) => judgedBy(found[i]!.rule).type === 'monitor.stream');
    for (const i of streams) words[i] = wordsOfStream(store, deviation.item, found[i]!.deviation.firstBad);
    const waiver = judgedBy(found[own[0]!]!.rule).type === 'monitor.waiver' ? waivers.get(deviation.item) : undefined;
    if (waiver) for (const i of own) words[i] = { name: deviation.item, message: waiver.judgedAt(found[i]!.deviation.firstBad).message };
    if (waiver || streams.length === own.length) continue;
    const log = store.history(scope, deviation.item);
    const name = nameIn(log) ?? deviation.item;
    for (const i of own) {
      const { rule, deviation } = found[i]!;
      const said = log.findLast(({ asOf }) => asOf <= deviation.firstBad)?.judgements.find((judgement) => judgement.rule === rule.id);
      words[i] ??= { name, message: said?.message ?? '' };
    }
  }
  return words;
}

function wordsOfStream(store: EvidenceReading, scope: string, at: number): Words {
  const gap = store.gaps(at - 1, at + 1).find((each) => each.scope === scope);
  return {
    name: scope,
    message: gap?.unread ? `Not read completely: ${explainUnread(gap.unread)}.` : 'Not read completely: the monitor did not run.',
  };
}

/** The name in the latest snapshot of an item's change log. */
export function nameIn(log: readonly { snapshot: string | null }[]): string | null {
  const snapshot = log.findLast((record) => record.snapshot !== null)?.snapshot;
  return snapshot ? (JSON.parse(snapshot) as { name: string }).name : null;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const iso = (instant: number): string => new Date(instant).toISOString();
const isoOrNull = (instant: number | null): string | null => (instant === null ? null : new Date(instant).toISOString());
const seconds = (ms: number): number => Math.round(ms / 1000);
