import collector from '#collectors/aws/restore-jobs.ts';
import { testCollector } from '#test/collector-replayer.ts';

const place = { account: '123456789012', region: 'eu-central-1', partition: 'aws' };
const key = 'arn:aws:backup:eu-central-1:123456789012:restore-job';

testCollector(collector, {
  place,
  recording: 'aws/restore-jobs.json',
  expect: [
    {
      key: `${key}:R1`,
      name: 'RDS at 2026-01-10T06:00:00.000Z',
      resourceType: 'RDS',
      status: 'COMPLETED',
      created: '2026-01-10T06:00:00.000Z',
      completed: '2026-01-10T06:40:00.000Z',
      source: 'arn:aws:rds:eu-central-1:123456789012:db:orders',
      recoveryPoint: 'arn:aws:rds:eu-central-1:123456789012:snapshot:awsbackup:job-j1',
      recoveryPointCreated: '2026-01-10T05:20:00.000Z',
      testingPlan: 'arn:aws:backup:eu-central-1:123456789012:restore-testing-plan:weekly',
      validation: 'SUCCESSFUL',
    },
    {
      key: `${key}:R2`,
      name: 'EBS at 2026-01-11T06:00:00.000Z',
      resourceType: 'EBS',
      status: 'RUNNING',
      created: '2026-01-11T06:00:00.000Z',
      completed: null,
      source: null,
      recoveryPoint: 'arn:aws:ec2:eu-central-1::snapshot/snap-1',
      recoveryPointCreated: {
        unread: 'withheld',
        call: 'backup:ListRestoreJobs',
        needs: 'backup:ListRestoreJobs',
        detail: 'job R2 has no RecoveryPointCreationDate',
      },
      testingPlan: null,
      validation: null,
    },
    {
      key: `${key}:R3`,
      name: 'CloudFormation at 2026-01-12T06:00:00.000Z',
      resourceType: 'CloudFormation',
      status: 'COMPLETED',
      created: '2026-01-12T06:00:00.000Z',
      completed: '2026-01-12T07:00:00.000Z',
      source: null,
      recoveryPoint: 'arn:aws:backup:eu-central-1:123456789012:recovery-point:composite',
      recoveryPointCreated: '2026-01-12T05:00:00.000Z',
      testingPlan: null,
      validation: null,
    },
  ],
});
