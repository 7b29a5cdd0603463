import { z } from 'zod';
import { defineCollector, instant, type Unread } from '#collector';
import { awsDatabase } from '#populations/aws-database';

const Tags = z.array(z.object({ Key: z.string(), Value: z.string().optional() }));

/** What both kinds have, and say in the same words. */
const common = {
  Engine: z.string().optional(),
  StorageEncrypted: z.boolean().optional(),
  KmsKeyId: z.string().optional(),
  MultiAZ: z.boolean().optional(),
  BackupRetentionPeriod: z.int().optional(),
  LatestRestorableTime: instant.optional(),
  DeletionProtection: z.boolean().optional(),
  TagList: Tags.optional(),
};

const Instance = z.object({
  ...common,
  DBInstanceIdentifier: z.string(),
  DBInstanceArn: z.string(),
  DbiResourceId: z.string(),
  DBInstanceStatus: z.string().optional(),
  InstanceCreateTime: instant.optional(),
  DBClusterIdentifier: z.string().optional(),
  AvailabilityZone: z.string().optional(),
  ReadReplicaSourceDBInstanceIdentifier: z.string().optional(),
  ReadReplicaSourceDBClusterIdentifier: z.string().optional(),
});

const Cluster = z.object({
  ...common,
  DBClusterIdentifier: z.string(),
  DBClusterArn: z.string(),
  DbClusterResourceId: z.string(),
  Status: z.string().optional(),
  ClusterCreateTime: instant.optional(),
  ReplicationSourceIdentifier: z.string().optional(),
  DBClusterMembers: z.array(z.object({ DBInstanceIdentifier: z.string() })).optional(),
});

type Instance = z.infer<typeof Instance>;
type Cluster = z.infer<typeof Cluster>;
type Told = <T>(value: T | undefined, field: string) => T | Unread;

export default defineCollector(awsDatabase, {
  id: 'aws-databases',
  title: 'Databases: storage encryption, backups and redundancy',
  every: '1h',
  per: 'region',
  reads: {
    'rds:DescribeDBInstances': { needs: 'rds:DescribeDBInstances', reply: z.object({ DBInstances: z.array(Instance) }) },
    'rds:DescribeDBClusters': { needs: 'rds:DescribeDBClusters', reply: z.object({ DBClusters: z.array(Cluster) }) },
  },
  async *collect(api) {
    const instances: Instance[] = [];
    const clusters: Cluster[] = [];
    for await (const page of api.pages('rds:DescribeDBInstances', {})) instances.push(...page.DBInstances);
    for await (const page of api.pages('rds:DescribeDBClusters', {})) clusters.push(...page.DBClusters);

    const told =
      (operation: 'rds:DescribeDBInstances' | 'rds:DescribeDBClusters', name: string): Told =>
      (value, field) =>
        value ?? api.unread(operation, 'malformed', `${name} has no ${field}`);

    for (const instance of instances) {
      if (!instance.DBClusterIdentifier) yield standalone(instance, told('rds:DescribeDBInstances', instance.DBInstanceIdentifier));
      // A member is judged with its cluster. Without the cluster it would be judged nowhere.
      else if (!clusters.some((cluster) => cluster.DBClusterIdentifier === instance.DBClusterIdentifier)) {
        api.fail(
          api.unread(
            'rds:DescribeDBClusters',
            'partial',
            `${instance.DBInstanceIdentifier} is a member of ${instance.DBClusterIdentifier}, which is not listed`,
          ),
        );
      }
    }
    for (const cluster of clusters) yield whole(cluster, instances, told('rds:DescribeDBClusters', cluster.DBClusterIdentifier));
  },
});

function standalone(instance: Instance, told: Told) {
  const { DBInstanceArn: arn, DbiResourceId: resourceId, DBInstanceStatus: status, InstanceCreateTime: created } = instance;
  return {
    key: `${arn}#${resourceId}`,
    name: instance.DBInstanceIdentifier,
    form: 'instance' as const,
    arn,
    resourceId,
    status: told(status, 'DBInstanceStatus'),
    created: status === 'creating' ? (created ?? null) : told(created, 'InstanceCreateTime'),
    multiAz: told(instance.MultiAZ, 'MultiAZ'),
    replicaOf: instance.ReadReplicaSourceDBInstanceIdentifier || instance.ReadReplicaSourceDBClusterIdentifier || null,
    ...shared(instance, told),
  };
}

function whole(cluster: Cluster, instances: readonly Instance[], told: Told) {
  const { DBClusterArn: arn, DbClusterResourceId: resourceId, Status: status, ClusterCreateTime: created } = cluster;
  return {
    key: `${arn}#${resourceId}`,
    name: cluster.DBClusterIdentifier,
    form: 'cluster' as const,
    arn,
    resourceId,
    status: told(status, 'Status'),
    created: status === 'creating' ? (created ?? null) : told(created, 'ClusterCreateTime'),
    // Members in two zones are two zones, whatever the flag says; without the flag, nothing less proves one.
    multiAz: zonesOf(cluster, instances) > 1 || told(cluster.MultiAZ, 'MultiAZ'),
    replicaOf: cluster.ReplicationSourceIdentifier || null,
    ...shared(cluster, told),
  };
}

function shared(database: Instance | Cluster, told: Told) {
  const { KmsKeyId, LatestRestorableTime, TagList } = database;
  return {
    engine: told(database.Engine, 'Engine'),
    storageEncrypted: told(database.StorageEncrypted, 'StorageEncrypted'),
    kmsKeyId: KmsKeyId ?? null,
    backupRetentionDays: told(database.BackupRetentionPeriod, 'BackupRetentionPeriod'),
    // It moves every few minutes: known to the hour, an unchanged database gives the same snapshot.
    latestRestorable: LatestRestorableTime === undefined ? null : `${LatestRestorableTime.slice(0, 13)}:00:00.000Z`,
    deletionProtection: told(database.DeletionProtection, 'DeletionProtection'),
    tags: told(
      TagList?.map(({ Key: key, Value: value = '' }) => ({ key, value })).toSorted((a, b) => (a.key < b.key ? -1 : 1)),
      'TagList',
    ),
  };
}

function zonesOf({ DBClusterIdentifier }: Cluster, instances: readonly Instance[]): number {
  const members = instances.filter((instance) => instance.DBClusterIdentifier === DBClusterIdentifier);
  return new Set(members.flatMap(({ AvailabilityZone }) => AvailabilityZone ?? [])).size;
}
