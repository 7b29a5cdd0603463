import { z } from 'zod';
import type { Action } from './action.ts';

const instant = z.int().min(0).max(8_640_000_000_000_000);
const short = z.string().min(1).max(200);
const said = z.string().max(2_000);
const itemName = z.strictObject({ scope: z.string().min(1).max(1_000), item: z.string().min(1).max(2_000) });

const deed = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('acknowledge'), alert: short, until: instant, note: said }),
  z.strictObject({ do: z.literal('assign'), alert: short, to: short }),
  z.strictObject({
    do: z.literal('request-waiver'),
    rule: short,
    items: z.array(itemName).min(1).max(200),
    reason: said,
    compensating: said,
    until: instant,
    renews: short.optional(),
  }),
  z.strictObject({ do: z.enum(['approve-waiver', 'refuse-waiver', 'withdraw-waiver']), waiver: short, reason: said }),
]);

const via = z.discriminatedUnion('way', [
  z.strictObject({ way: z.literal('command'), user: short }),
  z.strictObject({ way: z.literal('page'), remote: short }),
  z.strictObject({ way: z.literal('slack'), team: short, user: short, ts: short }),
]);

const action = z.strictObject({ id: short, by: short, at: instant, via, deed });

/** What keeps an action from being understood; null where nothing does. */
export function flawInAction(given: Action): string | null {
  const issue = action.safeParse(given).error?.issues[0];
  return issue ? `${issue.path.join('.') || 'the whole'}: ${issue.message}` : null;
}
