import { awsIamUser } from '#populations/aws-iam-user';
import { day, days, defineRule, fail, notApplicable, pass, z } from '#rule';

export default defineRule(awsIamUser, {
  id: 'aws.iam.user-mfa-enabled',
  title: 'IAM user with a console password has a second factor',
  kind: 'state',
  severity: 'critical',
  rationale: 'A stolen or guessed password alone must not open the console.',
  remediation: 'Have the user register a factor, or delete the console password and let people come through federation.',
  inspects: ['created', 'passwordEnabled', 'mfaActive'],
  parameters: z.object({
    graceDays: days(0).describe('Days that a user may go without a factor after being created'),
  }),
  messages: {
    enabled: 'The user has a second factor.',
    grace: 'The user was created on {created} and has until {until} to register a factor.',
    none: 'The user has a console password and no second factor.',
    'no-password': 'The user has no console password.',
  },
  examples: {
    pass: [{}],
    fail: [{ mfaActive: false }],
    notApplicable: [{ passwordEnabled: false, mfaActive: false }],
  },
  evaluate({ created, passwordEnabled, mfaActive }, { asOf, parameters: { graceDays } }) {
    if (!passwordEnabled) return notApplicable('no-password');
    if (mfaActive) return pass('enabled');
    const until = Date.parse(created) + graceDays * day;
    if (asOf >= until) return fail('none');
    return pass('grace', { created: created.slice(0, 10), until: new Date(until).toISOString().slice(0, 10) }, { until });
  },
});
