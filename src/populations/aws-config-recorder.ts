import { z } from 'zod';
import { definePopulation } from '#src/population.ts';

/** One item for each region of each account, recorder or not. Recorders that AWS services keep for themselves are not counted. */
export const awsConfigRecorder = definePopulation('aws.config-recorder', {
  title: 'Configuration recording of AWS Config, by region',
  kind: 'state',
  fields: z.object({
    region: z.string(),
    recorder: z.string().nullable().describe('Null where there is none'),
    records: z
      .enum(['all', 'all-but-some', 'some', 'nothing'])
      .describe('Resource types: all that are supported, all but an exclusion list, or a list'),
    recording: z.boolean(),
    lastStatus: z.string().nullable().describe('In lower case; null where it has recorded nothing yet'),
    delivery: z
      .object({ history: z.string().nullable(), stream: z.string().nullable() })
      .nullable()
      .describe(
        'Latest delivery to the bucket and to the topic, in lower case; null where there is no delivery channel, or no recorder to deliver for',
      ),
  }),
  example: {
    key: 'arn:aws:config:eu-central-1:123456789012:region',
    name: 'eu-central-1',
    region: 'eu-central-1',
    recorder: 'default',
    records: 'all',
    recording: true,
    lastStatus: 'success',
    delivery: { history: 'success', stream: 'success' },
  },
});
