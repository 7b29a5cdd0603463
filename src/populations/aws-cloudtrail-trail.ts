import { z } from 'zod';
import { definePopulation } from '#src/population.ts';

/** Which management events a trail records. `some`: its selectors leave out more than reads and whole services. */
const managementEvents = z.object({
  records: z.enum(['all', 'write', 'read', 'some', 'none']),
  excludedSources: z.array(z.string()).describe('Services whose events are left out: `kms.amazonaws.com`'),
});

export type ManagementEvents = z.infer<typeof managementEvents>;

/**
 * Every trail that records for the account: its own, and those of its organization. An organization's trail is an item of each account that
 * sees it, under its ARN and that account, since what each account can see of it may differ.
 */
export const awsCloudtrailTrail = definePopulation('aws.cloudtrail-trail', {
  title: 'CloudTrail trails',
  kind: 'state',
  fields: z.object({
    owner: z.string().describe('The account that the trail belongs to'),
    ownTrail: z.boolean().describe('It belongs to the account that sees it'),
    homeRegion: z.string(),
    multiRegion: z.boolean(),
    globalEvents: z
      .boolean()
      .nullable()
      .describe('Events of services that are not regional, IAM above all, are in it; null for a trail of one region'),
    organization: z.boolean(),
    logValidation: z.boolean(),
    bucket: z.string(),
    kmsKeyId: z.string().nullable(),
    logGroup: z.string().nullable(),
    logging: z.boolean().nullable().describe('Null for a trail of one region, of which it is not asked'),
    delivered: z.iso
      .date()
      .nullable()
      .describe('Day (UTC) of the latest delivery of a log file; null where there was none, or it is not asked'),
    deliveryError: z
      .string()
      .nullable()
      .describe("The provider's code for why the latest delivery failed; null where it did not, or it is not asked"),
    managementEvents: managementEvents.nullable().describe('Null for a trail of one region, of which it is not asked'),
  }),
  example: {
    key: 'arn:aws:cloudtrail:eu-central-1:123456789012:trail/main',
    name: 'main',
    owner: '123456789012',
    ownTrail: true,
    homeRegion: 'eu-central-1',
    multiRegion: true,
    globalEvents: true,
    organization: false,
    logValidation: true,
    bucket: 'acme-trail',
    kmsKeyId: null,
    logGroup: null,
    logging: true,
    delivered: '2026-01-14',
    deliveryError: null,
    managementEvents: { records: 'all', excludedSources: [] },
  },
});
