import { entryFor, exempt, identityAccount } from '#populations/identity-account';
import { day, days, defineRule, fail, notApplicable, pass, z } from '#rule';

export default defineRule(identityAccount, {
  id: 'idp.dormant-account-disabled',
  title: 'Accounts that nobody uses are disabled',
  kind: 'state',
  severity: 'medium',
  rationale: 'Nobody notices when an account that nobody uses is taken over.',
  remediation: 'Suspend the account, also for a long leave, or have it registered with the reason why it idles.',
  inspects: ['userName', 'status', 'kind', 'lastSignIn', 'createdAt'],
  parameters: z.object({ maxIdleDays: days(90).describe('Days without a sign-in after which an account must be disabled'), exempt }),
  messages: {
    used: 'Last signed in {last}.',
    young: 'Never signed in; created {created}.',
    idle: 'Last signed in {last}, more than {days} days ago.',
    neverUsed: 'Never signed in since its creation {created}, more than {days} days ago.',
    inactive: 'The account cannot sign in: it is {status}.',
    breakGlass: 'An emergency account is judged by its own rules.',
    exempt: 'Left out by the company: {reason}.',
  },
  examples: {
    pass: [{}, { lastSignIn: null, createdAt: '2026-01-05T00:00:00.000Z' }],
    fail: [{ lastSignIn: '2025-09-01T00:00:00.000Z' }, { lastSignIn: null }],
    notApplicable: [
      { status: 'suspended', lastSignIn: '2025-01-01T00:00:00.000Z' },
      { kind: 'break-glass', lastSignIn: null },
    ],
  },
  evaluate({ key, userName, status, kind, lastSignIn, createdAt }, { asOf, parameters }) {
    if (status !== 'active' && status !== 'locked') return notApplicable('inactive', { status });
    if (kind === 'break-glass') return notApplicable('breakGlass');
    const entry = entryFor(parameters.exempt, { key, userName });
    if (entry) return notApplicable('exempt', { reason: entry.reason });
    // Whoever never signed in idles since the account exists.
    const idleAt = Date.parse(lastSignIn ?? createdAt) + parameters.maxIdleDays * day;
    const created = createdAt.slice(0, 10);
    const last = lastSignIn?.slice(0, 10);
    if (asOf < idleAt)
      return last === undefined ? pass('young', { created }, { until: idleAt }) : pass('used', { last }, { until: idleAt });
    const limit = parameters.maxIdleDays;
    return last === undefined ? fail('neverUsed', { created, days: limit }) : fail('idle', { last, days: limit });
  },
});
