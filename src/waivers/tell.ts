import { type BodyOf, entryBodies } from '#src/evidence/entries.ts';
import type { EvidenceReading } from '#src/evidence/store.ts';
import { type Person, personAt, type Roster, samePerson } from './people.ts';
import type { FlawCode, Step, Waiver } from './waivers.ts';

/** A leaf of kind `people` or `waiver`. Instants in epoch ms. */
export interface Leaf {
  readonly index: number;
  readonly kind: string;
  readonly asOf: number;
  readonly body: unknown;
  /** When the leaf before it was written; null where it is the first. */
  readonly reached: number | null;
}

/** A leaf that speaks of no waiver that is known. */
export interface Stray {
  readonly index: number;
  readonly at: number;
  readonly flaw: 'form' | 'unasked';
  readonly says: string;
}

export interface ToldWaivers {
  /** In the order of their requests. */
  readonly waivers: readonly Waiver[];
  readonly strays: readonly Stray[];
}

/** What is wrong with a leaf, and what its author could have done instead. */
export interface Flaw {
  readonly code: FlawCode;
  readonly says: string;
  readonly mend: string;
}

type Body = BodyOf<'waiver'>;
type Request = Extract<Body, { step: 'requested' }>;

/** A waiver while it is told. */
interface Life {
  readonly request: Request;
  readonly asker: Person | null;
  readonly steps: Step[];
}

/**
 * The waivers that the leaves tell, in the order of the ledger. The rules of a waiver hold here as they hold when it is written: a leaf that
 * breaks one, because it was forged or an older program wrote it, is kept with its flaw and changes nothing. `onFlaw` is told of each.
 */
export function tellWaivers(
  leaves: Iterable<Leaf>,
  keyOf: (scope: string, name: string) => string,
  onFlaw: (leaf: Leaf, flaw: Flaw) => void = () => undefined,
): ToldWaivers {
  const lives = new Map<string, Life>();
  const strays: Stray[] = [];
  let roster: Roster | null = null;
  for (const leaf of leaves) {
    const { index, asOf: at } = leaf;
    if (leaf.kind === 'people') {
      roster = entryBodies.people.safeParse(leaf.body).data ?? null;
      continue;
    }
    const { data: body } = entryBodies.waiver.safeParse(leaf.body);
    if (!body) {
      strays.push({ index, at, flaw: 'form', says: 'it is not of the form of a waiver' });
      onFlaw(leaf, { code: 'form', says: 'it is not of the form of a waiver', mend: 'See docs/leaves.md.' });
      continue;
    }
    const life = lives.get(body.waiver);
    if (!life && body.step !== 'requested') {
      strays.push({ index, at, flaw: 'unasked', says: `nobody had asked for ${body.waiver}` });
      onFlaw(leaf, { code: 'form', says: `there is no ${body.waiver}`, mend: 'List what there is with `holdfast waive list`.' });
      continue;
    }
    const person = personAt(roster, body.by);
    const flaw =
      flawInTime(leaf) ??
      (person === null
        ? {
            code: 'nobody',
            says: `${body.by} was none of the people recorded then`,
            mend: 'Add the person under `people` in holdfast.yaml.',
          }
        : null) ??
      (body.step === 'requested' ? flawInRequest(body, at, roster, lives) : flawInDecision(body, at, life!, person!, roster));
    const { step, by, via, reason } = body;
    const told: Step = {
      step,
      by,
      name: person?.name ?? by,
      at,
      reached: leaf.reached ?? at,
      index,
      via,
      reason,
      flaw: flaw?.says ?? null,
      broken: flaw?.code ?? null,
    };
    if (flaw) onFlaw(leaf, flaw);
    if (life) life.steps.push(told);
    else if (body.step === 'requested') lives.set(body.waiver, { request: body, asker: person, steps: [told] });
  }
  return { waivers: [...lives.values()].map((life) => waiverOf(life, lives, keyOf)), strays };
}

/** The waivers of the evidence, as it is read: now, or as it was known. */
export function waiversIn(reading: Pick<EvidenceReading, 'entries' | 'writtenAt' | 'keyOf'>): ToldWaivers {
  return tellWaivers(waiverLeaves(reading), reading.keyOf);
}

export const waiverLeaves = (reading: Pick<EvidenceReading, 'entries' | 'writtenAt'>): Leaf[] =>
  [...reading.entries('people'), ...reading.entries('waiver')]
    .sort((a, b) => a.index - b.index)
    .map((entry) => ({ ...entry, reached: reading.writtenAt(entry.index) }));

const flawInTime = ({ asOf, reached }: Leaf): Flaw | null =>
  reached !== null && asOf < reached
    ? {
        code: 'dated-back',
        says: `it is dated back: the ledger had come to ${iso(reached)}`,
        mend: 'A waiver holds from its approval on, never before.',
      }
    : null;

