import { expect, test } from '@jest/globals';
import investigator from '#collectors/scim/modified.ts';

const at = (time: string) => Date.parse(`2026-01-15T${time}Z`);
const inquiry = (snapshots: object[]) => ({
  from: at('09:00:00'),
  to: at('10:00:00'),
  now: at('10:01:00'),
  before: 0,
  questions: snapshots.map((snapshot, n) => ({ population: 'identity.account', item: `scim:user:${n}`, snapshot: { ...snapshot } })),
});

test('tells when, never who; and nothing that lies outside the two looks', async () => {
  const place = { account: 'tenant', region: 'global' };
  const withheld = { unread: 'withheld', call: 'GET /Users', needs: 'scim:read', detail: '' };
  const told = await investigator.investigate(
    {} as never,
    place,
    inquiry([{ modifiedAt: '2026-01-15T09:30:00.000Z' }, { modifiedAt: '2026-01-15T08:59:59.999Z' }, { modifiedAt: withheld }, {}]),
  );
  const why = 'SCIM does not tell who changes what';
  expect(told).toEqual([
    { known: false, why, at: at('09:30:00') },
    { known: false, why },
    { known: false, why },
    { known: false, why },
  ]);
});
