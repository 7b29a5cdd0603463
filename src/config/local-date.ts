/** A day as people write it, `2026-02-01`, without a time zone. */
export type LocalDate = `${number}-${number}-${number}`;

/** Whether the text is a day of the calendar; `2026-02-30` is none. */
export function isLocalDate(text: string): text is LocalDate {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

/** Whether the text names a time zone of the IANA list. Bare offsets such as +02:00 do not: they know no daylight saving. */
export function isTimeZone(text: string): boolean {
  if (!/^[A-Za-z]/.test(text)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

export function nextDay(date: LocalDate): LocalDate {
  return new Date(Date.parse(`${date}T00:00:00Z`) + dayLength).toISOString().slice(0, 10) as LocalDate;
}

/** The same day of the month so many months on; the month's last day where it has no such day. */
export function monthsAfter(date: LocalDate, months: number): LocalDate {
  const [year, month, day] = date.split('-').map(Number) as [number, number, number];
  const last = new Date(Date.UTC(year, month + months, 0)).getUTCDate();
  return new Date(Date.UTC(year, month - 1 + months, Math.min(day, last))).toISOString().slice(0, 10) as LocalDate;
}

/** The instant (epoch ms) at which a day begins in a time zone: the first at which the clocks there show it, or a later day. */
export function startOfDay(date: LocalDate, timeZone: string): number {
  const clock = new Intl.DateTimeFormat('en-CA', { timeZone, calendar: 'iso8601', year: 'numeric', month: '2-digit', day: '2-digit' });
  // Local time is at most 14 hours ahead of UTC and 12 behind; a zone that crossed the date line skipped a whole day besides.
  let before = Date.parse(`${date}T00:00:00Z`) - 2 * dayLength;
  let after = before + 4 * dayLength;
  while (after - before > 1000) {
    const middle = before + Math.floor((after - before) / 2000) * 1000;
    if (shown(clock, middle) >= date) after = middle;
    else before = middle;
  }
  return after;
}

const dayLength = 86_400_000;

function shown(clock: Intl.DateTimeFormat, instant: number): string {
  const parts = Object.fromEntries(clock.formatToParts(instant).map(({ type, value }) => [type, value]));
  return `${parts['year']}-${parts['month']}-${parts['day']}`;
}
