import { z } from 'zod';
import { definePopulation } from '#src/population.ts';

export const awsEbsSnapshot = definePopulation('aws.ebs-snapshot', {
  title: 'EBS snapshots that the account owns',
  kind: 'state',
  fields: z.object({
    /** Null where AWS does not say. */
    volumeId: z.string().nullable(),
    encrypted: z.boolean(),
    createdAt: z.iso.datetime(),
    /** Whether any AWS account may make a volume of it. */
    public: z.boolean(),
  }),
  example: {
    key: 'arn:aws:ec2:eu-west-1::snapshot/snap-0a1b2c3d4e5f60718',
    name: 'snap-0a1b2c3d4e5f60718',
    volumeId: 'vol-0a1b2c3d4e5f60718',
    encrypted: true,
    createdAt: '2026-01-02T03:04:05.000Z',
    public: false,
  },
});
