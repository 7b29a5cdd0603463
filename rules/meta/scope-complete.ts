import { monitorPlace } from '#populations/monitor-place';
import { day, days, defineRule, fail, pass, z } from '#rule';

export default defineRule(monitorPlace, {
  id: 'meta.scope-complete',
  title: 'Every place that is discovered is classified in or out of scope',
  kind: 'state',
  severity: 'high',
  rationale: 'A population is complete only when someone decided, with a reason, about every account, region and repository that exists.',
  remediation:
    'Name the place under `scope` in holdfast.yaml: `in`, or `out` with the reason. Until then it is observed as if it were in scope.',
  inspects: ['declared', 'reason'],
  parameters: z.object({ graceDays: days(14).describe('Days that a newly discovered place may stay unclassified') }),
  messages: {
    in: 'Declared in scope.',
    out: 'Declared out of scope: {reason}',
    new: 'Not classified yet; due {due}.',
    unclassified: 'Not classified since {since}.',
  },
  examples: {
    pass: [{}, { declared: 'out', reason: 'No workload runs there.' }],
    fail: [{ declared: 'unclassified' }],
  },
  evaluate({ declared, reason }, { asOf, parameters, firstSeen }) {
    if (declared === 'in') return pass('in');
    if (declared === 'out') return pass('out', { reason: reason ?? 'no reason given' });
    const due = firstSeen + parameters.graceDays * day;
    return asOf < due
      ? pass('new', { due: new Date(due).toISOString() }, { until: due })
      : fail('unclassified', { since: new Date(firstSeen).toISOString() });
  },
});
