/** A seeded source of chance, so that the same seed makes the same year. */
export interface Random {
  /** In [0, 1). */
  (): number;
}

export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

export const below = (random: Random, limit: number): number => Math.floor(random() * limit);

export const oneOf = <T>(random: Random, of: readonly T[]): T => of[below(random, of.length)]!;

export function hex(random: Random, digits: number): string {
  let text = '';
  while (text.length < digits)
    text += below(random, 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return text.slice(0, digits);
}

export function uuid(random: Random): string {
  const digits = hex(random, 32);
  return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)].join('-');
}

/** How often something happened that happens `mean` times on average (Poisson). */
export function times(random: Random, mean: number): number {
  let count = 0;
  for (let rest = mean - logged(random); rest > 0; rest -= logged(random)) count++;
  return count;
}

const logged = (random: Random): number => -Math.log(1 - random());
