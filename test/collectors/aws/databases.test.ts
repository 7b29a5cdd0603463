import { describe, expect, test } from '@jest/globals';
import collector from '#collectors/aws/databases.ts';
import { itemsOf, type RecordedCall, replay, testCollector } from '#test/collector-replayer.ts';

const place = { account: '123456789012', region: 'eu-central-1', partition: 'aws' };
const arn = 'arn:aws:rds:eu-central-1:123456789012';

testCollector(collector, {
  place,
  recording: 'aws/rds.json',
  expect: [
    {
      key: `${arn}:cluster:papers#cluster-PAPERS`,
      name: 'papers',
      form: 'cluster',
      arn: `${arn}:cluster:papers`,
      resourceId: 'cluster-PAPERS',
      engine: 'docdb',
      status: 'available',
      created: '2025-06-04T09:55:00.000Z',
      storageEncrypted: true,
      kmsKeyId: 'arn:aws:kms:eu-central-1:123456789012:key/1b2c',
      multiAz: true,
      backupRetentionDays: 1,
      latestRestorable: '2026-01-14T23:00:00.000Z',
      replicaOf: null,
      deletionProtection: false,
      tags: [],
    },
    {
      key: `${arn}:cluster:shop#cluster-SHOP`,
      name: 'shop',
      form: 'cluster',
      arn: `${arn}:cluster:shop`,
      resourceId: 'cluster-SHOP',
      engine: 'aurora-postgresql',
      status: 'available',
      created: '2025-05-04T09:55:00.000Z',
      storageEncrypted: false,
      kmsKeyId: null,
      multiAz: false,
      backupRetentionDays: 7,
      latestRestorable: '2026-01-14T23:00:00.000Z',
      replicaOf: null,
      deletionProtection: true,
      tags: [],
    },
    {
      key: `${arn}:db:fresh#db-FRESH`,
      name: 'fresh',
      form: 'instance',
      arn: `${arn}:db:fresh`,
      resourceId: 'db-FRESH',
      engine: 'mysql',
      status: 'creating',
      created: null,
      storageEncrypted: false,
      kmsKeyId: null,
      multiAz: false,
      backupRetentionDays: 7,
      latestRestorable: null,
      replicaOf: null,
      deletionProtection: false,
      tags: [{ key: 'note', value: '' }],
    },
    {
      key: `${arn}:db:orders#db-ORDERS`,
      name: 'orders',
      form: 'instance',
      arn: `${arn}:db:orders`,
      resourceId: 'db-ORDERS',
      engine: 'postgres',
      status: 'available',
      created: '2024-03-04T10:00:00.000Z',
      storageEncrypted: true,
      kmsKeyId: 'arn:aws:kms:eu-central-1:123456789012:key/1b2c',
      multiAz: true,
      backupRetentionDays: 14,
      latestRestorable: '2026-01-14T23:00:00.000Z',
      replicaOf: null,
      deletionProtection: true,
      tags: [
        { key: 'env', value: 'prod' },
        { key: 'team', value: 'shop' },
      ],
    },
    {
      key: `${arn}:db:orders-copy#db-COPY`,
      name: 'orders-copy',
      form: 'instance',
      arn: `${arn}:db:orders-copy`,
      resourceId: 'db-COPY',
      engine: 'postgres',
      status: 'available',
      created: '2025-03-04T10:00:00.000Z',
      storageEncrypted: true,
      kmsKeyId: 'arn:aws:kms:eu-central-1:123456789012:key/1b2c',
      multiAz: false,
      backupRetentionDays: 0,
      latestRestorable: null,
      replicaOf: 'orders',
      deletionProtection: false,
      tags: [],
    },
  ],
});

describe('clusters', () => {
  const cluster = (patch: object = {}) => ({
    DBClusterIdentifier: 'shop',
    DBClusterArn: `${arn}:cluster:shop`,
    DbClusterResourceId: 'cluster-SHOP',
    Engine: 'aurora-mysql',
    Status: 'available',
    ...patch,
  });
  const member = (name: string, AvailabilityZone?: string) => ({
    DBInstanceIdentifier: name,
    DBInstanceArn: `${arn}:db:${name}`,
    DbiResourceId: `db-${name}`,
    DBClusterIdentifier: 'shop',
    ...(AvailabilityZone && { AvailabilityZone }),
  });
  const read = (DBInstances: object[], DBClusters: object[]) => {
    const recording: RecordedCall[] = [
      { call: 'rds:DescribeDBInstances', pages: [{ DBInstances }] },
      { call: 'rds:DescribeDBClusters', pages: [{ DBClusters }] },
    ];
    return replay(collector, { place, recording });
  };

  test('members in two zones are two zones, also where the flag is missing or wrong', async () => {
    const members = [member('a', 'eu-central-1a'), member('b', 'eu-central-1b')];
    expect(itemsOf(await read(members, [cluster()]))).toMatchObject([{ name: 'shop', multiAz: true }]);
    expect(itemsOf(await read(members, [cluster({ MultiAZ: false })]))).toMatchObject([{ multiAz: true }]);
  });

  test('without the flag, members in one zone or an unknown one leave it unread', async () => {
    for (const members of [[], [member('a', 'eu-central-1a')], [member('a', 'eu-central-1a'), member('b')]]) {
      expect(itemsOf(await read(members, [cluster()]))).toMatchObject([
        { multiAz: { unread: 'malformed' }, storageEncrypted: { unread: 'malformed' }, tags: { unread: 'malformed' } },
      ]);
    }
  });

  test('a member whose cluster is not listed fails the scope, as it would be judged nowhere', async () => {
    const read_ = await read([member('a')], []);
    expect(read_).toMatchObject({
      status: 'failed',
      unread: { unread: 'partial', call: 'rds:DescribeDBClusters', detail: 'a is a member of shop, which is not listed' },
    });
  });

  test('a replica of a cluster in another region is a replica', async () => {
    const source = 'arn:aws:rds:us-east-1:123456789012:cluster:shop';
    expect(itemsOf(await read([], [cluster({ ReplicationSourceIdentifier: source })]))).toMatchObject([{ replicaOf: source }]);
    expect(itemsOf(await read([], [cluster({ ReplicationSourceIdentifier: '' })]))).toMatchObject([{ replicaOf: null }]);
  });

  test('a database that is not being created has a creation time, or that is unread', async () => {
    expect(itemsOf(await read([], [cluster(), cluster({ DbClusterResourceId: 'cluster-B', Status: 'creating' })]))).toMatchObject([
      { created: null },
      { created: { unread: 'malformed' } },
    ]);
  });
});
