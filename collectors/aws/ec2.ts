import { z } from 'zod';
import type { Place } from '#collector';

/** What the collectors of EC2's networks and disks have in common. */

/** The ARN of a resource, `volume/vol-…` say, in the place's own partition. Snapshots have no owner in theirs. */
export function ec2Arn({ partition, region }: Place, owner: string, resource: string): string {
  if (partition === undefined) throw new Error('the place names no partition');
  return `arn:${partition}:ec2:${region}:${owner}:${resource}`;
}

/** Of the tags only the name is kept. AWS leaves the list out where there are none. */
export const Tags = z
  .array(z.object({ Key: z.string(), Value: z.string().optional() }))
  .transform((tags) => tags.filter(({ Key }) => Key === 'Name'))
  .optional();

export const nameIn = (tags: z.infer<typeof Tags>, otherwise: string): string => tags?.[0]?.Value || otherwise;

/** A protocol as AWS writes it: one of four names, or a number as text, or -1 for all. Anything else is not understood, so not taken for harmless. */
export const Protocol = z.string().regex(/^(?:-1|\d{1,3}|tcp|udp|icmp|icmpv6)$/, 'is not a protocol');

const protocolNames: Readonly<Record<string, string>> = { '-1': 'all', 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'icmpv6' };

export const protocolName = (protocol: string): string => protocolNames[protocol] ?? protocol;

/**
 * The bounds of a permission: ports for tcp and udp, types and codes for ICMP. For all protocols AWS gives none; -1 means "any".
 * Null where the bounds of tcp or udp are no range of ports.
 */
export function boundsOf(
  protocol: string,
  from: number | undefined,
  to: number | undefined,
): { from: number | null; to: number | null } | null {
  const bounds = { from: from === undefined || from === -1 ? null : from, to: to === undefined || to === -1 ? null : to };
  const name = protocolName(protocol);
  if (name !== 'tcp' && name !== 'udp') return bounds;
  if (bounds.from === null && bounds.to === null) return bounds;
  const ordered = bounds.from !== null && bounds.to !== null && 0 <= bounds.from && bounds.from <= bounds.to && bounds.to <= 65_535;
  return ordered ? bounds : null;
}

export const NetworkInterfaces = z.object({
  NetworkInterfaces: z.array(
    z.object({
      VpcId: z.string(),
      InterfaceType: z.string(),
      Groups: z.array(z.object({ GroupId: z.string() })),
      /** Left out while the interface belongs to nothing. `InstanceOwnerId` is a service, `amazon-elb` say, where the instance is not the company's. */
      Attachment: z.object({ InstanceOwnerId: z.string().optional() }).optional(),
    }),
  ),
});
