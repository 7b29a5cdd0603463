import { z } from 'zod';
import { definePopulation } from '#src/population.ts';

/** Keys that the customer may manage. A key whose own policy refuses us stays listed, with its fields unread. */
export const awsKmsKey = definePopulation('aws.kms-key', {
  title: 'KMS keys',
  kind: 'state',
  fields: z.object({
    manager: z.string().describe('`CUSTOMER` or `AWS`'),
    state: z.string(),
    spec: z.string(),
    usage: z.string(),
    origin: z.string().describe('Where the key material comes from; `AWS_KMS` is the service itself'),
    multiRegion: z.enum(['no', 'primary', 'replica']),
    rotation: z
      .object({ enabled: z.boolean(), periodDays: z.int().nullable().describe('Null where it does not rotate') })
      .nullable()
      .describe('Null where the service offers no automatic rotation for such a key'),
  }),
  example: {
    key: 'arn:aws:kms:eu-central-1:123456789012:key/1b2c3d4e-0000-4000-8000-000000000001',
    name: 'alias/orders',
    manager: 'CUSTOMER',
    state: 'Enabled',
    spec: 'SYMMETRIC_DEFAULT',
    usage: 'ENCRYPT_DECRYPT',
    origin: 'AWS_KMS',
    multiRegion: 'no',
    rotation: { enabled: true, periodDays: 365 },
  },
});
