import { z } from 'zod';
import { definePopulation } from '#src/population.ts';

export const awsRegion = definePopulation('aws.region', {
  title: 'Enabled regions of an account and the settings that hold for all of each',
  kind: 'state',
  fields: z.object({
    /** New volumes are encrypted; those that exist are as they are. */
    ebsEncryptionByDefault: z.boolean(),
    snapshotBlockPublicAccess: z.enum(['block-all-sharing', 'block-new-sharing', 'unblocked']),
    /** What internet gateways may carry, whatever firewalls say; exclusions for single VPCs and subnets are not read. */
    vpcBlockPublicAccess: z.enum(['off', 'block-bidirectional', 'block-ingress']),
  }),
  example: {
    key: 'aws:region:111122223333/eu-west-1',
    name: 'eu-west-1',
    ebsEncryptionByDefault: true,
    snapshotBlockPublicAccess: 'block-all-sharing',
    vpcBlockPublicAccess: 'off',
  },
});
