import { z } from 'zod';
import { definePopulation } from '#src/population.ts';

const time = z.iso.datetime();

export const awsIamUser = definePopulation('aws.iam-user', {
  title: 'IAM users and their credentials',
  kind: 'state',
  personal: true,
  fields: z.object({
    created: time,
    passwordEnabled: z.boolean(),
    passwordChanged: time.nullable(),
    passwordUsed: time.nullable().describe('The day of the last sign-in with it; null where none is known'),
    mfaActive: z.boolean(),
    keys: z.array(
      z.object({
        slot: z.int().min(1).max(2),
        active: z.boolean(),
        rotated: time.nullable(),
        used: time.nullable().describe('The day of the last use; null where none is known'),
      }),
    ),
  }),
  example: {
    key: 'arn:aws:iam::123456789012:user/alice#AIDAEXAMPLE00000000001',
    name: 'alice',
    created: '2025-03-01T09:00:00.000Z',
    passwordEnabled: true,
    passwordChanged: '2025-03-01T09:10:00.000Z',
    passwordUsed: '2026-01-14T00:00:00.000Z',
    mfaActive: true,
    keys: [{ slot: 1, active: true, rotated: '2025-12-20T08:00:00.000Z', used: '2026-01-14T00:00:00.000Z' }],
  },
});
