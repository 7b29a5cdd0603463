import type { BodyOf } from '#src/evidence/entries.ts';

/** The people who may act, as a leaf of kind `people` has them. */
export type Roster = BodyOf<'people'>;
export type Person = Roster['people'][number];

/** Addresses are compared without regard to case. */
export const sameAddress = (a: string, b: string): boolean => plain(a) === plain(b);

/** Who has an address, their own or another of theirs; null where nobody does. */
export const personAt = (roster: Roster | null, address: string): Person | null =>
  roster?.people.find((person) => addressesOf(person).some((own) => sameAddress(own, address))) ?? null;

/** One person may stand in two rosters, with other addresses: who shares an address or the name is the same. */
export const samePerson = (a: Person, b: Person): boolean =>
  plain(a.name) === plain(b.name) || addressesOf(a).some((one) => addressesOf(b).some((other) => sameAddress(one, other)));

const addressesOf = ({ email, also }: Person): string[] => [email, ...also];

const plain = (text: string): string => text.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase();
