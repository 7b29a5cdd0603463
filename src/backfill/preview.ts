import { type BackfillRecord, type EvidenceReading, scopeKey } from '#src/evidence/store.ts';
import { explainUnread } from '#src/population.ts';
import { judgesWith } from '#src/report/corrected.ts';
import type { Report, ResultRow } from '#src/report/types.ts';
import type { Rule } from '#src/rule.ts';

/** What is known before and after a correction, where it differs. Instants are ISO 8601. */
export interface Preview {
  /** Looks that stand in the time now, and those that come in their place. */
  readonly replaced: LooksTold;
  readonly brought: LooksTold;
  /** Why looks that are brought failed. */
  readonly failures: readonly { readonly at: string; readonly reason: string }[];
  /** Seconds of the time in which the scope was not observed. */
  readonly unobserved: { readonly before: number; readonly after: number };
  readonly controls: readonly { readonly id: string; readonly before: Said; readonly after: Said }[];
  readonly deviations: { readonly appear: readonly string[]; readonly vanish: readonly string[]; readonly change: readonly string[] };
  /** What holds now, by rule and item. */
  readonly results: readonly {
    readonly rule: string;
    readonly item: string;
    readonly before: string | null;
    readonly after: string | null;
  }[];
  /** Rules that take this scope together with others: what they said of those stays as it was recorded. */
  readonly notJudgedAgain: readonly string[];
}

export interface LooksTold {
  readonly complete: number;
  readonly failed: number;
}

interface Said {
  readonly conclusion: string;
  readonly says: string;
}

/** `before` and `after` report on what is known without the correction and with it. */
export function preview(
  record: BackfillRecord,
  replaced: LooksTold,
  {
    before,
    after,
    known,
    rules,
  }: { before: Report; after: Report; known: { before: EvidenceReading; after: EvidenceReading }; rules: readonly Rule[] },
): Preview {
  const failed = record.looks.filter(({ unread }) => unread).length;
  const said = ({ conclusion, says }: Said): Said => ({ conclusion, says });
  const controls = pairs(before.controls(), after.controls(), ({ id }) => id).flatMap(([a, b]) =>
    a && b && (a.conclusion !== b.conclusion || a.says !== b.says) ? [{ id: a.id, before: said(a), after: said(b) }] : [],
  );
  const deviations = pairs(before.deviations(), after.deviations(), ({ id, scope }) => `${id} ${scope}`);
  const ids = (which: (a: object | undefined, b: object | undefined) => boolean) =>
    deviations.flatMap(([a, b]) => (which(a, b) ? [(a ?? b)!.id] : []));
  const results = pairs(before.results(), after.results(), ({ rule, scope, item }: ResultRow) => `${rule} ${scope} ${item}`);
  return {
    replaced,
    brought: { complete: record.looks.length - failed, failed },
    failures: record.looks.flatMap(({ asOf, unread }) =>
      unread ? [{ at: new Date(asOf).toISOString(), reason: explainUnread(unread) }] : [],
    ),
    unobserved: { before: unobservedIn(known.before, record), after: unobservedIn(known.after, record) },
    controls,
    deviations: {
      appear: ids((a) => !a),
      vanish: ids((_, b) => !b),
      change: ids((a, b) => a !== undefined && b !== undefined && boundsOf(a) !== boundsOf(b)),
    },
    results: results.flatMap(([a, b]) =>
      a?.result === b?.result ? [] : [{ rule: (a ?? b)!.rule, item: (a ?? b)!.item, before: a?.result ?? null, after: b?.result ?? null }],
    ),
    notJudgedAgain: rules.filter((rule) => judgesOthers(rule, record, known.before)).map(({ id }) => id),
  };
}

/** Whether what a rule says of other scopes follows from this one too. */
const judgesOthers = (rule: Rule, { scope }: BackfillRecord, { held }: EvidenceReading): boolean =>
  [...held].some(([key, { retired }]) => !retired && judgesWith(rule, key, scopeKey(scope)));

const boundsOf = (row: object): string => {
  const { lastGood, firstBad, lastBad, firstGood, closedBy } = row as Record<string, unknown>;
  return JSON.stringify([lastGood, firstBad, lastBad, firstGood, closedBy]);
};

function pairs<T>(before: readonly T[], after: readonly T[], key: (row: T) => string): (readonly [T | undefined, T | undefined])[] {
  const then = new Map(after.map((row) => [key(row), row]));
  const both = before.map((row) => [row, then.get(key(row))] as const);
  const known = new Set(before.map(key));
  return [...both, ...after.filter((row) => !known.has(key(row))).map((row) => [undefined, row] as const)];
}

function unobservedIn(reading: EvidenceReading, { scope, from, to }: BackfillRecord): number {
  const own = reading.gaps(from, to).filter((gap) => gap.scope === scopeKey(scope));
  return own.reduce((sum, gap) => sum + Math.max(0, Math.round((Math.min(gap.to ?? to, to) - Math.max(gap.from, from)) / 1000)), 0);
}

/** The looks at a scope that are known in [from, to). */
export function looksKnown(
  told: Iterable<{ readonly asOf: number; readonly failed: boolean }>,
  { from, to }: { readonly from: number; readonly to: number },
): LooksTold {
  let [complete, failed] = [0, 0];
  for (const look of told) {
    if (look.asOf < from || look.asOf >= to) continue;
    if (look.failed) failed++;
    else complete++;
  }
  return { complete, failed };
}
