import { monitorDeviation } from '#populations/monitor-deviation';
import { day, days, defineRule, fail, pass, pending, z } from '#rule';

export default defineRule(monitorDeviation, {
  id: 'meta.finding-remediated-in-sla',
  title: 'Deviations are remediated or accepted in time',
  kind: 'event',
  severity: 'high',
  rationale:
    'Finding deviations and mending them within their deadline is a control of its own, and the usual argument that a failing preventive control was compensated.',
  remediation: 'Mend the cause, or have a waiver approved, before the deadline of the severity.',
  inspects: ['severity', 'openedAt', 'closedAt', 'closedBy'],
  parameters: z.object({
    criticalDays: days(1).describe('Calendar days to remediate a critical deviation'),
    highDays: days(7).describe('Calendar days to remediate a high deviation'),
    mediumDays: days(30).describe('Calendar days to remediate a medium deviation'),
    lowDays: days(90).describe('Calendar days to remediate a low deviation'),
  }),
  messages: {
    'in-time': 'Closed at {closed}, due {due}.',
    gone: 'The item was gone at {closed}, due {due}.',
    waived: 'Accepted by a waiver from {closed} on, due {due}.',
    late: 'Closed at {closed}, after the deadline of {due}.',
    overdue: 'Still open after the deadline of {due}.',
    open: 'Open, due {due}.',
  },
  examples: {
    pass: [{}, { closedBy: 'gone' }, { closedBy: 'waived' }],
    fail: [{ closedAt: '2026-01-12T00:00:00.000Z' }, { closedAt: null, closedBy: null }],
    pending: [{ severity: 'high', closedAt: null, closedBy: null }],
  },
  // The clock starts at the first failing look and does not stop while nothing is observed.
  evaluate({ severity, openedAt, closedAt, closedBy }, { asOf, parameters }) {
    const { criticalDays, highDays, mediumDays, lowDays } = parameters;
    const deadline = Date.parse(openedAt) + { critical: criticalDays, high: highDays, medium: mediumDays, low: lowDays }[severity] * day;
    const due = new Date(deadline).toISOString();
    if (closedAt === null) return asOf <= deadline ? pending('open', { due }, { until: deadline + 1 }) : fail('overdue', { due });
    const facts = { closed: closedAt, due };
    if (Date.parse(closedAt) > deadline) return fail('late', facts);
    if (closedBy === 'waived') return pass('waived', facts);
    return closedBy === 'gone' ? pass('gone', facts) : pass('in-time', facts);
  },
});
