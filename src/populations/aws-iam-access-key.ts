import { z } from 'zod';
import { definePopulation } from '#src/population.ts';

const time = z.iso.datetime();

export const awsIamAccessKey = definePopulation('aws.iam-access-key', {
  title: 'Access keys of IAM users',
  kind: 'state',
  personal: true,
  fields: z.object({
    user: z.string(),
    active: z.boolean(),
    rotated: time.describe('When the key was made, or last made active or inactive'),
    used: time.nullable().describe('The day of the last use; null where none is known'),
    supersededAt: time.nullable().describe("When the user's other, newer active key was made; null where there is none"),
  }),
  example: {
    key: 'arn:aws:iam::123456789012:user/deploy#AIDAEXAMPLE00000000002/access-key/1',
    name: 'deploy, access key 1',
    user: 'deploy',
    active: true,
    rotated: '2025-12-20T08:00:00.000Z',
    used: '2026-01-14T00:00:00.000Z',
    supersededAt: null,
  },
});
