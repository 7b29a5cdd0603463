import { z } from 'zod';
import { cidr } from '#populations/internet';
import { definePopulation } from '#src/population.ts';

export const FlowLog = z.object({
  id: z.string(),
  /** `ACTIVE` is what AWS says of every flow log that exists, also of one that delivers nothing. */
  status: z.string(),
  /** Null where AWS does not say. */
  delivery: z.string().nullable(),
  /** AWS's words for why records do not arrive, `Access error` say; null where it names none. */
  deliveryError: z.string().nullable(),
  traffic: z.enum(['ALL', 'ACCEPT', 'REJECT']),
  /** `cloud-watch-logs`, `s3` or `kinesis-data-firehose`; null where AWS does not say. */
  destination: z.string().nullable(),
});

export type FlowLog = z.infer<typeof FlowLog>;

export const awsVpc = definePopulation('aws.vpc', {
  title: 'VPCs and what is logged of their traffic',
  kind: 'state',
  fields: z.object({
    ownerId: z.string(),
    isDefault: z.boolean(),
    /** IPv4 and IPv6 blocks that belong to it now. */
    cidrs: z.array(cidr),
    /** Whether any network interface lies in it. */
    inUse: z.boolean(),
    /** Flow logs of the VPC as a whole. */
    flowLogs: z.array(FlowLog),
    /** Its subnets, each with the flow logs of its own. */
    subnets: z.array(z.object({ id: z.string(), flowLogs: z.array(FlowLog) })),
  }),
  example: {
    key: 'arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-0a1b2c3d4e5f60718',
    name: 'production',
    ownerId: '111122223333',
    isDefault: false,
    cidrs: ['10.20.0.0/16'],
    inUse: true,
    flowLogs: [
      {
        id: 'fl-0a1b2c3d4e5f60718',
        status: 'ACTIVE',
        delivery: 'SUCCESS',
        deliveryError: null,
        traffic: 'ALL',
        destination: 'cloud-watch-logs',
      },
    ],
    subnets: [{ id: 'subnet-0a1b2c3d4e5f60718', flowLogs: [] }],
  },
});

/** What of the traffic arrives somewhere: by a log that is active and has no trouble delivering. Accepted and rejected together are all. */
export function trafficDelivered(logs: readonly FlowLog[]): 'ALL' | 'ACCEPT' | 'REJECT' | 'none' {
  const delivered = new Set(logs.filter(delivers).map(({ traffic }) => traffic));
  if (delivered.has('ALL') || (delivered.has('ACCEPT') && delivered.has('REJECT'))) return 'ALL';
  return delivered.values().next().value ?? 'none';
}

/** A log can be ACTIVE and deliver nothing: AWS then names an error, with or without `FAILED`. */
export const delivers = ({ status, delivery, deliveryError }: FlowLog): boolean =>
  status === 'ACTIVE' && delivery !== 'FAILED' && deliveryError === null;
