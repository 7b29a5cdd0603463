import type { Leaf } from '#src/waivers/tell.ts';

export const day = 86_400_000;
export const start = Date.UTC(2026, 0, 1);

/** An instant, days after the start. */
export const on = (days: number): number => start + Math.round(days * day);
export const iso = (instant: number): string => new Date(instant).toISOString();

export const people = [
  { email: 'Anna@acme.example', also: ['a.berg@acme.example'], name: 'Anna Berg', roles: ['owner', 'approver'] },
  { email: 'bo@acme.example', also: [], name: 'Bo Lind', roles: ['approver'] },
  { email: 'cy@acme.example', also: [], name: 'Cy Moss', roles: ['owner'] },
] as const;

export const roster = (longestDays = 90, who: readonly unknown[] = people) => ({ people: who, waivers: { longestDays } });

const doing = (by: string, at: number, action = `${by} ${at}`) => ({
  action,
  by,
  at: iso(at),
  via: { way: 'command', user: 'someone' },
});

export const rule = 'aws.ec2.security-group-no-public-admin-ports';
export const scope = 'aws/123456789012/eu-central-1/aws.security-group';

/** A request of day `at`, by Cy, for `sg-1` until day 30. */
export const request = (at: number, over: Record<string, unknown> = {}) => ({
  step: 'requested',
  waiver: 'W-000001',
  ...doing('cy@acme.example', on(at)),
  rule,
  items: [{ scope, item: 'sg-1' }],
  reason: 'The old VPN is still in use.',
  compensating: 'The port is watched.',
  until: iso(on(30)),
  ...over,
});

export const decision = (step: 'approved' | 'refused' | 'withdrawn', at: number, by: string, over: Record<string, unknown> = {}) => ({
  step,
  waiver: 'W-000001',
  ...doing(by, on(at)),
  reason: 'As agreed.',
  ...over,
});

/** A body, and the day on which it is recorded. */
export type Dated = readonly [at: number, body: unknown];

/** Leaves in the order given. The ledger begins with the people. */
export function leaves(...given: readonly Dated[]): Leaf[] {
  return ([[0, roster()], ...given] as [number, unknown][]).map(([at, body], index, all) => ({
    index,
    kind: (body as { people?: unknown }).people ? 'people' : 'waiver',
    asOf: on(at),
    body,
    reached: index === 0 ? null : Math.max(...all.slice(0, index).map(([before]) => on(before))),
  }));
}
