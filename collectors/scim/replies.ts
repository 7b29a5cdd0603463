import { z } from 'zod';
import { instant } from '#collector';

/** Some services write `active` as text. */
const truth = z.preprocess(
  (value) => (typeof value === 'string' ? ({ true: true, false: false } as Record<string, boolean>)[value.toLowerCase()] : value),
  z.boolean(),
);

/** Left out means unassigned in SCIM (RFC 7643 §2.5), for what the service supports at all. */
export const User = z.object({
  id: z.string().min(1),
  userName: z.string().min(1),
  displayName: z.string().nullish(),
  externalId: z.string().nullish(),
  userType: z.string().nullish(),
  active: truth.optional(),
  roles: z.array(z.object({ value: z.string().optional(), display: z.string().optional() })).optional(),
  meta: z.object({ created: instant.optional(), lastModified: instant.optional() }).optional(),
});

const Member = z.object({ value: z.string().min(1), type: z.string().optional() });

export const Group = z.object({ id: z.string().min(1), displayName: z.string(), members: z.array(Member).optional() });

/** A page of a list. `Resources` may be left out only where there is nothing at all (RFC 7644 §3.4.2). */
export const listOf = <T extends z.ZodType>(resource: T) =>
  z
    .object({ totalResults: z.int().min(0), Resources: z.array(resource).optional() })
    .refine(({ totalResults, Resources }) => totalResults === 0 || Resources !== undefined, 'a list without Resources');
