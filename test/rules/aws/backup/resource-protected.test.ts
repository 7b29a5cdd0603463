import { awsBackupPlan } from '#populations/aws-backup-plan';
import rule from '#rules/aws/backup/resource-protected.ts';
import { testRule } from '#test/rule-tester.ts';

const plain = { key: 'orders', name: 'orders', backupRetentionDays: 0, latestRestorable: null };
const orders = (result: 'pass' | 'fail' | 'not-applicable', message: keyof typeof rule.messages) => ({ orders: { result, message } });
const byHand = awsBackupPlan.example.rules.map((rule) => ({ ...rule, schedule: null }));

testRule(rule, {
  situations: [
    { title: 'no plan, no backup and no database is no result', given: { databases: [], plans: [], backups: [] }, expect: {} },
    {
      title: 'a cluster whose recovery points name it by its id',
      given: {
        databases: [{ ...plain, form: 'cluster', arn: 'arn:aws:rds:eu-central-1:123456789012:cluster:orders', resourceId: 'cluster-ABC' }],
        plans: [{}],
        backups: [{ key: 'b', arn: 'arn:aws:rds:eu-central-1:123456789012:cluster:cluster-ABC', resourceType: 'Aurora' }],
      },
      expect: orders('pass', 'planned'),
    },
    {
      title: 'a plan that runs only by hand covers nothing',
      given: { databases: [plain], plans: [{ rules: byHand }], backups: [{}] },
      expect: orders('fail', 'unselected'),
    },
    {
      title: 'the selected database got its latest recovery point too long ago',
      given: { databases: [plain], plans: [{}], backups: [{ lastBackup: '2026-01-13T00:00:00.000Z' }] },
      expect: orders('fail', 'stale'),
    },
    {
      title: 'a moment earlier it was recent enough',
      given: { databases: [plain], plans: [{}], backups: [{ lastBackup: '2026-01-13T00:00:00.001Z' }] },
      expect: orders('pass', 'planned'),
    },
    {
      title: 'the recovery point is of another database',
      given: { databases: [plain], plans: [{}], backups: [{ key: 'b', arn: 'arn:aws:rds:eu-central-1:123456789012:db:orders2' }] },
      expect: orders('fail', 'never'),
    },
    {
      title: 'a protected resource without a recovery point',
      given: { databases: [plain], plans: [{}], backups: [{ lastBackup: null }] },
      expect: orders('fail', 'never'),
    },
    {
      title: 'automated backups that stand still',
      given: { databases: [{ ...plain, backupRetentionDays: 7, latestRestorable: '2026-01-02T00:00:00.000Z' }], plans: [], backups: [] },
      expect: orders('fail', 'stale'),
    },
    {
      title: 'automated backups of a stopped database',
      given: {
        databases: [{ ...plain, status: 'stopped', backupRetentionDays: 7, latestRestorable: '2026-01-02T00:00:00.000Z' }],
        plans: [],
        backups: [],
      },
      expect: orders('pass', 'automated'),
    },
    {
      title: 'automated backups that stand still, and a plan that works',
      given: {
        databases: [{ ...plain, backupRetentionDays: 7, latestRestorable: '2026-01-02T00:00:00.000Z' }],
        plans: [{}],
        backups: [{}],
      },
      expect: orders('pass', 'planned'),
    },
    {
      title: 'automated backups that never came',
      given: { databases: [{ ...plain, backupRetentionDays: 7 }], plans: [], backups: [] },
      expect: orders('fail', 'never'),
    },
    {
      title: 'automated backups where a plan is asked for',
      given: { databases: [{ key: 'orders' }], plans: [], backups: [] },
      parameters: { acceptAutomated: false },
      expect: orders('fail', 'none'),
    },
    {
      title: 'selected and new',
      given: { databases: [{ ...plain, created: '2026-01-14T12:00:00.000Z' }], plans: [{}], backups: [] },
      expect: orders('not-applicable', 'new'),
    },
    {
      title: 'new and not selected',
      given: { databases: [{ ...plain, created: '2026-01-14T12:00:00.000Z' }], plans: [], backups: [] },
      expect: orders('fail', 'none'),
    },
    {
      title: 'being created',
      given: { databases: [{ ...plain, status: 'creating', created: null }], plans: [{}], backups: [] },
      expect: orders('not-applicable', 'creating'),
    },
    {
      title: 'a read replica',
      given: { databases: [{ ...plain, replicaOf: 'orders-main' }], plans: [], backups: [] },
      expect: orders('not-applicable', 'replica'),
    },
    {
      title: 'registered as one that can be made again',
      given: { databases: [plain], plans: [], backups: [] },
      parameters: {
        reconstructible: [{ arn: 'arn:aws:rds:eu-central-1:123456789012:db:orders', reason: 'filled from the warehouse each night' }],
      },
      expect: orders('not-applicable', 'reconstructible'),
    },
    {
      title: 'a pattern registers nothing',
      given: { databases: [plain], plans: [], backups: [] },
      parameters: { reconstructible: [{ arn: 'arn:aws:rds:*', reason: 'all of them' }] },
      expect: orders('fail', 'none'),
    },
  ],
});
