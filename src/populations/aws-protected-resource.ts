import { z } from 'zod';
import { definePopulation } from '#src/population.ts';

/** What AWS Backup has ever backed up. It says nothing of whether a plan still selects it. */
export const awsProtectedResource = definePopulation('aws.protected-resource', {
  title: 'Resources with a backup in AWS Backup',
  kind: 'state',
  fields: z.object({
    arn: z.string(),
    resourceType: z.string(),
    lastBackup: z.iso.datetime().nullable().describe('When the latest recovery point was made; null where the provider names none'),
  }),
  example: {
    key: 'arn:aws:rds:eu-central-1:123456789012:db:orders',
    name: 'orders',
    arn: 'arn:aws:rds:eu-central-1:123456789012:db:orders',
    resourceType: 'RDS',
    lastBackup: '2026-01-14T05:20:00.000Z',
  },
});
