import type { BodyOf } from '#src/evidence/entries.ts';

type Body = BodyOf<'waiver'>;
export type StepName = Body['step'];

export interface ItemName {
  readonly scope: string;
  readonly item: string;
}

/** What one leaf says of a waiver. Instants in epoch ms. */
export interface Step {
  readonly step: StepName;
  /** The address as it was given, and who that was; the address again where nobody is known by it. */
  readonly by: string;
  readonly name: string;
  /** When it was recorded, as the leaf says: nothing holds from earlier on. And when the leaf before it was written. */
  readonly at: number;
  readonly reached: number;
  /** Ledger index. */
  readonly index: number;
  readonly via: Body['via'];
  readonly reason: string;
  /** Why it is not honoured; null where it is. */
  readonly flaw: string | null;
  /** Which rule it breaks. */
  readonly broken: FlawCode | null;
}

/** In short which rule a leaf breaks; docs/package.md says each. */
export type FlawCode =
  | 'form'
  | 'dated-back'
  | 'nobody'
  | 'again'
  | 'over-before'
  | 'too-long'
  | 'pattern'
  | 'twice'
  | 'renews-nothing'
  | 'renews-another-rule'
  | 'renews-other-items'
  | 'renews-no-longer'
  | 'request-flawed'
  | 'decided'
  | 'too-late'
  | 'no-approver'
  | 'own';

/** One waiver over named items of one rule, as the leaves tell it. Items stand by their keys. */
export interface Waiver {
  readonly id: string;
  readonly rule: string;
  readonly items: readonly ItemName[];
  readonly reason: string;
  readonly compensating: string;
  /** When it was to end, epoch ms. */
  readonly until: number;
  /** The waiver that it renews, and the approved one that renewed it. */
  readonly renews: string | null;
  readonly renewedBy: string | null;
  /** Every leaf that speaks of it, in order, also those that are not honoured. The first is the request. */
  readonly steps: readonly Step[];
  /** When it is in force: from the approval until its end, or until it was withdrawn. Null where it was never approved. */
  readonly inForce: { readonly from: number; readonly to: number } | null;
}

/** `lapsed`: nobody decided before its end. `void`: the request itself is not honoured. */
export type WaiverState = 'requested' | 'approved' | 'expired' | 'refused' | 'withdrawn' | 'lapsed' | 'void';

/** The step of a name that is honoured, if there is one. */
export const stepOf = ({ steps }: Waiver, step: StepName): Step | undefined =>
  steps.find((each) => each.step === step && each.flaw === null);

export function stateAt(waiver: Waiver, instant: number): WaiverState {
  const done = (step: StepName): boolean => (stepOf(waiver, step)?.at ?? Infinity) <= instant;
  if (!done('requested')) return 'void';
  if (done('withdrawn')) return 'withdrawn';
  if (done('refused')) return 'refused';
  if (done('approved')) return instant < waiver.until ? 'approved' : 'expired';
  return instant < waiver.until ? 'requested' : 'lapsed';
}

export const covers = (waiver: Waiver, rule: string, scope: string, item: string): boolean =>
  waiver.rule === rule && waiver.items.some((each) => each.item === item && each.scope === scope);

/** The waiver under which a failing item stands at an instant, the one that ends last; null where none is in force. */
export function waivedAt(waivers: readonly Waiver[], rule: string, scope: string, item: string, instant: number): Waiver | null {
  const own = waivers.filter(
    (waiver) =>
      waiver.inForce !== null && waiver.inForce.from <= instant && instant < waiver.inForce.to && covers(waiver, rule, scope, item),
  );
  return own.toSorted((a, b) => a.inForce!.to - b.inForce!.to).at(-1) ?? null;
}

/** A time in which an item of a rule stood under waiver without a break, under one or several. */
export interface Stretch {
  readonly rule: string;
  readonly scope: string;
  readonly item: string;
  readonly from: number;
  readonly to: number;
}

/** The stretches of every item that is or was under waiver, by item and time. Those that touch are one. */
export function stretches(waivers: readonly Waiver[]): Stretch[] {
  const all = waivers.flatMap(({ rule, items, inForce }) =>
    inForce === null || inForce.to <= inForce.from ? [] : items.map(({ scope, item }): Stretch => ({ rule, scope, item, ...inForce })),
  );
  return [...Map.groupBy(all, ({ rule, scope, item }) => `${rule}\n${scope}\n${item}`).values()].flatMap((own) => {
    const merged: Stretch[] = [];
    for (const each of own.toSorted((a, b) => a.from - b.from)) {
      const last = merged.at(-1);
      if (last && each.from <= last.to) merged[merged.length - 1] = { ...last, to: Math.max(last.to, each.to) };
      else merged.push(each);
    }
    return merged;
  });
}
