import { z } from 'zod';
import { definePopulation } from '#src/population.ts';

/** Each run of AWS Backup over one resource. The parts of a composite one are counted, not listed: the whole carries their outcome. */
export const awsBackupJob = definePopulation('aws.backup-job', {
  title: 'Backup jobs',
  kind: 'event',
  at: 'created',
  memory: '30d',
  fields: z.object({
    resource: z.string().describe('ARN of what is backed up'),
    resourceType: z.string(),
    state: z.string(),
    messageCategory: z.string().nullable().describe('`SUCCESS`, or what it is completed with'),
    created: z.iso.datetime(),
    completed: z.iso.datetime().nullable(),
    startBy: z.iso.datetime().nullable().describe('A job that has not begun by then expires'),
    plan: z.string().nullable().describe('ARN of the plan; null for a job started by hand'),
    vault: z.string(),
    parts: z.int().describe('Jobs that this one consists of'),
  }),
  example: {
    key: 'arn:aws:backup:eu-central-1:123456789012:backup-job:11111111-2222-4333-8444-555555555555',
    name: 'orders at 2026-01-13T05:00:00.000Z',
    resource: 'arn:aws:rds:eu-central-1:123456789012:db:orders',
    resourceType: 'RDS',
    state: 'COMPLETED',
    messageCategory: 'SUCCESS',
    created: '2026-01-13T05:00:00.000Z',
    completed: '2026-01-13T05:20:00.000Z',
    startBy: '2026-01-13T13:00:00.000Z',
    plan: 'arn:aws:backup:eu-central-1:123456789012:backup-plan:0f0f0f0f-0000-4000-8000-000000000001',
    vault: 'arn:aws:backup:eu-central-1:123456789012:backup-vault:main',
    parts: 0,
  },
});
