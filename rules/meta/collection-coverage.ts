import { monitorStream } from '#populations/monitor-stream';
import { defineRule, fail, pass, z } from '#rule';

export default defineRule(monitorStream, {
  id: 'meta.collection-coverage',
  title: 'Every source in scope is observed without a gap',
  kind: 'state',
  severity: 'high',
  rationale:
    'What was not looked at cannot be said to have held. A gap in the looking is itself a deviation of monitoring, and takes nothing else with it.',
  remediation:
    'Read the reason of the gap: grant the permission it names, renew the credential, or restore the agent. The time stays unobserved.',
  inspects: ['lastComplete', 'holdMinutes', 'failure'],
  parameters: z.object({}),
  messages: {
    observed: 'Read completely at least every {minutes} minutes.',
    gap: 'Not read completely since {since}: {why}.',
    never: 'Never read completely: {why}.',
  },
  examples: {
    pass: [
      { lastComplete: '2026-01-14T23:30:00.000Z' },
      { lastComplete: '2026-01-14T23:30:00.000Z', failure: 'ec2:DescribeSecurityGroups: throttled' },
    ],
    fail: [
      { lastComplete: '2026-01-10T00:00:00.000Z', failure: 'ec2:DescribeSecurityGroups: denied' },
      { lastComplete: null, failure: 'ec2:DescribeSecurityGroups: denied' },
    ],
  },
  evaluate({ lastComplete, holdMinutes, failure }, { asOf }) {
    const why = failure ?? 'the monitor did not run';
    if (lastComplete === null) return fail('never', { why });
    const until = Date.parse(lastComplete) + holdMinutes * 60_000;
    return asOf <= until ? pass('observed', { minutes: holdMinutes }, { until: until + 1 }) : fail('gap', { since: lastComplete, why });
  },
});
