import { z } from 'zod';
import { definePopulation } from '#src/population.ts';

/** Each instance of RDS, Aurora, DocumentDB and Neptune, members of clusters too. What belongs to a whole database is in `aws.database`. */
export const awsRdsInstance = definePopulation('aws.rds-instance', {
  title: 'Database instances',
  kind: 'state',
  fields: z.object({
    engine: z.string(),
    status: z.string(),
    publiclyAccessible: z.boolean().describe('It has a public address, and its name resolves to it from outside'),
    cluster: z.string().nullable().describe('The cluster that it is a member of'),
    vpc: z.string().nullable(),
    securityGroups: z.array(z.string()),
  }),
  example: {
    key: 'arn:aws:rds:eu-central-1:123456789012:db:orders#db-ABCDEFGHIJKLMNOPQRSTUVWXYZ',
    name: 'orders',
    engine: 'postgres',
    status: 'available',
    publiclyAccessible: false,
    cluster: null,
    vpc: 'vpc-0a1b2c3d4e5f60001',
    securityGroups: ['sg-0a1b2c3d4e5f60001'],
  },
});
