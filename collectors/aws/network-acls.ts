import { z } from 'zod';
import { defineCollector } from '#collector';
import { type AclEntry, awsNetworkAcl } from '#populations/aws-network-acl';
import { ipv4Cidr, ipv6Cidr } from '#populations/internet';
import { boundsOf, ec2Arn, nameIn, Protocol, protocolName, Tags } from './ec2.ts';

const Entry = z
  .object({
    RuleNumber: z.int(),
    Egress: z.boolean(),
    RuleAction: z.enum(['allow', 'deny']),
    Protocol,
    /** Only of protocols that have ports. */
    PortRange: z.object({ From: z.int().optional(), To: z.int().optional() }).optional(),
    CidrBlock: ipv4Cidr.optional(),
    Ipv6CidrBlock: ipv6Cidr.optional(),
  })
  .refine(({ CidrBlock, Ipv6CidrBlock }) => (CidrBlock === undefined) !== (Ipv6CidrBlock === undefined), 'does not have one block')
  // Without its ports a denial would be taken to deny them all.
  .refine(({ Protocol, PortRange }) => !['tcp', 'udp'].includes(protocolName(Protocol)) || (PortRange?.From ?? -1) >= 0, 'has no ports')
  .refine(({ Protocol, PortRange }) => boundsOf(Protocol, PortRange?.From, PortRange?.To) !== null, 'is not a range of ports');

const NetworkAcl = z.object({
  NetworkAclId: z.string(),
  VpcId: z.string(),
  OwnerId: z.string(),
  IsDefault: z.boolean(),
  Associations: z.array(z.object({ SubnetId: z.string() })),
  Entries: z.array(Entry),
  Tags,
});

export default defineCollector(awsNetworkAcl, {
  id: 'aws-network-acls',
  title: 'Network ACLs and the subnets they guard',
  every: '1h',
  per: 'region',
  limits: 'ACLs of other accounts, seen in shared VPCs, belong to the look at those accounts.',
  reads: {
    'ec2:DescribeNetworkAcls': { needs: 'ec2:DescribeNetworkAcls', reply: z.object({ NetworkAcls: z.array(NetworkAcl) }) },
  },
  async *collect(api, place) {
    for await (const page of api.pages('ec2:DescribeNetworkAcls', {})) {
      for (const acl of page.NetworkAcls.filter(({ OwnerId }) => OwnerId === place.account)) {
        yield {
          key: ec2Arn(place, acl.OwnerId, `network-acl/${acl.NetworkAclId}`),
          name: nameIn(acl.Tags, acl.NetworkAclId),
          vpcId: acl.VpcId,
          ownerId: acl.OwnerId,
          isDefault: acl.IsDefault,
          subnets: acl.Associations.map(({ SubnetId }) => SubnetId).toSorted(),
          ingress: entriesOf(acl.Entries.filter(({ Egress }) => !Egress)),
          egress: entriesOf(acl.Entries.filter(({ Egress }) => Egress)),
        };
      }
    }
  },
});

/** In the order in which they are tried: by number. The two that deny the rest, one for each family, share the last number. */
function entriesOf(entries: readonly z.infer<typeof Entry>[]): AclEntry[] {
  const read = entries.map(({ RuleNumber, RuleAction, Protocol, PortRange, CidrBlock, Ipv6CidrBlock }) => ({
    ruleNumber: RuleNumber,
    allows: RuleAction === 'allow',
    protocol: protocolName(Protocol),
    ...boundsOf(Protocol, PortRange?.From, PortRange?.To)!,
    cidr: (CidrBlock ?? Ipv6CidrBlock)!,
  }));
  return read.sort((a, b) => a.ruleNumber - b.ruleNumber || (a.cidr < b.cidr ? -1 : 1));
}
