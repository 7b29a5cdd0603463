import { z } from 'zod';
import { definePopulation } from '#src/population.ts';

/** One item for each region of each account, detector or not: none is a fact about the region. */
export const awsGuarddutyDetector = definePopulation('aws.guardduty-detector', {
  title: 'Threat detection of GuardDuty, by region',
  kind: 'state',
  fields: z.object({
    region: z.string(),
    detector: z.string().nullable().describe('Null where there is none'),
    status: z.enum(['enabled', 'disabled', 'none']),
    features: z.array(z.string()).describe('The protections that are on: `S3_DATA_EVENTS`'),
  }),
  example: {
    key: 'arn:aws:guardduty:eu-central-1:123456789012:region',
    name: 'eu-central-1',
    region: 'eu-central-1',
    detector: '12abc34d567e8fa901bc2d34e56789f0',
    status: 'enabled',
    features: ['CLOUD_TRAIL', 'DNS_LOGS', 'FLOW_LOGS', 'S3_DATA_EVENTS'],
  },
});
