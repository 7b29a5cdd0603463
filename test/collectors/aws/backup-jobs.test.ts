import { expect, test } from '@jest/globals';
import collector from '#collectors/aws/backup-jobs.ts';
import { itemsOf, replay, testCollector } from '#test/collector-replayer.ts';

const place = { account: '123456789012', region: 'eu-central-1', partition: 'aws' };
const key = 'arn:aws:backup:eu-central-1:123456789012:backup-job';
const vault = 'arn:aws:backup:eu-central-1:123456789012:backup-vault:main';

testCollector(collector, {
  place,
  recording: 'aws/backup-jobs.json',
  expect: [
    {
      key: `${key}:J1`,
      name: 'orders at 2026-01-13T05:00:00.000Z',
      resource: 'arn:aws:rds:eu-central-1:123456789012:db:orders',
      resourceType: 'RDS',
      state: 'COMPLETED',
      messageCategory: 'SUCCESS',
      created: '2026-01-13T05:00:00.000Z',
      completed: '2026-01-13T05:20:12.345Z',
      startBy: '2026-01-13T13:00:00.000Z',
      plan: 'arn:aws:backup:eu-central-1:123456789012:backup-plan:daily',
      vault,
      parts: 0,
    },
    {
      key: `${key}:ORPHAN`,
      name: 'i-2 at 2025-12-16T06:00:02.000Z',
      resource: 'arn:aws:ec2:eu-central-1:123456789012:instance/i-2',
      resourceType: 'EC2',
      state: 'RUNNING',
      messageCategory: null,
      created: '2025-12-16T06:00:02.000Z',
      completed: null,
      startBy: null,
      plan: null,
      vault: 'main',
      parts: 0,
    },
    {
      key: `${key}:STACK`,
      name: '5f0e at 2026-01-13T06:00:00.000Z',
      resource: 'arn:aws:cloudformation:eu-central-1:123456789012:stack/shop/5f0e',
      resourceType: 'CloudFormation',
      state: 'PARTIAL',
      messageCategory: null,
      created: '2026-01-13T06:00:00.000Z',
      completed: '2026-01-13T06:30:00.000Z',
      startBy: null,
      plan: null,
      vault,
      parts: 2,
    },
  ],
});

test('a job without its state is unread, not done', async () => {
  const recording = [
    { call: 'backup:ListBackupJobs', pages: [{ BackupJobs: [{ BackupJobId: 'J', CreationDate: '2026-01-13T05:00:00.000Z' }] }] },
  ];
  expect(itemsOf(await replay(collector, { place, recording }))).toMatchObject([
    { name: 'J at 2026-01-13T05:00:00.000Z', state: { unread: 'malformed' }, resource: { unread: 'malformed' } },
  ]);
});

test('a job without its time fails the scope: no window could be told', async () => {
  const recording = [{ call: 'backup:ListBackupJobs', pages: [{ BackupJobs: [{ BackupJobId: 'J', State: 'FAILED' }] }] }];
  expect(await replay(collector, { place, recording })).toMatchObject({ status: 'failed', unread: { unread: 'malformed' } });
});
