import { z } from 'zod';
import type { Duration } from '#src/duration.ts';

/** Why something could not be read. Each is a silence, never a value; none may be turned into one. */
export const unreadReasons = {
  denied: 'The provider refused the call.',
  'credential-rejected': 'The provider did not accept the credential.',
  throttled: 'The provider kept asking to slow down until we gave up.',
  unavailable: 'The provider did not answer, or answered with a fault of its own.',
  malformed: 'The answer did not have the shape it must have.',
  partial: 'Some pages or items of the answer are missing, or its own count disagrees.',
  gone: 'The item disappeared between being listed and being read.',
  withheld: 'The provider answered, but leaves this field out for this caller.',
  'not-offered': 'The provider, its plan or its protocol does not offer this.',
  'redaction-blocked': 'The answer seems to hold a secret, so it was not kept.',
  'collector-fault': 'The collector itself failed.',
  'rule-fault': 'The rule itself failed on this item.',
  incomplete: 'Another population that the rule needs was not read completely.',
} as const;

export type UnreadReason = keyof typeof unreadReasons;

/** A field or a population that was asked for and could not be read. */
export interface Unread {
  readonly unread: UnreadReason;
  /** The provider's call that failed, as the collector declares it. */
  readonly call: string;
  /** The permission that the call needs. */
  readonly needs: string;
  /** The provider's own words, shortened; never a secret. */
  readonly detail: string;
}

export function isUnread(value: unknown): value is Unread {
  return typeof value === 'object' && value !== null && typeof (value as Unread).unread === 'string' && 'call' in value;
}

/** The reason in one line, as it stands in a result: which call, which permission, why. */
export function explainUnread({ unread, call, needs, detail }: Unread): string {
  const permission = needs && needs !== call ? ` (needs ${needs})` : '';
  return `${call}${permission}: ${unread}${detail ? `, ${detail}` : ''}`;
}

/** Every item has an immutable key, which holds the provider's own id, and a name, which may change. */
export interface Identity {
  readonly key: string;
  readonly name: string;
}

/** What a collector yields: each field is its value or the reason there is none. */
export type Observed<T> = Identity & { readonly [K in keyof T]: T[K] | Unread };

export interface Population<T = any> {
  readonly type: string;
  readonly title: string;
  /**
   * `state`: what exists now; an item missing from a complete look is gone.
   * `event`: what happened; an item once seen stays, and counts in the window that holds its instant.
   */
  readonly kind: 'state' | 'event';
  readonly fields: z.ZodType<T>;
  /** Events only: the field with the one instant (ISO 8601) that decides which window an item belongs to. */
  readonly at?: keyof T & string;
  /** Events only: how long the source remembers them. A silence longer than this is unobserved for ever. */
  readonly memory?: Duration;
  /** Its items are people, or name them: what is recorded of them is salted, so that it can be erased. */
  readonly personal?: boolean;
  /** Made by Holdfast itself from its own evidence, so no collector feeds it. */
  readonly derived?: boolean;
  /** A whole item; rules give their examples as patches on it. */
  readonly example: Identity & T;
}

export type FieldsOf<P> = P extends Population<infer T> ? T : never;

/**
 * Declares a population: the narrow waist between collectors and rules.
 * Fields hold JSON values without fractions: strings, booleans, null, integers, arrays, objects; instants are ISO 8601 strings in UTC.
 */
export function definePopulation<S extends z.ZodObject>(
  type: string,
  spec: Omit<Population<z.infer<S>>, 'type' | 'fields'> & { fields: S },
): Population<z.infer<S>> {
  return { type, ...spec } as unknown as Population<z.infer<S>>;
}

const unread = z.object({ unread: z.string(), call: z.string(), needs: z.string(), detail: z.string() });

/** Checks what a collector yielded against its population; returns what is wrong, or null. */
export function flawIn(population: Population, item: Observed<object>): string | null {
  const { key, name, ...fields } = item as Observed<Record<string, unknown>>;
  if (typeof key !== 'string' || key === '' || typeof name !== 'string') return 'an item has no key or no name';
  const shape = (population.fields as unknown as z.ZodObject).shape as Record<string, z.ZodType>;
  for (const field of Object.keys(shape)) {
    const value = fields[field];
    if (value === undefined) return `${key}: field ${field} is missing`;
    const checked = isUnread(value) ? unread.safeParse(value) : shape[field]!.safeParse(value);
    if (!checked.success) return `${key}: field ${field} is not as declared (${checked.error.issues[0]?.message ?? 'unknown'})`;
  }
  if (population.at && isUnread(fields[population.at])) return `${key}: the instant ${population.at} of an event cannot be unread`;
  const stray = Object.keys(fields).find((field) => !(field in shape));
  return stray === undefined ? null : `${key}: field ${stray} is not declared`;
}
