import { monitorWaiver } from '#populations/monitor-waiver';
import { day, days, defineRule, fail, pass, z } from '#rule';

export default defineRule(monitorWaiver, {
  id: 'meta.waiver-approved-and-unexpired',
  title: 'Waivers are approved by another person, reasoned and limited in time',
  kind: 'state',
  severity: 'medium',
  rationale:
    'An accepted deviation is still a deviation. Accepting it is worth something only when somebody else decided, over named items, for a time that ends.',
  remediation:
    'Mend what the waiver accepts, or ask for a renewal and have another person approve it. One that was not approved as it must be is withdrawn, and asked for anew.',
  inspects: [
    'severity',
    'items',
    'reason',
    'compensating',
    'requestedBy',
    'approvedBy',
    'approvedBySelf',
    'approverHasRole',
    'approvedAt',
    'from',
    'until',
    'closedAt',
    'closedBy',
    'flaw',
  ],
  parameters: z.object({
    criticalHighDays: days(90).describe('Longest time of a waiver of a critical or high rule'),
    mediumLowDays: days(180).describe('Longest time of a waiver of a medium or low rule'),
  }),
  messages: {
    inForce: 'Approved by {by}, in force until {until}.',
    closed: 'Over since {closed}: {how}.',
    expired: 'Expired at {until}, and what it accepts still fails.',
    selector: 'It does not name single items.',
    unreasoned: 'It gives no reason, or no compensating control.',
    self: 'Asked for and approved by the same person, {by}.',
    role: 'Approved by {by}, who was no approver.',
    backDated: 'Approved at {approved}, and said to hold from {from} on.',
    long: 'It lasts from {from} until {until}, more than {days} days.',
    flawed: 'Not honoured: {flaw}.',
  },
  examples: {
    pass: [{}, { closedAt: '2026-01-12T00:00:00.000Z', closedBy: 'withdrawn' }, { severity: 'low', until: '2026-07-01T00:00:00.000Z' }],
    fail: [
      { until: '2026-01-14T00:00:00.000Z' },
      { items: [] },
      { items: ['*'] },
      { reason: ' ' },
      { compensating: '' },
      { approvedBySelf: true },
      { approverHasRole: false },
      { from: '2026-01-04T00:00:00.000Z' },
      { until: '2026-07-01T00:00:00.000Z' },
      { flaw: 'decided' },
    ],
  },
  // What was wrong from the beginning stays wrong, also once it is over.
  evaluate(waiver, { asOf, parameters }) {
    const { severity, items, reason, compensating, requestedBy, approvedBy, approvedBySelf, approverHasRole } = waiver;
    const { approvedAt, from, until, closedAt, closedBy, flaw } = waiver;
    const most = severity === 'critical' || severity === 'high' ? parameters.criticalHighDays : parameters.mediumLowDays;
    if (items.length === 0 || items.some((item) => item.trim() === '' || /[*?]/.test(item))) return fail('selector');
    if (reason.trim() === '' || compensating.trim() === '') return fail('unreasoned');
    if (approvedBySelf || requestedBy === approvedBy) return fail('self', { by: approvedBy });
    if (!approverHasRole) return fail('role', { by: approvedBy });
    if (Date.parse(approvedAt) > Date.parse(from)) return fail('backDated', { approved: approvedAt, from });
    if (Date.parse(until) - Date.parse(from) > most * day) return fail('long', { from, until, days: most });
    if (flaw !== null) return fail('flawed', { flaw });
    if (closedAt !== null) return pass('closed', { closed: closedAt, how: closedBy ?? 'mended' });
    return asOf < Date.parse(until) ? pass('inForce', { by: approvedBy, until }, { until: Date.parse(until) }) : fail('expired', { until });
  },
});
