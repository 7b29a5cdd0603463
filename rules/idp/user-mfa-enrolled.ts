import { entryFor, exempt, factorKinds, identityAccount } from '#populations/identity-account';
import { day, defineRule, fail, notApplicable, pass, z } from '#rule';

const parameters = z.object({
  allowedFactors: z
    .array(z.enum(factorKinds))
    .default(['webauthn', 'passkey', 'platform', 'smartcard', 'totp', 'hardware-otp', 'push-number'])
    .describe('Factors that count. Text messages, calls, e-mail, questions and a push by a tap alone do not'),
  newUserGraceDays: z.int().min(0).max(90).default(7).describe('Days after its creation in which an account may still be without'),
  exempt,
});

export default defineRule(identityAccount, {
  id: 'idp.user-mfa-enrolled',
  title: 'Each account that can sign in has an allowed second factor',
  kind: 'state',
  severity: 'critical',
  rationale: 'A stolen password alone must not open a session.',
  remediation: 'Have the person enroll an allowed factor, or suspend the account.',
  inspects: ['userName', 'status', 'kind', 'factors', 'createdAt'],
  parameters,
  messages: {
    enrolled: 'Enrolled: {factors}.',
    weak: 'Enrolled, but not allowed as a second factor: {factors}.',
    none: 'No second factor is enrolled.',
    inactive: 'The account cannot sign in: it is {status}.',
    service: 'A service account has no person to hold a factor.',
    breakGlass: 'An emergency account is judged by its own rules.',
    exempt: 'Left out by the company: {reason}.',
    grace: 'Created {created}; a factor is expected within {days} days.',
  },
  examples: {
    pass: [{}],
    fail: [{ factors: [] }, { factors: ['sms'] }],
    notApplicable: [
      { status: 'suspended', factors: [] },
      { kind: 'service', factors: [] },
      { kind: 'break-glass', factors: [] },
    ],
  },
  evaluate({ key, userName, status, kind, factors, createdAt }, { asOf, parameters }) {
    if (status !== 'active' && status !== 'locked') return notApplicable('inactive', { status });
    if (kind === 'service') return notApplicable('service');
    if (kind === 'break-glass') return notApplicable('breakGlass');
    const entry = entryFor(parameters.exempt, { key, userName });
    if (entry) return notApplicable('exempt', { reason: entry.reason });
    const allowed = factors.filter((factor) => parameters.allowedFactors.includes(factor));
    if (allowed.length > 0) return pass('enrolled', { factors: allowed.join(', ') });
    const due = Date.parse(createdAt) + parameters.newUserGraceDays * day;
    if (asOf < due) return notApplicable('grace', { created: createdAt.slice(0, 10), days: parameters.newUserGraceDays }, { until: due });
    return factors.length > 0 ? fail('weak', { factors: factors.join(', ') }) : fail('none');
  },
});
