import { z } from 'zod';
import {
  cidr,
  type Exposure,
  exposure,
  inWords,
  ipv4Cidr,
  ipv6Cidr,
  isPublic,
  type OpenPorts,
  prefixLength,
  type Width,
} from '#populations/internet';
import { definePopulation } from '#src/population.ts';

/** Who may send, as the group names them. A customer's prefix list carries its entries; one of AWS's stands for an AWS service, never for the internet. */
const Peer = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ipv4'), value: ipv4Cidr }),
  z.object({ kind: z.literal('ipv6'), value: ipv6Cidr }),
  z.object({ kind: z.literal('prefix-list'), value: z.string(), cidrs: z.array(cidr) }),
  z.object({ kind: z.literal('aws-prefix-list'), value: z.string() }),
  z.object({ kind: z.literal('security-group'), value: z.string() }),
]);

/** `from` and `to` are ports, inclusive, for tcp and udp, and types and codes for ICMP; null is "any". */
export const Permission = z.object({
  /** `all`, `tcp`, `udp`, `icmp`, `icmpv6`, or the number of any other protocol. */
  protocol: z.string(),
  from: z.int().nullable(),
  to: z.int().nullable(),
  peers: z.array(Peer),
});

export type Peer = z.infer<typeof Peer>;
export type Permission = z.infer<typeof Permission>;

export const awsSecurityGroup = definePopulation('aws.security-group', {
  title: 'Security groups of VPCs',
  kind: 'state',
  fields: z.object({
    vpcId: z.string(),
    ownerId: z.string(),
    groupName: z.string(),
    ingress: z.array(Permission),
    egress: z.array(Permission),
    /**
     * Whether a network interface uses the group now. `unknown` where the interfaces could not be read: rules take it for in use, because an open
     * port must be told even then. It is no silent pass, since use only ever lowers the severity of a failure.
     */
    attached: z.enum(['yes', 'no', 'unknown']),
    /** What the interfaces that use the group belong to, each kind once: `interface` is a machine's own, `amazon-elb` and the like a service's. */
    attachedTo: z.array(z.string()),
  }),
  example: {
    key: 'arn:aws:ec2:eu-west-1:111122223333:security-group/sg-0a1b2c3d4e5f60718',
    name: 'web',
    vpcId: 'vpc-0a1b2c3d4e5f60718',
    ownerId: '111122223333',
    groupName: 'web',
    ingress: [{ protocol: 'tcp', from: 443, to: 443, peers: [{ kind: 'ipv4', value: '10.0.0.0/8' }] }],
    egress: [{ protocol: 'all', from: null, to: null, peers: [{ kind: 'ipv4', value: '0.0.0.0/0' }] }],
    attached: 'yes',
    attachedTo: ['interface'],
  },
});

/** What the internet can reach through the permissions. */
export function publicIngress(ingress: readonly Permission[], width: Width): Exposure {
  return exposure(
    ingress.map(({ protocol, from, to, peers }) => ({ allows: true, protocol, from, to, cidrs: peers.flatMap(cidrsOf) })),
    width,
  );
}

/** The public blocks that reach any of the ports, the widest first: what a reader needs to find the permission. */
export function sourcesOf(ingress: readonly Permission[], ports: readonly OpenPorts[]): string {
  const reaching = ingress.filter(
    ({ protocol, from, to }) =>
      protocol === 'all' || ports.some((open) => open.protocol === protocol && (from ?? 0) <= open.to && open.from <= (to ?? open.to)),
  );
  return publicSources(reaching);
}

/** The public blocks in the permissions, the widest first, in words. */
export function publicSources(permissions: readonly Permission[]): string {
  const peers = permissions.flatMap((permission) => permission.peers);
  const blocks = peers.flatMap((peer) =>
    cidrsOf(peer).map((cidr) => ({ cidr, text: peer.kind === 'prefix-list' ? `${cidr} (${peer.value})` : cidr })),
  );
  const widest = blocks
    .filter(({ cidr }) => isPublic(cidr))
    .toSorted((a, b) => prefixLength(a.cidr) - prefixLength(b.cidr) || (a.text < b.text ? -1 : 1));
  return inWords([...new Set(widest.map(({ text }) => text))]);
}

/** How the use of a group bears on a failure: none that is open is harmless, since it can be attached at any time, but an unused one can wait. */
export const use = {
  yes: { use: 'a network interface uses the group', options: {} },
  no: { use: 'no network interface uses the group now, though one can at any time', options: { severity: 'low' } },
  unknown: { use: 'whether a network interface uses the group could not be read', options: {} },
} as const;

function cidrsOf(peer: Peer): readonly string[] {
  if (peer.kind === 'prefix-list') return peer.cidrs;
  return peer.kind === 'ipv4' || peer.kind === 'ipv6' ? [peer.value] : [];
}
