import type { z } from 'zod';
import { type Api, defineCollector, type Reads } from '#collector';
import { identityAccount } from '#populations/identity-account';
import { listOf, User } from './replies.ts';

const reads = { 'GET /Users': { needs: 'scim:read', reply: listOf(User) } } satisfies Reads;

export default defineCollector(identityAccount, {
  id: 'scim-accounts',
  title: 'Accounts of the directory',
  every: '1h',
  per: 'account',
  reads,
  limits: 'SCIM knows no second factors, no sign-ins and no events. Whom it no longer lists is gone without a date.',
  async *collect(api) {
    const unread = (reason: 'withheld' | 'not-offered', detail: string) => api.unread('GET /Users', reason, detail);
    const factors = unread('not-offered', 'SCIM does not carry second factors');
    const lastSignIn = unread('not-offered', 'SCIM does not carry sign-ins');
    for await (const user of everyUser(api)) {
      yield {
        key: `scim:user:${user.id}`,
        name: user.userName,
        userName: user.userName,
        displayName: user.displayName ?? null,
        externalId: user.externalId ?? null,
        status: user.active === undefined ? unread('withheld', 'active is left out') : statusOf(user.active),
        kind: kindOf(user.userType),
        roles: user.roles ? namesOf(user.roles) : unread('withheld', 'roles is left out, which may mean none or not supported'),
        factors,
        lastSignIn,
        createdAt: user.meta?.created ?? unread('withheld', 'meta.created is left out'),
        modifiedAt: user.meta?.lastModified ?? unread('withheld', 'meta.lastModified is left out'),
      };
    }
  },
});

async function* everyUser(api: Api<typeof reads>): AsyncGenerator<z.infer<typeof User>> {
  let total = 0;
  for await (const page of api.pages('GET /Users', {})) {
    total = page.totalResults;
    yield* page.Resources ?? [];
  }
  api.count(total, 'totalResults');
}

const statusOf = (active: boolean): 'active' | 'suspended' => (active ? 'active' : 'suspended');

/** `userType` is free text; only what is plain is taken from it. */
function kindOf(userType: string | null | undefined): 'human' | 'guest' | 'service' | 'unknown' {
  const said = userType?.toLowerCase() ?? '';
  if (/^(employee|contractor|intern|temp)$/.test(said)) return 'human';
  if (/^(external|guest)$/.test(said)) return 'guest';
  return /^service( ?account)?$/.test(said) ? 'service' : 'unknown';
}

const namesOf = (roles: readonly { value?: string | undefined; display?: string | undefined }[]): string[] =>
  [...new Set(roles.map(({ value, display }) => value ?? display ?? ''))].sort();
