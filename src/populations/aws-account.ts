import { z } from 'zod';
import { definePopulation } from '#src/population.ts';
import { publicAccessBlock } from './aws-s3-bucket.ts';

export const awsAccount = definePopulation('aws.account', {
  title: 'AWS accounts',
  kind: 'state',
  fields: z.object({
    alias: z.string().nullable(),
    rootMfa: z
      .enum(['enabled', 'not-enabled', 'no-credentials', 'no-sign-in'])
      .describe('`no-credentials`: root has neither password nor key; `no-sign-in`: root cannot sign in here, as in GovCloud'),
    rootMfaDevice: z.enum(['none', 'virtual', 'hardware']).describe('`hardware` stands for every factor that is not virtual'),
    rootAccessKeys: z.enum(['none', 'inactive', 'present']).describe('`present`: active, or too new for its state to be known'),
    rootSigningCertificate: z.boolean(),
    passwordPolicy: z
      .object({
        minimumLength: z.int(),
        requireUppercase: z.boolean(),
        requireLowercase: z.boolean(),
        requireNumbers: z.boolean(),
        requireSymbols: z.boolean(),
        maxAgeDays: z.int().nullable(),
        reusePrevention: z.int().nullable(),
      })
      .nullable()
      .describe("Null where none is set and AWS's own default holds"),
    publicAccessBlock: publicAccessBlock.nullable().describe('S3 Block Public Access of the account; null where it was never set'),
  }),
  example: {
    key: 'arn:aws:iam::123456789012:root',
    name: '123456789012',
    alias: 'acme-production',
    rootMfa: 'enabled',
    rootMfaDevice: 'hardware',
    rootAccessKeys: 'none',
    rootSigningCertificate: false,
    passwordPolicy: {
      minimumLength: 14,
      requireUppercase: true,
      requireLowercase: true,
      requireNumbers: true,
      requireSymbols: true,
      maxAgeDays: null,
      reusePrevention: 24,
    },
    publicAccessBlock: { blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true },
  },
});
