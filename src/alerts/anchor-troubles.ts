import type { OutsideStatus } from '#src/outside.ts';
import type { Trouble, Troubles } from './sources.ts';

const every = 60_000;
/** One failure is tried again within a minute; several in a row do not pass by themselves. */
const inARow = 3;

/** Anchors that fail or are late: until they are well, nobody outside vouches for what is recorded. */
export function anchorTroubles(outside: (asOf: number) => OutsideStatus): Troubles {
  let known: { readonly at: number; readonly troubles: readonly Trouble[] } | null = null;
  return (now) => {
    if (known === null || now - known.at >= every || now < known.at) known = { at: now, troubles: troublesOf(outside(now), now) };
    return known.troubles;
  };
}

const troublesOf = ({ anchors }: OutsideStatus, now: number): Trouble[] =>
  anchors.flatMap(({ name, kind, late, fault, leavesBehind, behindSince }): Trouble[] => {
    const failing = fault !== null && fault.attempts >= inARow;
    if (!failing && !late) return [];
    return [
      {
        key: `anchor ${name}`,
        severity: 'high',
        headline: `Anchor ${name} (${kind}) ${failing ? 'fails' : 'is late'}: what is recorded is not vouched for outside.`,
        says: `${leavesBehind} leaves are not covered.${fault ? ` ${fault.attempts} attempts in a row failed: ${fault.reason}` : ''}`,
        remedy: fault?.mend || 'Run `holdfast check`: it asks the anchor and says what is wrong.',
        since: fault?.at ?? behindSince ?? now,
      },
    ];
  });
