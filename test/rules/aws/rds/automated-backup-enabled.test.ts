import rule from '#rules/aws/rds/automated-backup-enabled.ts';
import { testRule } from '#test/rule-tester.ts';

testRule(rule, {
  pass: [
    { $message: 'enabled', form: 'cluster', engine: 'aurora-postgresql', backupRetentionDays: 35 },
    { $message: 'enabled', latestRestorable: '2026-01-14T22:00:00.000Z' },
    { $message: 'enabled', $asOf: '2026-01-15T01:59:59Z' },
    { $message: 'stopped', status: 'stopped', latestRestorable: '2025-12-20T04:00:00.000Z' },
    { $message: 'enabled', $parameters: { minRetentionDays: 14 } },
  ],
  fail: [
    { $message: 'stale', $asOf: '2026-01-15T02:00:00Z' },
    { $message: 'short', $parameters: { minRetentionDays: 30 } },
    { $message: 'off', backupRetentionDays: 0 },
    // Starting up again: what was excused while stopped is not any more.
    { $message: 'stale', status: 'starting', latestRestorable: '2025-12-20T04:00:00.000Z' },
    // A stopped database that cannot be restored at all.
    { $message: 'none', status: 'stopped', latestRestorable: null },
    { $message: 'none', created: '2026-01-14T00:00:00.000Z', latestRestorable: null },
    // Being new excuses the first backup, not that none is asked for.
    { $message: 'off', created: '2026-01-14T20:00:00.000Z', backupRetentionDays: 0, latestRestorable: null },
    { $message: 'off', status: 'creating', created: null, backupRetentionDays: 0, latestRestorable: null },
  ],
  notApplicable: [
    { $message: 'replica', replicaOf: 'orders', backupRetentionDays: 0 },
    { $message: 'new', created: '2026-01-14T00:00:00.001Z', latestRestorable: null },
    { $message: 'creating', created: null, latestRestorable: null },
  ],
});
