import type { Conclusion } from '#src/window/conclusions.ts';
import type { Shortfall } from '#src/window/facts.ts';

const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

/** A share in percent with one decimal, never rounded up to 100.0 while something is missing. */
export const percent = (share: number): string => `${(Math.floor(share * 1000) / 10).toFixed(1)} %`;

/** A duration as people say it: `52 min`, `61 h`, `24 d`. */
export function duration(ms: number): string {
  if (ms < 90 * 60_000) return `${Math.round(ms / 60_000)} min`;
  if (ms < 96 * 3_600_000) return `${Math.round(ms / 3_600_000)} h`;
  return `${Math.round(ms / 86_400_000)} d`;
}

function shortfallInWords({ name, rule, value }: Shortfall): string {
  switch (name) {
    case 'rule-not-available':
      return `${rule} is not available yet`;
    case 'never-observed':
      return value === 0 ? `${rule}: no scope that it judges was ever found` : `${rule}: ${plural(value, 'scope')} never read`;
    case 'low-coverage':
      return `${rule}: observed for only ${percent(value)}`;
    case 'long-gap':
      return `${rule}: not observed for ${duration(value)} at a stretch`;
    case 'unobserved-items':
      return `${rule}: ${plural(value, 'item')} not observed`;
    case 'not-reconciled':
      return `${rule}: the population of ${value} is not reconciled`;
    case 'supporting-deviations':
      return `${rule} (supporting): ${plural(value, 'deviation')}`;
    case 'part-not-tested':
      return 'for a part of the window no rule tested it';
  }
}

/** One line: what there is to know besides the word. */
export function inOneLine({ conclusion, deviations, shortfalls, pending, parts }: Conclusion, backfilled = false): string {
  const said: string[] = [];
  const { total, underWaiver, waivedInPart, open, late, inTime, failedEvents } = deviations;
  if (total > 0) {
    const fates = [
      open > 0 ? `${open} open` : '',
      late > 0 ? `${late} late` : '',
      inTime > 0 ? `${inTime} remediated in time` : '',
      failedEvents > 0 ? plural(failedEvents, 'failed event') : '',
      underWaiver > 0 ? `${underWaiver} under waiver` : '',
      waivedInPart > 0 ? `${waivedInPart} under waiver for a part of the time` : '',
    ];
    said.push(`${plural(total, 'deviation')}: ${fates.filter(Boolean).join(', ') || 'no clock'}`);
  }
  if (conclusion === 'not-tested') said.push('no rule that tests it is available yet');
  else if (shortfalls.length > 0) {
    const first = shortfallInWords(shortfalls[0]!);
    said.push(shortfalls.length > 1 ? `${first}, and ${shortfalls.length - 1} more` : first);
  }
  if (pending > 0) said.push(`${pending} pending`);
  const empty = new Set(parts.flatMap(({ emptyPopulations }) => emptyPopulations));
  if (said.length === 0 && empty.size > 0)
    said.push(`${plural(empty.size, 'population')} read completely, with nothing in ${empty.size === 1 ? 'it' : 'them'}`);
  if (backfilled) said.push('rests in part on data that was brought later');
  return said.join('; ');
}
