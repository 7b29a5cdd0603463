import { z } from 'zod';
import { defineCollector } from '#collector';
import { awsRdsInstance } from '#populations/aws-rds-instance';

const Instances = z.object({
  DBInstances: z.array(
    z.object({
      DBInstanceIdentifier: z.string(),
      DBInstanceArn: z.string(),
      DbiResourceId: z.string(),
      Engine: z.string().optional(),
      DBInstanceStatus: z.string().optional(),
      PubliclyAccessible: z.boolean().optional(),
      DBClusterIdentifier: z.string().optional(),
      DBSubnetGroup: z.object({ VpcId: z.string().optional() }).optional(),
      VpcSecurityGroups: z.array(z.object({ VpcSecurityGroupId: z.string() })).optional(),
    }),
  ),
});

export default defineCollector(awsRdsInstance, {
  id: 'aws-rds-instances',
  title: 'Database instances, and whether they have a public address',
  every: '1h',
  per: 'region',
  reads: { 'rds:DescribeDBInstances': { needs: 'rds:DescribeDBInstances', reply: Instances } },
  limits: 'Serverless v1 clusters have no instance, and cannot have a public address.',
  async *collect(api) {
    for await (const { DBInstances } of api.pages('rds:DescribeDBInstances', {})) {
      for (const instance of DBInstances) {
        const told = <T>(value: T | undefined, field: string) =>
          value ?? api.unread('rds:DescribeDBInstances', 'malformed', `${instance.DBInstanceIdentifier} has no ${field}`);
        yield {
          key: `${instance.DBInstanceArn}#${instance.DbiResourceId}`,
          name: instance.DBInstanceIdentifier,
          engine: told(instance.Engine, 'Engine'),
          status: told(instance.DBInstanceStatus, 'DBInstanceStatus'),
          publiclyAccessible: told(instance.PubliclyAccessible, 'PubliclyAccessible'),
          cluster: instance.DBClusterIdentifier || null,
          vpc: instance.DBSubnetGroup?.VpcId ?? null,
          securityGroups: told(
            instance.VpcSecurityGroups?.map(({ VpcSecurityGroupId }) => VpcSecurityGroupId).toSorted(),
            'VpcSecurityGroups',
          ),
        };
      }
    }
  },
});