function flawInRequest(request: Request, at: number, roster: Roster | null, lives: ReadonlyMap<string, Life>): Flaw | null {
  if (lives.has(request.waiver)) return { code: 'again', says: `there is a ${request.waiver} already`, mend: 'Ask again.' };
  const until = Date.parse(request.until);
  if (until <= at) return { code: 'over-before', says: 'it ends before it begins', mend: 'Name an end that is still to come.' };
  const flaw = flawInLength(at, until, roster);
  if (flaw !== null) return flaw;
  if (request.items.some(({ item }) => /[*?]/.test(item)))
    return {
      code: 'pattern',
      says: 'it does not name its items one by one',
      mend: 'Name each item by its key: a waiver takes no pattern.',
    };
  if (new Set(request.items.map(nameOf)).size < request.items.length)
    return { code: 'twice', says: 'it names an item twice', mend: 'Name each item once.' };
  return request.renews === undefined ? null : flawInRenewal(request, request.renews, lives.get(request.renews));
}

function flawInRenewal(request: Request, id: string, renewed: Life | undefined): Flaw | null {
  if (!renewed || honoured(renewed, 'approved') === undefined)
    return {
      code: 'renews-nothing',
      says: `${id}, which it renews, was never approved`,
      mend: 'Ask for a waiver of its own, without --renews.',
    };
  if (renewed.request.rule !== request.rule)
    return {
      code: 'renews-another-rule',
      says: `${id}, which it renews, is about another rule`,
      mend: 'Ask for a waiver of its own, without --renews.',
    };
  const known = new Set(renewed.request.items.map(nameOf));
  if (!request.items.every((item) => known.has(nameOf(item))))
    return { code: 'renews-other-items', says: `it names items that ${id} does not`, mend: 'Ask for a waiver of its own for the others.' };
  return Date.parse(request.until) <= Date.parse(renewed.request.until)
    ? {
        code: 'renews-no-longer',
        says: `it ends no later than ${id}, which it renews`,
        mend: `Name an end after ${renewed.request.until}.`,
      }
    : null;
}

function flawInDecision({ step, waiver }: Body, at: number, life: Life, person: Person, roster: Roster | null): Flaw | null {
  const until = Date.parse(life.request.until);
  const done = (['withdrawn', 'refused', 'approved'] as const).find((each) => honoured(life, each));
  const again = 'Where it is still needed, ask for a new one.';
  if (!honoured(life, 'requested')) return { code: 'request-flawed', says: 'the request itself is not honoured', mend: again };
  if (done && !(done === 'approved' && step === 'withdrawn'))
    return { code: 'decided', says: `${waiver} was ${done} already`, mend: again };
  if (at >= until) return { code: 'too-late', says: `its end, ${iso(until)}, had come`, mend: again };
  const asker = personAt(roster, life.request.by);
  const own = [life.asker, asker].some((each) => each !== null && samePerson(each, person));
  const approver = person.roles.includes('approver');
  const others = 'Have somebody with the role `approver` do it, under `people` in holdfast.yaml.';
  if (step === 'withdrawn')
    return own || approver ? null : { code: 'no-approver', says: `${person.name} neither asked for it nor is an approver`, mend: others };
  if (!approver) return { code: 'no-approver', says: `${person.name} is no approver`, mend: others };
  if (own)
    return {
      code: 'own',
      says: `${person.name} asked for it, and who asks does not decide`,
      mend: 'Have another approver decide, or withdraw it.',
    };
  return step === 'approved' ? flawInLength(at, until, roster) : null;
}

const flawInLength = (from: number, until: number, roster: Roster | null): Flaw | null => {
  const longest = roster?.waivers.longestDays ?? 0;
  const latest = from + longest * 86_400_000;
  return until > latest
    ? {
        code: 'too-long',
        says: `it lasts longer than the ${longest} days that a waiver may last`,
        mend: `End it by ${iso(latest)}, and renew it then.`,
      }
    : null;
};

function waiverOf({ request, steps }: Life, lives: ReadonlyMap<string, Life>, keyOf: (scope: string, name: string) => string): Waiver {
  const { waiver: id, rule, items, reason, compensating, renews = null } = request;
  const until = Date.parse(request.until);
  const at = (step: Step['step']): number | null => steps.find((each) => each.step === step && each.flaw === null)?.at ?? null;
  const approved = at('approved');
  const renewals = [...lives].filter(([, life]) => life.request.renews === id && honoured(life, 'approved') !== undefined);
  return {
    id,
    rule,
    items: items.map(({ scope, item }) => ({ scope, item: keyOf(scope, item) })),
    reason,
    compensating,
    until,
    renews,
    renewedBy: renewals.at(-1)?.[0] ?? null,
    steps,
    inForce: approved === null ? null : { from: approved, to: Math.min(until, at('withdrawn') ?? Infinity) },
  };
}

const honoured = ({ steps }: Life, step: Step['step']): Step | undefined => steps.find((each) => each.step === step && each.flaw === null);
const nameOf = ({ scope, item }: { scope: string; item: string }): string => `${scope}\n${item}`;
const iso = (instant: number): string => new Date(instant).toISOString();
