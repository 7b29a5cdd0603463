import { hash } from 'node:crypto';
import type { BodyOf } from '#src/evidence/entries.ts';
import type { EvidenceStore } from '#src/evidence/store.ts';
import { type Flaw, type ToldWaivers, tellWaivers, waiverLeaves } from '#src/waivers/tell.ts';
import { stepOf, type Waiver } from '#src/waivers/waivers.ts';
import type { Action, Deed } from './action.ts';
import type { Failing } from './failing.ts';

/** Why something is not done, and what to do instead. */
export interface Refusal {
  readonly says: string;
  readonly mend: string;
}

type WaiverDeed = Exclude<Deed, { alert: string }>;
type Body = BodyOf<'waiver'>;

interface Facts {
  readonly store: EvidenceStore;
  readonly rules: ReadonlySet<string>;
  readonly failing: (rule: string, scope: string, item: string) => Failing;
  /** When it would be recorded, epoch ms. */
  readonly now: number;
}

/** The leaf that an order makes and what it says; or why it makes none. The rules are those by which leaves are read. */
export function recordOf(action: Action, deed: WaiverDeed, facts: Facts): { body: Body; says: string } | Refusal {
  const { store, now } = facts;
  const leaves = waiverLeaves(store);
  const told = tellWaivers(leaves, store.keyOf);
  const refusal = deed.do === 'request-waiver' ? flawInRequest(deed, facts, told) : flawInDecision(deed, facts, told);
  if (refusal) return refusal;
  const body = bodyOf(action, deed, store, told);
  const flaws: Flaw[] = [];
  tellWaivers([...leaves, { index: store.head().size, kind: 'waiver', asOf: now, body, reached: now }], store.keyOf, ({ index }, flaw) => {
    if (index === store.head().size) flaws.push(flaw);
  });
  if (flaws[0]) return { says: `${capitalized(flaws[0].says)}.`, mend: flaws[0].mend };
  return { body, says: saysOf(body, deed, told) };
}

function flawInRequest(
  deed: Extract<WaiverDeed, { do: 'request-waiver' }>,
  { rules, failing }: Facts,
  { waivers }: ToldWaivers,
): Refusal | null {
  const { rule, items, reason, compensating, renews } = deed;
  if (!rules.has(rule)) return { says: `There is no rule ${rule}.`, mend: 'List the rules with `holdfast rules`.' };
  const thin = [
    ['reason', reason],
    ['compensating control', compensating],
  ].find(([, text]) => text!.trim().length < 10);
  if (thin) return { says: `Its ${thin[0]} says too little.`, mend: 'Say in a sentence what an auditor will want to know.' };
  for (const { scope, item } of items) {
    const flaw = notFailing[failing(rule, scope, item)];
    if (flaw) return { says: `${item} in ${scope}${flaw.says}`, mend: flaw.mend };
  }
  const open = waivers.find(
    (waiver) => isOpen(waiver) && waiver.rule === rule && items.some((own) => waiver.items.some((each) => same(own, each))),
  );
  if (open && renews === undefined && open.inForce === null)
    return { says: `${open.id} asks for the same already.`, mend: 'Have it decided, or withdraw it first.' };
  return null;
}

/** Asked for and not decided. */
const isOpen = (waiver: Waiver): boolean =>
  stepOf(waiver, 'requested') !== undefined &&
  (['approved', 'refused', 'withdrawn'] as const).every((step) => stepOf(waiver, step) === undefined);

const same = (a: { scope: string; item: string }, b: { scope: string; item: string }): boolean => a.scope === b.scope && a.item === b.item;

const notFailing: Readonly<Record<Failing, Refusal | null>> = {
  fails: null,
  passes: {
    says: ' does not fail that rule now, so there is nothing to accept.',
    mend: 'See what is open with `holdfast deviations --open`.',
  },
  'unknown-item': { says: ' is not known.', mend: 'Name the item as `holdfast results --json` does, by scope and key.' },
  'not-judged': { says: ' is not judged by that rule.', mend: 'See what each rule judges with `holdfast rules`.' },
};

function flawInDecision(
  { do: what, waiver: id, reason }: Exclude<WaiverDeed, { do: 'request-waiver' }>,
  { failing }: Facts,
  { waivers }: ToldWaivers,
): Refusal | null {
  const waiver = waivers.find((each) => each.id === id);
  if (!waiver) return { says: `There is no waiver ${id}.`, mend: 'List what there is with `holdfast waive list`.' };
  if (reason.trim().length < 3) return { says: 'A reason is missing.', mend: 'Say why in a few words: auditors read it.' };
  if (what === 'approve-waiver' && isOpen(waiver) && waiver.items.every(({ scope, item }) => failing(waiver.rule, scope, item) !== 'fails'))
    return { says: `Nothing that ${id} names fails any more.`, mend: 'It needs no waiver: refuse it, or have it withdrawn.' };
  return null;
}

const steps = { 'approve-waiver': 'approved', 'refuse-waiver': 'refused', 'withdraw-waiver': 'withdrawn' } as const;

function bodyOf({ id, by, at, via }: Action, deed: WaiverDeed, store: EvidenceStore, { waivers }: ToldWaivers): Body {
  const doing = { action: id, by, at: iso(at), via };
  if (deed.do !== 'request-waiver') return { step: steps[deed.do], waiver: deed.waiver, ...doing, reason: deed.reason.trim() };
  const { rule, items, reason, compensating, until, renews } = deed;
  return {
    step: 'requested',
    waiver: newId(id, new Set(waivers.map((waiver) => waiver.id))),
    ...doing,
    rule,
    items: items.map(({ scope, item }) => ({ scope, item: store.nameOf(scope, item) })),
    reason: reason.trim(),
    compensating: compensating.trim(),
    until: iso(until),
    ...(renews !== undefined && { renews }),
  };
}

/** A short name to speak of it: letters and digits that are not taken for each other. The same for the same action. */
function newId(action: string, taken: ReadonlySet<string>): string {
  const letters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  const digest = [...hash('sha256', `waiver ${action}`, 'buffer')].map((byte) => letters[byte % 32]).join('');
  for (let length = 6; ; length++) {
    const id = `W-${digest.slice(0, length)}`;
    if (!taken.has(id)) return id;
  }
}

function saysOf(body: Body, deed: WaiverDeed, { waivers }: ToldWaivers): string {
  if (body.step === 'requested') {
    const items = deed.do !== 'request-waiver' || deed.items.length > 1 ? `${body.items.length} items` : deed.items[0]!.item;
    return `${body.waiver} asks to accept ${items} under ${body.rule} until ${body.until}. An approver, and somebody else, decides.`;
  }
  const { until } = waivers.find(({ id }) => id === body.waiver)!;
  if (body.step === 'approved') return `${body.waiver} is approved from now until ${iso(until)}. What failed before stays what it was.`;
  return `${body.waiver} is ${body.step}.`;
}

const capitalized = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
const iso = (instant: number): string => new Date(instant).toISOString();
