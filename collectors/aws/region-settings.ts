import { z } from 'zod';
import { defineCollector } from '#collector';
import { awsRegion } from '#populations/aws-region';

const SnapshotBlock = z.object({ State: z.enum(['block-all-sharing', 'block-new-sharing', 'unblocked']) });
const VpcBlock = z.object({
  VpcBlockPublicAccessOptions: z.object({ InternetGatewayBlockMode: z.enum(['off', 'block-bidirectional', 'block-ingress']) }),
});

export default defineCollector(awsRegion, {
  id: 'aws-region-settings',
  title: 'Settings that hold for a whole region',
  every: '1h',
  per: 'region',
  limits: 'Exclusions from VPC Block Public Access are not read.',
  reads: {
    'ec2:GetEbsEncryptionByDefault': { needs: 'ec2:GetEbsEncryptionByDefault', reply: z.object({ EbsEncryptionByDefault: z.boolean() }) },
    'ec2:GetSnapshotBlockPublicAccessState': { needs: 'ec2:GetSnapshotBlockPublicAccessState', reply: SnapshotBlock },
    'ec2:DescribeVpcBlockPublicAccessOptions': { needs: 'ec2:DescribeVpcBlockPublicAccessOptions', reply: VpcBlock },
  },
  async *collect(api, place) {
    if (place.partition === undefined) throw new Error('the place names no partition');
    const encryption = await api.get('ec2:GetEbsEncryptionByDefault', {});
    const snapshots = await api.get('ec2:GetSnapshotBlockPublicAccessState', {});
    const vpcs = await api.get('ec2:DescribeVpcBlockPublicAccessOptions', {});
    yield {
      // A region has no ARN; partition, account and name are what tell it from all others.
      key: `${place.partition}:region:${place.account}/${place.region}`,
      name: place.region,
      ebsEncryptionByDefault: encryption.ok ? encryption.value.EbsEncryptionByDefault : encryption.unread,
      snapshotBlockPublicAccess: snapshots.ok ? snapshots.value.State : snapshots.unread,
      vpcBlockPublicAccess: vpcs.ok ? vpcs.value.VpcBlockPublicAccessOptions.InternetGatewayBlockMode : vpcs.unread,
    };
  },
});
