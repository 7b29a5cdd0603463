import { z } from 'zod';
import { cidr, type Exposure, exposure, type Width } from '#populations/internet';
import { definePopulation } from '#src/population.ts';

/** One line of a network ACL. `from` and `to` are ports, inclusive, for tcp and udp; null is "any". */
export const AclEntry = z.object({
  ruleNumber: z.int(),
  allows: z.boolean(),
  /** `all`, `tcp`, `udp`, `icmp`, `icmpv6`, or the number of any other protocol. */
  protocol: z.string(),
  from: z.int().nullable(),
  to: z.int().nullable(),
  cidr,
});

export type AclEntry = z.infer<typeof AclEntry>;

export const awsNetworkAcl = definePopulation('aws.network-acl', {
  title: 'Network ACLs of VPCs',
  kind: 'state',
  fields: z.object({
    vpcId: z.string(),
    ownerId: z.string(),
    isDefault: z.boolean(),
    /** The subnets it guards. */
    subnets: z.array(z.string()),
    /** In the order in which they are tried; the first that matches decides, and what none matches is denied. */
    ingress: z.array(AclEntry),
    egress: z.array(AclEntry),
  }),
  example: {
    key: 'arn:aws:ec2:eu-west-1:111122223333:network-acl/acl-0a1b2c3d4e5f60718',
    name: 'acl-0a1b2c3d4e5f60718',
    vpcId: 'vpc-0a1b2c3d4e5f60718',
    ownerId: '111122223333',
    isDefault: false,
    subnets: ['subnet-0a1b2c3d4e5f60718'],
    ingress: [
      { ruleNumber: 100, allows: true, protocol: 'tcp', from: 443, to: 443, cidr: '0.0.0.0/0' },
      { ruleNumber: 32767, allows: false, protocol: 'all', from: null, to: null, cidr: '0.0.0.0/0' },
    ],
    egress: [
      { ruleNumber: 100, allows: true, protocol: 'all', from: null, to: null, cidr: '0.0.0.0/0' },
      { ruleNumber: 32767, allows: false, protocol: 'all', from: null, to: null, cidr: '0.0.0.0/0' },
    ],
  },
});

/** What the internet can reach past the inbound entries. */
export function publicInbound(ingress: readonly AclEntry[], width: Width): Exposure {
  return exposure(
    ingress.map(({ cidr, ...entry }) => ({ ...entry, cidrs: [cidr] })),
    width,
  );
}
