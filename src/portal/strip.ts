import { calendarPeriods } from '#src/window/calendar.ts';
import { measure } from '#src/window/measure.ts';
import type { Interval, Segment, State, Window } from '#src/window/types.ts';
import { type Html, html } from './html.ts';
import { type Clock, counted, duration, listed } from './wording.ts';

/** What a strip shows: segments over a window, of which nothing after `asOf` is known. */
export interface Drawing {
  readonly window: Window;
  readonly segments: readonly Segment[];
  /** Instants of failed events. */
  readonly failures?: readonly number[];
  readonly clock: Clock;
  readonly tall?: boolean;
}

/** How each state is named to people. */
export const stateWords: Readonly<Record<State, string>> = {
  held: 'held',
  failed: 'did not hold',
  uncertain: 'uncertain',
  unobserved: 'not observed',
  outside: 'nothing lasting to judge',
};

/**
 * Draws time from left to right. Each stretch is as long as it lasted, but a stretch that failed is never thinner than 3 px and one that
 * was not observed never thinner than 2 px, however far the strip is shrunk. Each of them has a lane of its own besides the bar, above
 * and below it, so that neither can hide the other. Time of which the segments say nothing is drawn as not observed.
 */
export function stripSvg(drawing: Drawing): Html {
  const { window, clock, tall = false } = drawing;
  const { failed, uncertain, unobserved, held, outside } = layersOf(drawing);
  const bar = { y: 7, height: tall ? 42 : 13 };
  const total = bar.y * 2 + bar.height;
  const future = window.asOf < window.to ? [{ from: Math.max(window.asOf, window.from), to: window.to }] : [];
  const place = placing(window);
  const draw = (stretches: readonly Interval[], look: string, y: number, height: number, says?: string) =>
    stretches.map((stretch) => {
      const { x, width } = place(stretch);
      const title = says === undefined ? null : html`<title>${says} ${spanInWords(stretch, clock)}</title>`;
      return html`<rect class="${look}" x="${x}%" width="${width}%" y="${y}" height="${height}"${paint(look)}>${title}</rect>`;
    });
  const top = 1.5;
  const bottom = total - 2;
  const middle = bar.y + bar.height / 2;
  return html`<svg class="strip${tall ? ' tall' : ''}" height="${total}" role="img" aria-label="${summary(drawing)}">${[
    ...draw(future, 'future', bar.y, bar.height),
    ...draw(held, 'held', bar.y, bar.height),
    ...outside.map((stretch) => {
      const { x, width } = place(stretch);
      return html`<line class="outside" x1="${x}%" x2="${Number(x) + Number(width)}%" y1="${middle}" y2="${middle}"/>`;
    }),
    ...monthsOf(window, clock).map(({ x }) => html`<line class="month" x1="${x}%" x2="${x}%" y1="${bar.y}" y2="${bar.y + bar.height}"/>`),
    ...draw(unobserved, 'unobserved', bar.y, bar.height, 'Not observed'),
    ...draw(uncertain, 'uncertain', bar.y, bar.height, 'Uncertain'),
    ...draw(failed, 'failed', bar.y, bar.height, 'Did not hold'),
    ...draw(unobserved, 'unobserved lane', bottom, 1),
    ...draw(uncertain, 'uncertain lane', top, 1),
    ...draw(failed, 'failed lane', top, 1),
  ]}</svg>`;
}

/** The names of the months over a column of strips. */
export function monthAxis(window: Window, clock: Clock): Html {
  const months = monthsOf(window, clock);
  const labels = months.flatMap(({ x, name }, i) => {
    const room = Number(months[i + 1]?.x ?? 100) - Number(x);
    return room >= Math.min(6, 60 / months.length) ? [html`<text x="${x}%" y="12">${name}</text>`] : [];
  });
  return html`<svg class="axis" height="16" aria-hidden="true">${labels}</svg>`;
}

/** The strip in words, for those who do not see it. Every stretch is counted; the first few are told. */
export function summary({ window, segments, failures = [], clock }: Drawing): string {
  const until = Math.min(window.to, window.asOf);
  if (until <= window.from) return `The window begins on ${clock.day(window.from)}.`;
  const whole = withSilence(segments, window);
  const time = measure(whole);
  const told = (['failed', 'uncertain', 'unobserved'] as const).flatMap((state) => {
    const stretches = joined(whole.filter((segment) => segment.state === state));
    if (stretches.length === 0) return [];
    const first = stretches.slice(0, 3).map((stretch) => spanInWords(stretch, clock));
    const more = stretches.length > 3 ? [`${stretches.length - 3} more`] : [];
    return [
      `${stateWords[state]} ${duration(time[state])} in ${counted(stretches.length, 'stretch', 'stretches')} (${listed([...first, ...more])})`,
    ];
  });
  if (failures.length > 0) told.push(counted(failures.length, 'failed event'));
  if (time.held > 0) told.push(`held ${duration(time.held)}`);
  if (time.outside > 0) told.push(`${stateWords.outside} ${duration(time.outside)}`);
  return `${clock.day(window.from)} to ${clock.day(until - 1)}: ${told.join('; ')}.`;
}

