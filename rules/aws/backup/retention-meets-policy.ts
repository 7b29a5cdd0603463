import { awsBackupPlan, runsSeveralTimesADay } from '#populations/aws-backup-plan';
import { defineRule, fail, notApplicable, pass, z } from '#rule';

export default defineRule(awsBackupPlan, {
  id: 'aws.backup.retention-meets-policy',
  title: 'Backup plans keep backups for the required time',
  kind: 'state',
  severity: 'medium',
  rationale:
    'A loss that is noticed after the last good backup was deleted cannot be undone; personal data kept longer than promised breaks the promise.',
  remediation:
    'Set the lifecycle of the rules of the plan. Backups made several times a day may go earlier where the plan also keeps daily ones.',
  inspects: ['rules', 'selections'],
  parameters: z.object({
    minRetentionDays: z.int().min(1).max(36500).default(30).describe('Days that daily and rarer backups are kept at least'),
    maxRetentionDays: z
      .int()
      .min(1)
      .max(36500)
      .nullable()
      .default(null)
      .describe('Days that any backup is kept at most; null sets no limit'),
  }),
  messages: {
    kept: 'Kept for {kept}.',
    short: 'Rule {rule} keeps for {kept}, less than {required} days.',
    long: 'Rule {rule} keeps for {kept}, more than {allowed} days.',
    unused: 'The plan selects nothing.',
    none: 'The plan has no rule, so it makes no backup.',
  },
  examples: {
    pass: [{}],
    fail: [{ rules: [{ ...awsBackupPlan.example.rules[0]!, deleteAfterDays: 29 }] }, { rules: [] }],
    notApplicable: [{ selections: [] }],
  },
  evaluate({ rules, selections }, { parameters: { minRetentionDays, maxRetentionDays } }) {
    if (selections.length === 0) return notApplicable('unused');
    if (rules.length === 0) return fail('none');
    const span = (days: number | null) => (days === null ? 'ever' : `${days} days`);
    const daily = rules.filter(({ schedule }) => !runsSeveralTimesADay(schedule));
    const short = (daily.length > 0 ? daily : rules).find(
      ({ deleteAfterDays }) => deleteAfterDays !== null && deleteAfterDays < minRetentionDays,
    );
    if (short) return fail('short', { rule: short.name, kept: span(short.deleteAfterDays), required: minRetentionDays });
    const long =
      maxRetentionDays !== null && rules.find(({ deleteAfterDays }) => deleteAfterDays === null || deleteAfterDays > maxRetentionDays);
    if (long) return fail('long', { rule: long.name, kept: span(long.deleteAfterDays), allowed: maxRetentionDays });
    return pass('kept', { kept: [...new Set(rules.map(({ deleteAfterDays }) => span(deleteAfterDays)))].join(', ') });
  },
});
