import { z } from 'zod';
import { definePopulation } from '#src/population.ts';

export const awsEbsVolume = definePopulation('aws.ebs-volume', {
  title: 'EBS volumes',
  kind: 'state',
  fields: z.object({
    /** `creating`, `available`, `in-use`, `deleting`, `deleted` or `error`. */
    state: z.string(),
    encrypted: z.boolean(),
    /** Null where it is not encrypted. */
    kmsKeyId: z.string().nullable(),
    createdAt: z.iso.datetime(),
    /** The instances it is attached to. */
    attachedTo: z.array(z.string()),
  }),
  example: {
    key: 'arn:aws:ec2:eu-west-1:111122223333:volume/vol-0a1b2c3d4e5f60718',
    name: 'vol-0a1b2c3d4e5f60718',
    state: 'in-use',
    encrypted: true,
    kmsKeyId: 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    createdAt: '2026-01-02T03:04:05.000Z',
    attachedTo: ['i-0a1b2c3d4e5f60718'],
  },
});
