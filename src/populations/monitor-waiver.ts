import { z } from 'zod';
import { definePopulation } from '#src/population.ts';

/** Every waiver that somebody approved, from its approval until it is closed. */
export const monitorWaiver = definePopulation('monitor.waiver', {
  title: 'Waivers that were approved',
  kind: 'state',
  derived: true,
  fields: z.object({
    rule: z.string(),
    severity: z.enum(['low', 'medium', 'high', 'critical']).describe('Of the rule'),
    items: z.array(z.string()).describe('The items that it names, by key'),
    reason: z.string(),
    compensating: z.string().describe('What keeps the risk down meanwhile'),
    requestedBy: z.string(),
    approvedBy: z.string(),
    approvedBySelf: z.boolean().describe('Who asked for it approved it, under whatever address'),
    approverHasRole: z.boolean().describe('Who approved it had the role then'),
    approvedAt: z.iso.datetime().describe('When the approval was recorded'),
    from: z.iso.datetime().describe('From when on it is said to hold'),
    until: z.iso.datetime(),
    closedAt: z.iso
      .datetime()
      .nullable()
      .describe('When it was over: nothing that it names failed any more, or it was withdrawn or renewed'),
    closedBy: z.enum(['mended', 'withdrawn', 'renewed']).nullable(),
    flaw: z.string().nullable().describe('Any other rule of waivers that it breaks, in short'),
  }),
  example: {
    key: 'W-7K3QZA',
    name: 'W-7K3QZA',
    rule: 'aws.ec2.security-group-no-public-admin-ports',
    severity: 'critical',
    items: ['arn:aws:ec2:eu-central-1:123456789012:security-group/sg-0a1b2c'],
    reason: 'The old VPN needs the port until it is replaced.',
    compensating: 'The group allows one address, and its flow logs are watched.',
    requestedBy: 'cy@example.com',
    approvedBy: 'anna@example.com',
    approvedBySelf: false,
    approverHasRole: true,
    approvedAt: '2026-01-05T10:00:00.000Z',
    from: '2026-01-05T10:00:00.000Z',
    until: '2026-03-01T00:00:00.000Z',
    closedAt: null,
    closedBy: null,
    flaw: null,
  },
});
