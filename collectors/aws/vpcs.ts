import { z } from 'zod';
import { defineCollector } from '#collector';
import { awsVpc, type FlowLog } from '#populations/aws-vpc';
import { ipv4Cidr, ipv6Cidr } from '#populations/internet';
import { ec2Arn, NetworkInterfaces, nameIn, Tags } from './ec2.ts';

const Vpc = z.object({
  VpcId: z.string(),
  OwnerId: z.string(),
  IsDefault: z.boolean(),
  CidrBlockAssociationSet: z.array(z.object({ CidrBlock: ipv4Cidr, CidrBlockState: z.object({ State: z.string() }) })),
  /** Left out by AWS where there are none. */
  Ipv6CidrBlockAssociationSet: z
    .array(z.object({ Ipv6CidrBlock: ipv6Cidr, Ipv6CidrBlockState: z.object({ State: z.string() }) }))
    .optional(),
  Tags,
});

/** `DeliverLogsStatus`, the error and the destination's kind are left out by AWS where it has nothing to say. */
const DescribedFlowLog = z
  .object({
    FlowLogId: z.string(),
    FlowLogStatus: z.string(),
    ResourceId: z.string(),
    TrafficType: z.enum(['ALL', 'ACCEPT', 'REJECT']).optional(),
    DeliverLogsStatus: z.string().optional(),
    DeliverLogsErrorMessage: z.string().optional(),
    LogDestinationType: z.string().optional(),
  })
  .refine(
    ({ ResourceId, TrafficType }) => TrafficType !== undefined || !/^(?:vpc|subnet)-/.test(ResourceId),
    'names no kind of traffic, which only transit gateways have none of',
  );

export default defineCollector(awsVpc, {
  id: 'aws-vpcs',
  title: 'VPCs, their subnets and flow logs, and whether anything runs in them',
  every: '1h',
  per: 'region',
  limits:
    'VPCs that other accounts share belong to the look at those accounts, and so do their flow logs. Flow logs of single network interfaces are not counted.',
  reads: {
    'ec2:DescribeVpcs': { needs: 'ec2:DescribeVpcs', reply: z.object({ Vpcs: z.array(Vpc) }) },
    'ec2:DescribeNetworkInterfaces': { needs: 'ec2:DescribeNetworkInterfaces', reply: NetworkInterfaces },
    'ec2:DescribeFlowLogs': { needs: 'ec2:DescribeFlowLogs', reply: z.object({ FlowLogs: z.array(DescribedFlowLog) }) },
    'ec2:DescribeSubnets': {
      needs: 'ec2:DescribeSubnets',
      reply: z.object({ Subnets: z.array(z.object({ SubnetId: z.string(), VpcId: z.string() })) }),
    },
  },
  async *collect(api, place) {
    const vpcs: z.infer<typeof Vpc>[] = [];
    for await (const page of api.pages('ec2:DescribeVpcs', {})) vpcs.push(...page.Vpcs.filter(({ OwnerId }) => OwnerId === place.account));
    const interfaces = await api.all('ec2:DescribeNetworkInterfaces', {});
    const logs = await api.all('ec2:DescribeFlowLogs', {});
    const subnets = await api.all('ec2:DescribeSubnets', {});

    const used = new Set(interfaces.ok ? interfaces.value.flatMap((page) => page.NetworkInterfaces.map(({ VpcId }) => VpcId)) : []);
    const logsOf = Map.groupBy(logs.ok ? logs.value.flatMap((page) => page.FlowLogs) : [], ({ ResourceId }) => ResourceId);
    const subnetsOf = Map.groupBy(subnets.ok ? subnets.value.flatMap((page) => page.Subnets) : [], ({ VpcId }) => VpcId);
    for (const vpc of vpcs) {
      const withLogs = (subnetsOf.get(vpc.VpcId) ?? []).map(({ SubnetId }) => ({ id: SubnetId, flowLogs: flowLogs(logsOf.get(SubnetId)) }));
      yield {
        key: ec2Arn(place, vpc.OwnerId, `vpc/${vpc.VpcId}`),
        name: nameIn(vpc.Tags, vpc.VpcId),
        ownerId: vpc.OwnerId,
        isDefault: vpc.IsDefault,
        cidrs: cidrsOf(vpc),
        inUse: interfaces.ok ? used.has(vpc.VpcId) : interfaces.unread,
        flowLogs: logs.ok ? flowLogs(logsOf.get(vpc.VpcId)) : logs.unread,
        subnets: !subnets.ok ? subnets.unread : !logs.ok ? logs.unread : byId(withLogs),
      };
    }
  },
});

function cidrsOf({ CidrBlockAssociationSet, Ipv6CidrBlockAssociationSet = [] }: z.infer<typeof Vpc>): string[] {
  const v4 = CidrBlockAssociationSet.filter(({ CidrBlockState }) => CidrBlockState.State === 'associated').map(
    ({ CidrBlock }) => CidrBlock,
  );
  const v6 = Ipv6CidrBlockAssociationSet.filter(({ Ipv6CidrBlockState }) => Ipv6CidrBlockState.State === 'associated').map(
    ({ Ipv6CidrBlock }) => Ipv6CidrBlock,
  );
  return [...v4, ...v6].toSorted();
}

/** The flow logs of one resource; none where the whole list, read to its end, names none. */
function flowLogs(described: readonly z.infer<typeof DescribedFlowLog>[] = []): FlowLog[] {
  return byId(
    described.map(({ FlowLogId, FlowLogStatus, TrafficType, DeliverLogsStatus, DeliverLogsErrorMessage, LogDestinationType }) => ({
      id: FlowLogId,
      status: FlowLogStatus,
      delivery: DeliverLogsStatus ?? null,
      deliveryError: DeliverLogsErrorMessage ?? null,
      traffic: TrafficType!,
      destination: LogDestinationType ?? null,
    })),
  );
}

const byId = <T extends { readonly id: string }>(values: readonly T[]): T[] => values.toSorted((a, b) => (a.id < b.id ? -1 : 1));
