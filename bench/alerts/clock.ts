/** A clock that stands still between what is measured, and goes on as fast as the machine works while something is. */
export interface Clock {
  readonly now: () => number;
  /** Goes on to an instant, unless it is later already. */
  until(instant: number): void;
  /** Does work while the clock goes, and gives the milliseconds it took. */
  during(work: () => Promise<unknown>): Promise<number>;
}

export function clockAt(start: number): Clock {
  let at = start;
  let began: number | null = null;
  const now = () => Math.round(at + (began === null ? 0 : performance.now() - began));
  return {
    now,
    until(instant) {
      at = Math.max(at, instant);
    },
    async during(work) {
      began = performance.now();
      await work();
      const took = performance.now() - began;
      at += took;
      began = null;
      return took;
    },
  };
}
