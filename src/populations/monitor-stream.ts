import { z } from 'zod';
import { definePopulation } from '#src/population.ts';

/** Every scope that Holdfast is to observe, as its own evidence shows it. */
export const monitorStream = definePopulation('monitor.stream', {
  title: 'Streams of observation: each population in each account and region of a connection',
  kind: 'state',
  derived: true,
  fields: z.object({
    population: z.string().describe('The population that is read'),
    lastComplete: z.iso.datetime().nullable().describe('The last complete look; null when there never was one'),
    holdMinutes: z.int().describe('Two looks further apart than this do not vouch for the time between them'),
    failure: z.string().nullable().describe('Why the latest attempt failed; null when it did not'),
  }),
  example: {
    key: 'aws/123456789012/eu-central-1/aws.security-group',
    name: 'Security groups in eu-central-1 of 123456789012',
    population: 'aws.security-group',
    lastComplete: '2026-01-14T23:30:00.000Z',
    holdMinutes: 120,
    failure: null,
  },
});
