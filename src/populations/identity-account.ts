import { z } from 'zod';
import { definePopulation } from '#src/population.ts';

/** Kinds of second factor. `push-number` asks for a number shown at sign-in, `push` for a tap alone. */
export const factorKinds = [
  'webauthn',
  'passkey',
  'platform',
  'smartcard',
  'totp',
  'hardware-otp',
  'push-number',
  'push',
  'sms',
  'voice',
  'email',
  'question',
] as const;

/** An account in an identity provider or directory, whoever that is. */
export const identityAccount = definePopulation('identity.account', {
  title: 'Accounts of identity providers and directories',
  kind: 'state',
  personal: true,
  fields: z.object({
    userName: z.string(),
    displayName: z.string().nullable(),
    externalId: z.string().nullable().describe('The id by which another system, such as the personnel system, knows the account'),
    status: z
      .enum(['staged', 'active', 'locked', 'suspended', 'deprovisioned'])
      .describe('Only active and locked accounts can sign in, the locked ones later'),
    kind: z.enum(['human', 'guest', 'service', 'shared', 'break-glass', 'unknown']).describe('`unknown` is judged as a person is'),
    roles: z.array(z.string()).describe('As the provider names them, sorted'),
    factors: z.array(z.enum(factorKinds)).describe('Second factors that are set up and active, sorted'),
    lastSignIn: z.iso.datetime().nullable().describe('The last successful one, floored to the day; null is never'),
    createdAt: z.iso.datetime(),
    modifiedAt: z.iso.datetime(),
  }),
  example: {
    key: 'scim:user:2819c223',
    name: 'ada@example.com',
    userName: 'ada@example.com',
    displayName: 'Ada Lovelace',
    externalId: 'P-1001',
    status: 'active',
    kind: 'human',
    roles: [],
    factors: ['webauthn'],
    lastSignIn: '2026-01-10T00:00:00.000Z',
    createdAt: '2024-03-01T09:00:00.000Z',
    modifiedAt: '2025-11-02T09:00:00.000Z',
  },
});

/** Accounts that a rule leaves to the company's own register, each with its reason. */
export const exempt = z
  .array(z.object({ account: z.string().describe('User name, or key'), reason: z.string().min(1) }))
  .default([])
  .describe('Accounts left out, such as service and synchronization accounts, each with its reason');

/** The entry that names the account by key or by user name, which is not case-sensitive. */
export function entryFor<E extends { readonly account: string }>(
  entries: readonly E[],
  { key, userName }: { key: string; userName: string },
): E | undefined {
  return entries.find(({ account }) => account === key || account.toLowerCase() === userName.toLowerCase());
}
