import { day, hour, type Interval, second } from './types.ts';

export type CalendarUnit = 'month' | 'quarter' | 'half-year' | 'year';

/** A calendar period in a time zone, `2026-04`, `2026-Q2`, `2026-H1` or `2026`. */
export interface Period extends Interval {
  readonly name: string;
}

/** The instants of a window declared by its first and its last day, both included (`2026-01-01`), in an IANA time zone. Throws RangeError. */
export function declaredWindow(firstDay: string, lastDay: string, timeZone: string): Interval {
  const first = parseDate(firstDay);
  const last = parseDate(lastDay);
  if (last < first) throw new RangeError(`the window ends on ${lastDay}, before it begins on ${firstDay}`);
  return { from: startOfDay(first, timeZone), to: startOfDay(last + day, timeZone) };
}

/** The calendar periods that share an instant with the interval, in order. */
export function calendarPeriods(unit: CalendarUnit, { from, to }: Interval, timeZone: string): Period[] {
  const months = { month: 1, quarter: 3, 'half-year': 6, year: 12 }[unit];
  const periods: Period[] = [];
  if (from >= to) return periods;
  const local = new Date(wallClock(from, timeZone));
  const year = local.getUTCFullYear();
  let month = local.getUTCMonth() - (local.getUTCMonth() % months);
  for (let start = startOfDay(Date.UTC(year, month), timeZone); start < to; ) {
    const end = startOfDay(Date.UTC(year, month + months), timeZone);
    if (end > from) periods.push({ from: start, to: end, name: nameOf(new Date(Date.UTC(year, month)), unit) });
    month += months;
    start = end;
  }
  return periods;
}

/** The day of an instant in a time zone, `2026-01-31`. */
export const localDate = (at: number, timeZone: string): string => new Date(wallClock(at, timeZone)).toISOString().slice(0, 10);

function parseDate(text: string): number {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== text) throw new RangeError(`not a date: ${text}`);
  return at;
}

const starts = new Map<string, number>();

/** `midnight`: the day's 00:00 as if it were UTC. */
function startOfDay(midnight: number, timeZone: string): number {
  const key = `${timeZone} ${midnight}`;
  const start = starts.get(key) ?? findStartOfDay(midnight, timeZone);
  starts.set(key, start);
  return start;
}

/** Where clocks skip midnight, the day starts when they have moved. */
function findStartOfDay(midnight: number, timeZone: string): number {
  // No zone is further from UTC than 15 h 57 min, and clocks near one midnight move once at most.
  const offsets = [-1, 1].map((side) => offset(midnight + side * 16 * hour, timeZone));
  const candidates = offsets.map((ahead) => midnight - ahead).sort((a, b) => a - b);
  const exact = candidates.find((at) => wallClock(at, timeZone) === midnight);
  if (exact !== undefined) return exact;
  let [before, after] = [candidates[0] as number, candidates[1] as number];
  while (after - before > second) {
    const middle = Math.floor((before + after) / 2 / second) * second;
    if (wallClock(middle, timeZone) < midnight) before = middle;
    else after = middle;
  }
  return after;
}

const offset = (at: number, timeZone: string): number => wallClock(at, timeZone) - at;

/** What a clock in the zone shows at the instant, as if it were UTC, in whole seconds. */
function wallClock(at: number, timeZone: string): number {
  const parts: Record<string, number> = {};
  for (const { type, value } of formatOf(timeZone).formatToParts(at)) parts[type] = Number(value);
  const { year = 0, month = 0, day: date = 0, hour: hours = 0, minute = 0, second: seconds = 0 } = parts;
  return Date.UTC(year, month - 1, date, hours, minute, seconds);
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known) return known;
  const numeric = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' } as const;
  const format = new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', calendar: 'gregory', numberingSystem: 'latn', ...numeric });
  formats.set(timeZone, format);
  return format;
}

function nameOf(start: Date, unit: CalendarUnit): string {
  const year = start.getUTCFullYear();
  const month = start.getUTCMonth();
  if (unit === 'year') return `${year}`;
  if (unit === 'half-year') return `${year}-H${month / 6 + 1}`;
  if (unit === 'quarter') return `${year}-Q${month / 3 + 1}`;
  return `${year}-${String(month + 1).padStart(2, '0')}`;
}
