import { percentile, type Taken } from './measure.ts';

/** Prints one figure with what it is measured against. `aim` is the greatest that is aimed at, in the unit of the figure. */
export function say(
  what: string,
  figure: number,
  unit: string,
  { aim, beside = '' }: { aim?: number | undefined; beside?: string } = {},
): void {
  const met = aim === undefined ? '' : `${figure <= aim ? 'met' : 'MISSED'} (aim ${shown(aim)})`;
  process.stdout.write(`${what.padEnd(54)} ${`${shown(figure)} ${unit}`.padStart(14)}   ${[met, beside].filter(Boolean).join('; ')}\n`);
}

export function heading(text: string): void {
  process.stdout.write(`\n${text}\n`);
}

/** The middle and the slowest of a hundred, by the clock; processor time beside. */
export function sayTaken(
  what: string,
  taken: readonly Taken[],
  { p50, p99, beside = '' }: { p50?: number; p99?: number; beside?: string } = {},
): void {
  for (const [name, share, aim] of [
    ['p50', 0.5, p50],
    ['p99', 0.99, p99],
  ] as const) {
    const processor = percentile(
      taken.map((each) => each.processor),
      share,
    );
    const clock = percentile(
      taken.map((each) => each.clock),
      share,
    );
    say(`${what}, ${name}`, clock, 'ms', { aim, beside: [`processor ${shown(processor)} ms`, beside].filter(Boolean).join('; ') });
  }
}

/** Three digits that count. */
export function shown(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value) || 1)));
  return value.toLocaleString('en', { maximumFractionDigits: Math.min(digits, 4) });
}
