const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A span as it is written in configuration and collectors: `15m`, `1h`, `26h`, `90d`. */
export type Duration = `${number}${keyof typeof units}`;

/** Milliseconds of a written span; undefined where the text is not one. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,6})([smhd])$/.exec(text);
  return match ? Number(match[1]) * units[match[2] as keyof typeof units] : undefined;
}

export function milliseconds(duration: Duration): number {
  const value = parseDuration(duration);
  if (value === undefined) throw new RangeError(`not a duration: ${duration}`);
  return value;
}

export const hour = units.h;
export const day = units.d;
