import { AnchorFault, type AnchorKind } from '#src/anchors/anchor.ts';
import { HoldfastError } from '#src/errors.ts';
import { printable } from './text.ts';

/** What was found of something that Holdfast depends on. Where it is well and something should be done all the same, `mend` says what. */
export interface Found {
  /** Its name: of the anchor, of the connection. */
  readonly outside: string;
  readonly kind: 'key' | 'clock' | 'queue' | 'secret' | 'slack' | 'store' | 'who' | AnchorKind;
  readonly ok: boolean;
  /** It is lost, in part or wholly, and nothing else depends on it. */
  readonly partly?: true;
  readonly says: string;
  readonly mend: string;
}

/** Asks, and takes a fault that an operator can mend for what was found. */
export async function found(outside: string, kind: Found['kind'], ask: () => Promise<[says: string, mend: string]>): Promise<Found> {
  try {
    const [says, mend] = await ask();
    return { outside, kind, ok: true, says, mend };
  } catch (error) {
    if (error instanceof AnchorFault) return { outside, kind, ok: false, says: error.message, mend: error.mend };
    if (error instanceof HoldfastError) return { outside, kind, ok: false, says: error.message, mend: error.remedy };
    throw error;
  }
}

const titles: Readonly<Record<string, (name: string) => string>> = {
  key: () => 'signing key',
  clock: (name) => `clock, against ${name}`,
  queue: () => 'queue',
  secret: (name) => `secret ${name}`,
  slack: (name) => name,
  store: () => 'store',
  who: (name) => `who changed it, ${name}`,
};

export function foundLine({ outside, kind, ok, partly, says, mend }: Found): string {
  const title = titles[kind]?.(printable(outside)) ?? `anchor ${printable(outside)} (${kind})`;
  const word = partly ? 'partly' : 'ok    ';
  return `${ok ? word : 'FAILED'}  ${title}: ${printable(says)}\n${mend ? `          ${printable(mend)}\n` : ''}`;
}
