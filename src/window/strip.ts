import { type Control, partsInForce } from './conclusions.ts';
import { type Evidence, owedIn, unobservedOf } from './evidence.ts';
import type { Measure } from './measure.ts';
import { measure } from './measure.ts';
import { append, slice, timeline } from './timeline.ts';
import type { Interval, Segment, State, Window } from './types.ts';

/** The window as one line to draw. */
export interface Strip {
  /** Contiguous. At each instant the worst that any item was in: failed, uncertain, unobserved, held; `outside` where there was nothing. */
  readonly segments: readonly Segment[];
  /** Calendar time: `failed` is the time in which at least one item failed. */
  readonly measure: Measure;
  /** The instants of failed events, which have no length. */
  readonly failures: readonly number[];
}

/** The strip of a control: those of its key rules over the window, each version over its own part. */
export function controlStrip(control: Control, stripOf: (rule: string) => Strip | undefined, window: Window): Strip {
  const pieces: Segment[] = [];
  const failures = new Set<number>();
  for (const { version, from, to } of partsInForce(control, window))
    for (const rule of version.key) {
      const own = stripOf(rule);
      pieces.push(...slice(own?.segments ?? [], { from, to }));
      for (const at of own?.failures ?? []) if (at >= from && at < to) failures.add(at);
    }
  return drawn(pieces, failures, window);
}

/** The strip of a rule. An overdue obligation is failing time; an unread scope is unobserved. */
export function ruleStrip(evidence: Evidence, window: Window): Strip {
  const { from, to } = window;
  const failed = evidence.kind === 'event' ? evidence.events.filter(({ at, result }) => result === 'fail' && at >= from && at < to) : [];
  const pieces = layersOf(evidence, window).flatMap((segments) => slice(segments, window));
  return drawn(pieces, new Set(failed.map(({ at }) => at)), window);
}

function drawn(pieces: readonly Segment[], failures: ReadonlySet<number>, { from, to, asOf }: Window): Strip {
  const segments = overlay(pieces, { from, to: Math.min(to, asOf) });
  return { segments, measure: measure(segments), failures: [...failures].sort((a, b) => a - b) };
}

function layersOf(evidence: Evidence, window: Window): Segment[][] {
  const scopes = evidence.scopes.map((scope) => unobservedOf(evidence.kind, scope, window));
  if (evidence.kind === 'event') return scopes;
  if (evidence.kind === 'state') return [...scopes, ...evidence.groups.map(({ runs, scope }) => timeline(runs, scope, window))];
  const lapses = evidence.owed.map((owed) =>
    owedIn(owed, window).flatMap(({ state, due, done }): Segment[] => {
      if (state === 'unobserved') return [{ from: due, to: done ?? window.asOf, state: 'unobserved' }];
      return state === 'late' || state === 'missed' ? [{ from: due, to: done ?? window.asOf, state: 'failed' }] : [];
    }),
  );
  return [...scopes, ...lapses];
}

const priority = ['failed', 'uncertain', 'unobserved', 'held'] as const satisfies readonly State[];

/** At each instant the first of `priority` that any piece is in, from the edges of the pieces in order of time. */
function overlay(pieces: readonly Segment[], whole: Interval): Segment[] {
  const layers = priority.map((state) => union(pieces.filter((piece) => piece.state === state)));
  const edges = [...new Set([whole.from, whole.to, ...layers.flat().flatMap(({ from, to }) => [from, to])])]
    .filter((at) => at >= whole.from && at <= whole.to)
    .sort((a, b) => a - b);
  const cursors = priority.map(() => 0);
  const segments: Segment[] = [];
  for (let i = 0; i + 1 < edges.length; i++) {
    const [from, to] = [edges[i] as number, edges[i + 1] as number];
    const found = layers.findIndex((layer, state) => {
      let cursor = cursors[state] as number;
      while ((layer[cursor]?.to ?? Infinity) <= from) cursor++;
      cursors[state] = cursor;
      return (layer[cursor]?.from ?? Infinity) <= from;
    });
    append(segments, { from, to, state: priority[found] ?? 'outside' });
  }
  return segments;
}

function union(pieces: readonly Interval[]): Interval[] {
  // Most pieces begin where others do: those of the items of a scope.
  const ends = new Map<number, number>();
  for (const { from, to } of pieces) if (to > (ends.get(from) ?? from)) ends.set(from, to);
  const joined: { from: number; to: number }[] = [];
  for (const [from, to] of [...ends].sort(([a], [b]) => a - b)) {
    const last = joined.at(-1);
    if (last && from <= last.to) last.to = Math.max(last.to, to);
    else joined.push({ from, to });
  }
  return joined;
}
