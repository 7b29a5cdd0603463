import { z } from 'zod';
import { definePopulation } from '#src/population.ts';

/** The four switches of Block Public Access. Only the last two act on what exists; the first two stop future grants. */
export const publicAccessBlock = z.object({
  blockPublicAcls: z.boolean(),
  blockPublicPolicy: z.boolean(),
  ignorePublicAcls: z.boolean(),
  restrictPublicBuckets: z.boolean(),
});

export type PublicAccessBlock = z.infer<typeof publicAccessBlock>;

export const awsS3Bucket = definePopulation('aws.s3-bucket', {
  title: 'S3 buckets',
  kind: 'state',
  fields: z.object({
    region: z.string(),
    accountBlock: publicAccessBlock.nullable().describe("The account's public access block; null where none is set"),
    bucketBlock: publicAccessBlock.nullable().describe("The bucket's own public access block; null where none is set"),
    policyIsPublic: z.boolean().describe('What the provider says of the policy, before any block'),
    aclPublicGrants: z.array(z.string()).describe('Grants to everyone or to any AWS account, before any block: `AllUsers READ`'),
    ownership: z.string().nullable().describe('`BucketOwnerEnforced` switches access lists off; null where none is set'),
    publicByPolicy: z.boolean().describe('The policy makes it public and no block takes that away'),
    publicByAcl: z.array(z.string()).describe('The public grants that no block and no ownership setting takes away'),
    refusesPlainHttp: z.boolean().describe('The policy denies everyone every action without TLS, on the bucket and its objects'),
    encryption: z.string().nullable().describe('`AES256`, `aws:kms` or `aws:kms:dsse`; null where no default is set'),
    kmsKeyId: z.string().nullable().describe('Null where the key is not named: the service then uses its own'),
    versioning: z.enum(['enabled', 'suspended', 'never']),
  }),
  example: {
    key: 'arn:aws:s3:::acme-orders',
    name: 'acme-orders',
    region: 'eu-central-1',
    accountBlock: { blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true },
    bucketBlock: null,
    policyIsPublic: false,
    aclPublicGrants: [],
    ownership: 'BucketOwnerEnforced',
    publicByPolicy: false,
    publicByAcl: [],
    refusesPlainHttp: true,
    encryption: 'aws:kms',
    kmsKeyId: 'arn:aws:kms:eu-central-1:123456789012:key/1b2c3d4e-0000-4000-8000-000000000001',
    versioning: 'enabled',
  },
});
