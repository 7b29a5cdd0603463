import { HoldfastError } from '#src/errors.ts';
import { parseVkey } from '#src/ledger/note.ts';

/** The body of an entry of kind `key`: the verifier keys that sign from the next leaf on, which of them are new, and which sign no more. */
export interface KeyEntry {
  readonly inForce: readonly string[];
  readonly new: readonly string[];
  readonly retired: readonly string[];
}

/**
 * What is recorded before these keys sign for the first time; null where the last entry says it already. A key may follow another of the same
 * origin only while both sign, so that who trusts the one learns of the other. Errors: LEDGER_KEY_CHANGED.
 */
export function keyEntry(inForce: readonly string[], last: KeyEntry | null): KeyEntry | null {
  const before = last?.inForce ?? [];
  if (before.length === inForce.length && before.every((vkey) => inForce.includes(vkey))) return null;
  const origin = originOf(inForce[0]!);
  const earlier = before.filter((vkey) => originOf(vkey) === origin);
  if (earlier.length > 0 && !earlier.some((vkey) => inForce.includes(vkey)))
    throw new HoldfastError('LEDGER_KEY_CHANGED', { origin, before: earlier.join(', ') });
  return {
    inForce,
    new: inForce.filter((vkey) => !before.includes(vkey)),
    retired: before.filter((vkey) => !inForce.includes(vkey)),
  };
}

const originOf = (vkey: string): string => parseVkey(vkey).name;
