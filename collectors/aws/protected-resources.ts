import { z } from 'zod';
import { defineCollector, instant } from '#collector';
import { awsProtectedResource } from '#populations/aws-protected-resource';

const Resources = z.object({
  Results: z.array(
    z.object({
      ResourceArn: z.string(),
      ResourceType: z.string().optional(),
      ResourceName: z.string().optional(),
      LastBackupTime: instant.optional(),
    }),
  ),
});

export default defineCollector(awsProtectedResource, {
  id: 'aws-protected-resources',
  title: 'What AWS Backup has backed up, and when last',
  every: '6h',
  per: 'region',
  reads: { 'backup:ListProtectedResources': { needs: 'backup:ListProtectedResources', reply: Resources } },
  limits: 'Lists what was ever backed up, also what no plan selects any more.',
  async *collect(api) {
    for await (const { Results } of api.pages('backup:ListProtectedResources', {})) {
      for (const { ResourceArn, ResourceType, ResourceName, LastBackupTime } of Results) {
        yield {
          key: ResourceArn,
          name: ResourceName || ResourceArn.slice(ResourceArn.lastIndexOf(':') + 1),
          arn: ResourceArn,
          resourceType: ResourceType ?? api.unread('backup:ListProtectedResources', 'malformed', `${ResourceArn} has no ResourceType`),
          lastBackup: LastBackupTime ?? null,
        };
      }
    }
  },
});
