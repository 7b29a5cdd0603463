import { z } from 'zod';
import { definePopulation } from '#src/population.ts';

/** Every place that a connection discovers, and what the scope declaration says of it. */
export const monitorPlace = definePopulation('monitor.place', {
  title: 'Accounts, regions, organizations, repositories and directories that were discovered',
  kind: 'state',
  fields: z.object({
    kind: z.enum(['account', 'region', 'repository']),
    declared: z.enum(['in', 'out', 'unclassified']).describe('What the scope declaration of the company says'),
    reason: z.string().nullable().describe('Why it is out of scope'),
  }),
  example: {
    key: 'aws:123456789012/eu-central-1',
    name: 'aws:123456789012/eu-central-1',
    kind: 'region',
    declared: 'in',
    reason: null,
  },
});
