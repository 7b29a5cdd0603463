import { awsIamAccessKey } from '#populations/aws-iam-access-key';
import { day, days, defineRule, fail, notApplicable, pass, z } from '#rule';

export default defineRule(awsIamAccessKey, {
  id: 'aws.iam.access-key-rotated',
  title: 'Active access key of an IAM user is younger than the rotation limit',
  kind: 'state',
  severity: 'high',
  rationale: 'A key that leaked opens the account until somebody replaces it.',
  remediation: 'Make a second key, move what uses the old one, make the old one inactive and delete it; or use a role instead of keys.',
  inspects: ['active', 'rotated', 'supersededAt'],
  parameters: z.object({
    maxAgeDays: days(90).describe('Days that a key may be in use'),
    overlapDays: days(7).describe('Days that an old key may stay active beside the one that replaces it'),
  }),
  messages: {
    young: 'The key is of {rotated}; the limit is {limit} days.',
    old: 'The key is of {rotated}, which is more than {limit} days ago.',
    superseded: 'A newer key of the user is active since {superseded}; this one, of {rotated}, had to be inactive {limit} days later.',
    inactive: 'The key is inactive.',
  },
  examples: {
    pass: [{}],
    fail: [{ rotated: '2025-09-01T08:00:00.000Z' }],
    notApplicable: [{ active: false, rotated: '2024-01-01T00:00:00.000Z' }],
  },
  evaluate({ active, rotated, supersededAt }, { asOf, parameters: { maxAgeDays, overlapDays } }) {
    if (!active) return notApplicable('inactive');
    const facts = { rotated: rotated.slice(0, 10), limit: maxAgeDays };
    const expiry = Date.parse(rotated) + maxAgeDays * day;
    if (asOf > expiry) return fail('old', facts);
    if (supersededAt === null) return pass('young', facts, { until: expiry + 1 });
    const overlapEnd = Date.parse(supersededAt) + overlapDays * day;
    if (asOf > overlapEnd)
      return fail(
        'superseded',
        { ...facts, superseded: supersededAt.slice(0, 10), limit: overlapDays },
        { severity: 'medium', until: expiry + 1 },
      );
    return pass('young', facts, { until: Math.min(expiry, overlapEnd) + 1 });
  },
});