/** The patterns that strips are filled with, once per page. */
export const patterns: Html = html`<svg class="patterns" width="0" height="0" aria-hidden="true"><defs>
<pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="ground" width="5" height="5"/><rect class="hatch" width="2.2" height="5"/></pattern>
<pattern id="bars" width="4" height="4" patternUnits="userSpaceOnUse"><rect class="ground" width="4" height="4"/><rect class="bars" width="2" height="4"/></pattern>
</defs></svg>`;

/** A small piece of each look, with what it means. */
export function legend(): Html {
  const entries = [
    ['held', 'held at every look'],
    ['failed', 'did not hold'],
    ['uncertain', 'between a look that passed and one that failed'],
    ['unobserved', 'not observed: counts as neither'],
    ['outside', 'nothing lasting to judge, or no test'],
  ] as const;
  const swatch = (look: (typeof entries)[number][0]) =>
    look === 'outside'
      ? html`<line class="outside" x1="0" x2="26" y1="7" y2="7"/>`
      : html`<rect class="${look}" x="2" y="1.5" width="22" height="11"${paint(look)}/>`;
  return html`<ul class="legend" aria-label="Legend">${entries.map(([look, says]) => html`<li><svg width="26" height="14" aria-hidden="true">${swatch(look)}</svg>${says}</li>`)}</ul>`;
}

/** `3 Apr 2026, 10:00 to 4 Apr 2026, 12:00 (26 h)` */
const spanInWords = ({ from, to }: Interval, clock: Clock): string => `${clock.time(from)} to ${clock.time(to)} (${duration(to - from)})`;

/** Segments, sorted, with all time of the window that they leave out told as not observed. */
export function withSilence(segments: readonly Segment[], window: Window): Segment[] {
  const until = Math.min(window.to, window.asOf);
  const whole: Segment[] = [];
  let at = window.from;
  for (const segment of segments.toSorted((a, b) => a.from - b.from)) {
    if (segment.from > at) whole.push({ from: at, to: Math.min(segment.from, until), state: 'unobserved', reason: 'nothing-recorded' });
    whole.push(segment);
    at = Math.max(at, segment.to);
  }
  if (at < until) whole.push({ from: at, to: until, state: 'unobserved', reason: 'nothing-recorded' });
  return whole;
}

function layersOf({ window, segments, failures = [] }: Drawing): Record<State, Interval[]> {
  // Stretches of the same state closer together than can be told apart are drawn as one.
  const apart = (window.to - window.from) / 2000;
  const whole = withSilence(segments, window);
  const events = failures.map((at): Segment => ({ from: at, to: at + 1, state: 'failed' }));
  const layer = (state: State) =>
    joined(
      [...whole, ...events].filter((segment) => segment.state === state).sort((a, b) => a.from - b.from),
      state === 'held' || state === 'outside' ? 0 : apart,
    );
  return {
    held: layer('held'),
    failed: layer('failed'),
    uncertain: layer('uncertain'),
    unobserved: layer('unobserved'),
    outside: layer('outside'),
  };
}

/** Sorted intervals, those nearer to each other than `apart` made one. */
function joined(intervals: readonly Interval[], apart = 0): Interval[] {
  const found: { from: number; to: number }[] = [];
  for (const { from, to } of intervals) {
    const last = found.at(-1);
    if (last && from <= last.to + apart) last.to = Math.max(last.to, to);
    else found.push({ from, to });
  }
  return found;
}

/** In percent of the width, so that a strip can have any size. A rectangle of no width would not be drawn at all, nor its outline. */
function placing({ from, to }: Interval): (stretch: Interval) => { x: string; width: string } {
  const share = (at: number) => Math.min(100, Math.max(0, ((at - from) / (to - from)) * 100));
  return (stretch) => ({
    x: Math.min(share(stretch.from), 99.99).toFixed(3),
    width: Math.max(0.01, share(stretch.to) - share(stretch.from)).toFixed(3),
  });
}

/** Patterns are named in the mark-up: in a style sheet their address would be that of the style sheet. */
function paint(look: string): Html | null {
  if (look === 'unobserved') return html` fill="url(#hatch)"`;
  return look === 'uncertain' ? html` fill="url(#bars)"` : null;
}

function monthsOf(window: Window, clock: Clock): { x: string; name: string }[] {
  const place = placing(window);
  return calendarPeriods('month', window, clock.timeZone).map(({ from, to }) => ({
    x: place({ from, to }).x,
    name: clock.month(Math.max(from, window.from)),
  }));
}
