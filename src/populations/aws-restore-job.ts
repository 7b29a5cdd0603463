import { z } from 'zod';
import { definePopulation } from '#src/population.ts';

/** Each restore that AWS Backup carried out, by a restore testing plan or by hand. */
export const awsRestoreJob = definePopulation('aws.restore-job', {
  title: 'Restore jobs',
  kind: 'event',
  at: 'created',
  memory: '30d',
  fields: z.object({
    resourceType: z.string(),
    status: z.string(),
    created: z.iso.datetime(),
    completed: z.iso.datetime().nullable(),
    source: z.string().nullable().describe('ARN of what was backed up; null where the provider does not name it'),
    recoveryPoint: z.string().describe('ARN of what was restored from'),
    recoveryPointCreated: z.iso.datetime(),
    testingPlan: z.string().nullable().describe('ARN of the restore testing plan; null for a restore by hand'),
    validation: z.string().nullable().describe('`SUCCESSFUL`, `FAILED`, `TIMED_OUT` or `VALIDATING`; null where nobody validated it'),
  }),
  example: {
    key: 'arn:aws:backup:eu-central-1:123456789012:restore-job:99999999-2222-4333-8444-555555555555',
    name: 'RDS at 2026-01-10T06:00:00.000Z',
    resourceType: 'RDS',
    status: 'COMPLETED',
    created: '2026-01-10T06:00:00.000Z',
    completed: '2026-01-10T06:40:00.000Z',
    source: 'arn:aws:rds:eu-central-1:123456789012:db:orders',
    recoveryPoint: 'arn:aws:rds:eu-central-1:123456789012:snapshot:awsbackup:job-11111111-2222-4333-8444-555555555555',
    recoveryPointCreated: '2026-01-10T05:20:00.000Z',
    testingPlan: 'arn:aws:backup:eu-central-1:123456789012:restore-testing-plan:weekly',
    validation: 'SUCCESSFUL',
  },
});
