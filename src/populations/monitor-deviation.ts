import { z } from 'zod';
import { definePopulation } from '#src/population.ts';

/** Every deviation of a STATE rule: a maximal run of failing looks at one item. */
export const monitorDeviation = definePopulation('monitor.deviation', {
  title: 'Deviations of the rules over configuration',
  kind: 'event',
  at: 'openedAt',
  derived: true,
  fields: z.object({
    rule: z.string(),
    item: z.string(),
    severity: z.enum(['low', 'medium', 'high', 'critical']),
    openedAt: z.iso.datetime().describe('The first failing look'),
    closedAt: z.iso
      .datetime()
      .nullable()
      .describe('The first look that did not fail, or the approval of a waiver that still covers it; null while open'),
    closedBy: z.enum(['pass', 'not-applicable', 'gone', 'waived']).nullable(),
  }),
  example: {
    key: 'aws.ec2.security-group-no-public-admin-ports arn:aws:ec2:eu-central-1:123456789012:security-group/sg-0a1b2c 2026-01-09T21:00:00.000Z',
    name: 'No security group opens administration ports to the internet: bastion',
    rule: 'aws.ec2.security-group-no-public-admin-ports',
    item: 'arn:aws:ec2:eu-central-1:123456789012:security-group/sg-0a1b2c',
    severity: 'critical',
    openedAt: '2026-01-09T21:00:00.000Z',
    closedAt: '2026-01-09T23:00:00.000Z',
    closedBy: 'pass',
  },
});
