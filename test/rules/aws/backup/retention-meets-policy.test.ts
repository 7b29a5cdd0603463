import { awsBackupPlan } from '#populations/aws-backup-plan';
import rule from '#rules/aws/backup/retention-meets-policy.ts';
import { testRule } from '#test/rule-tester.ts';

const rules = (...kept: [schedule: string | null, deleteAfterDays: number | null][]) =>
  kept.map(([schedule, deleteAfterDays], i) => ({
    ...awsBackupPlan.example.rules[0]!,
    id: `rule-${i}`,
    name: `rule ${i}`,
    schedule,
    deleteAfterDays,
  }));
const daily = 'cron(0 5 ? * * *)';
const hourly = 'cron(0 * ? * * *)';
const monthly = 'cron(0 5 1 * ? *)';

testRule(rule, {
  pass: [
    { $message: 'kept', rules: rules([daily, null]) },
    { $message: 'kept', rules: rules([daily, 30], [monthly, 365]) },
    // Hourly ones may go early where daily ones stay.
    { $message: 'kept', rules: rules([hourly, 3], [daily, 30]) },
    { $message: 'kept', rules: rules(['rate(12 hours)', 3], ['rate(1 day)', 30]) },
    { $message: 'kept', rules: rules([daily, 90]), $parameters: { maxRetentionDays: 90 } },
  ],
  fail: [
    // A yearly one that stays does not make up for daily ones that go.
    { $message: 'short', rules: rules([daily, 7], [monthly, 365]) },
    { $message: 'short', rules: rules([hourly, 3]) },
    { $message: 'short', rules: rules([null, 7]) },
    { $message: 'short', rules: rules(['rate(1 day)', 7], [hourly, 30]) },
    { $message: 'short', rules: rules(['on some odd schedule', 7], [daily, 30]) },
    { $message: 'long', rules: rules([daily, 91]), $parameters: { maxRetentionDays: 90 } },
    { $message: 'long', rules: rules([daily, null]), $parameters: { maxRetentionDays: 90 } },
    { $message: 'none', rules: [], selections: awsBackupPlan.example.selections, $parameters: { minRetentionDays: 1 } },
  ],
  notApplicable: [{ $message: 'unused', rules: rules([daily, 1]), selections: [] }],
});
