import { expect, test } from '@jest/globals';
import collector from '#collectors/aws/rds-instances.ts';
import { itemsOf, recordingOf, replay, testCollector } from '#test/collector-replayer.ts';

const place = { account: '123456789012', region: 'eu-central-1', partition: 'aws' };
const recording = recordingOf('aws/rds.json').filter(({ call }) => call === 'rds:DescribeDBInstances');
const arn = 'arn:aws:rds:eu-central-1:123456789012:db';

testCollector(collector, {
  place,
  recording,
  expect: [
    {
      key: `${arn}:fresh#db-FRESH`,
      name: 'fresh',
      engine: 'mysql',
      status: 'creating',
      publiclyAccessible: false,
      cluster: null,
      vpc: null,
      securityGroups: [],
    },
    {
      key: `${arn}:orders#db-ORDERS`,
      name: 'orders',
      engine: 'postgres',
      status: 'available',
      publiclyAccessible: false,
      cluster: null,
      vpc: 'vpc-1',
      securityGroups: ['sg-0a', 'sg-0b'],
    },
    {
      key: `${arn}:orders-copy#db-COPY`,
      name: 'orders-copy',
      engine: 'postgres',
      status: 'available',
      publiclyAccessible: true,
      cluster: null,
      vpc: 'vpc-1',
      securityGroups: ['sg-0a'],
    },
    {
      key: `${arn}:shop-1#db-SHOP1`,
      name: 'shop-1',
      engine: 'aurora-postgresql',
      status: 'available',
      publiclyAccessible: false,
      cluster: 'shop',
      vpc: null,
      securityGroups: [],
    },
  ],
});

test('an instance whose address setting is missing is unread, not private', async () => {
  const [instance] = itemsOf(
    await replay(collector, {
      place,
      recording: [
        {
          call: 'rds:DescribeDBInstances',
          pages: [
            {
              DBInstances: [
                { DBInstanceIdentifier: 'shop-1', DBInstanceArn: `${arn}:shop-1`, DbiResourceId: 'db-SHOP1', Engine: 'aurora-mysql' },
              ],
            },
          ],
        },
      ],
    }),
  );
  expect(instance).toMatchObject({
    name: 'shop-1',
    engine: 'aurora-mysql',
    publiclyAccessible: {
      unread: 'malformed',
      call: 'rds:DescribeDBInstances',
      needs: 'rds:DescribeDBInstances',
      detail: 'shop-1 has no PubliclyAccessible',
    },
    securityGroups: { unread: 'malformed' },
  });
});

test('no instances is a fact of a complete look', async () => {
  expect(
    itemsOf(await replay(collector, { place, recording: [{ call: 'rds:DescribeDBInstances', pages: [{ DBInstances: [] }] }] })),
  ).toEqual([]);
});
