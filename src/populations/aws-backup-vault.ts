import { z } from 'zod';
import { definePopulation } from '#src/population.ts';

export const awsBackupVault = definePopulation('aws.backup-vault', {
  title: 'Backup vaults',
  kind: 'state',
  fields: z.object({
    kind: z.string().describe('`BACKUP_VAULT`, or a logically air-gapped one'),
    empty: z.boolean().describe('It holds no recovery point'),
    encryptionKey: z.string().nullable().describe('ARN of the KMS key; null where none is named'),
    encryptionKeyKind: z
      .string()
      .nullable()
      .describe("`CUSTOMER_MANAGED_KMS_KEY` or the service's own; null where the provider does not say"),
    locked: z.boolean(),
    minRetentionDays: z.int().nullable(),
    maxRetentionDays: z.int().nullable(),
  }),
  example: {
    key: 'arn:aws:backup:eu-central-1:123456789012:backup-vault:main',
    name: 'main',
    kind: 'BACKUP_VAULT',
    empty: false,
    encryptionKey: 'arn:aws:kms:eu-central-1:123456789012:key/1b2c3d4e-0000-4000-8000-000000000001',
    encryptionKeyKind: 'CUSTOMER_MANAGED_KMS_KEY',
    locked: true,
    minRetentionDays: 30,
    maxRetentionDays: null,
  },
});
