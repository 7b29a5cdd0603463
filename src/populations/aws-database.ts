import { z } from 'zod';
import { definePopulation } from '#src/population.ts';

/**
 * Every database once: members of a cluster are not items of their own, because their storage, backups and redundancy are the cluster's.
 * `aws.rds-instance` lists each instance, members too, for what is the instance's own.
 */
export const awsDatabase = definePopulation('aws.database', {
  title: 'Databases of RDS, Aurora, DocumentDB and Neptune: standalone instances and clusters',
  kind: 'state',
  fields: z.object({
    form: z.enum(['instance', 'cluster']),
    arn: z.string(),
    resourceId: z.string().describe("The provider's immutable id, which some services put into the ARN in place of the name"),
    engine: z.string(),
    status: z.string(),
    created: z.iso.datetime().nullable().describe('Null while it is being created'),
    storageEncrypted: z.boolean(),
    kmsKeyId: z.string().nullable().describe('Null where none is named'),
    multiAz: z.boolean().describe('A standby in another zone; of a cluster, members in two zones or more'),
    backupRetentionDays: z.int().describe('Of automated backups; 0 is off'),
    latestRestorable: z.iso
      .datetime()
      .nullable()
      .describe('Rounded down to the hour; null where nothing can be restored to a point in time'),
    replicaOf: z.string().nullable().describe('The source that a read replica copies'),
    deletionProtection: z.boolean(),
    tags: z.array(z.object({ key: z.string(), value: z.string() })),
  }),
  example: {
    key: 'arn:aws:rds:eu-central-1:123456789012:db:orders#db-ABCDEFGHIJKLMNOPQRSTUVWXYZ',
    name: 'orders',
    form: 'instance',
    arn: 'arn:aws:rds:eu-central-1:123456789012:db:orders',
    resourceId: 'db-ABCDEFGHIJKLMNOPQRSTUVWXYZ',
    engine: 'postgres',
    status: 'available',
    created: '2024-03-04T10:00:00.000Z',
    storageEncrypted: true,
    kmsKeyId: 'arn:aws:kms:eu-central-1:123456789012:key/1b2c3d4e-0000-4000-8000-000000000001',
    multiAz: true,
    backupRetentionDays: 14,
    latestRestorable: '2026-01-14T23:00:00.000Z',
    replicaOf: null,
    deletionProtection: true,
    tags: [{ key: 'env', value: 'prod' }],
  },
});
