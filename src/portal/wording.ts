import { day, hour } from '#src/duration.ts';
import { localDate } from '#src/window/calendar.ts';

const minute = 60_000;
/** Keeps a number and its unit on one line. */
const nbsp = '\u00a0';

/** A share of 0 to 1 with one decimal, rounded down: what lacks anything never reads 100.0 %. */
export function percent(share: number | null): string {
  if (share === null) return '–';
  const tenths = share >= 1 ? 1000 : Math.min(999, Math.floor(share * 1000 + 1e-9));
  if (tenths <= 0 && share > 0) return `under 0.1${nbsp}%`;
  return `${(Math.max(0, tenths) / 10).toFixed(1)}${nbsp}%`;
}

/** How long something lasted, in ms: 52 min, 1 h, 4 h 20 min, 61 h, 5 d 4 h, 24 d. Something that lasted never reads as nothing. */
export function duration(ms: number, round: (value: number) => number = Math.round): string {
  if (ms <= 0) return `0${nbsp}h`;
  if (ms < minute) return `under 1${nbsp}min`;
  const minutes = round(ms / minute);
  if (minutes < 60) return `${minutes}${nbsp}min`;
  if (minutes < 600) return pair(minutes, 60, 'h', 'min');
  const hours = round(ms / hour);
  if (hours < 100) return `${hours}${nbsp}h`;
  return hours < 14 * 24 ? pair(hours, 24, 'd', 'h') : `${number(round(ms / day))}${nbsp}d`;
}

/** How far away an instant is, in ms: 56 min, 2 d 4 h. Rounded down, so that nobody is promised time. */
export function countdown(ms: number): string {
  return ms >= day && ms < 14 * day ? pair(Math.floor(ms / hour), 24, 'd', 'h') : duration(ms, Math.floor);
}

/** Hours of item-time, where days would be read as calendar days: 1,204.5 h. */
export function hours(ms: number): string {
  if (ms > 0 && ms < hour / 10) return `under 0.1${nbsp}h`;
  return `${(ms / hour).toLocaleString('en-US', { minimumFractionDigits: 0, maximumFractionDigits: 1 })}${nbsp}h`;
}

/** 5,204 */
export const number = (value: number): string => value.toLocaleString('en-US');

/** 1 item, 5,204 items */
export const counted = (value: number, one: string, many = `${one}s`): string => `${number(value)}${nbsp}${value === 1 ? one : many}`;

/** `one, two and three` */
export function listed(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

export const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** The beginning and the end of a hash, with the whole of it elsewhere on the page. */
export const abbreviated = (hash: string): string => (hash.length > 20 ? `${hash.slice(0, 8)}…${hash.slice(-6)}` : hash);

/** Instants (epoch ms) as people in one time zone write them. */
export interface Clock {
  readonly timeZone: string;
  /** 3 Apr 2026 */
  day(at: number): string;
  /** 3 Apr 2026, 10:05 */
  time(at: number): string;
  /** 3 Apr 2026, 10:05:09 GMT+2 */
  exact(at: number): string;
  /** Apr */
  month(at: number): string;
  /** 2026-04-03 */
  date(at: number): string;
}

export function clockIn(timeZone: string): Clock {
  const day = { day: 'numeric', month: 'short', year: 'numeric' } as const;
  const time = { ...day, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  const formatter = (options: Intl.DateTimeFormatOptions) => {
    const format = new Intl.DateTimeFormat('en-GB', { timeZone, ...options });
    return (at: number) => format.format(at);
  };
  return {
    timeZone,
    day: formatter(day),
    time: formatter(time),
    exact: formatter({ ...time, second: '2-digit', timeZoneName: 'shortOffset' }),
    month: formatter({ month: 'short' }),
    date: (at) => localDate(at, timeZone),
  };
}

function pair(value: number, per: number, large: string, small: string): string {
  const rest = value % per;
  return `${Math.floor(value / per)}${nbsp}${large}${rest === 0 ? '' : `${nbsp}${rest}${nbsp}${small}`}`;
}
