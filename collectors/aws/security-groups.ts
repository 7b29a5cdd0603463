import { z } from 'zod';
import { type Api, defineCollector, isUnread, type Reads, type Reply, type Unread } from '#collector';
import { awsSecurityGroup, type Peer, type Permission } from '#populations/aws-security-group';
import { cidr, ipv4Cidr, ipv6Cidr } from '#populations/internet';
import { boundsOf, ec2Arn, NetworkInterfaces, Protocol, protocolName } from './ec2.ts';

const IpPermission = z
  .object({
    IpProtocol: Protocol,
    FromPort: z.int().optional(),
    ToPort: z.int().optional(),
    IpRanges: z.array(z.object({ CidrIp: ipv4Cidr })),
    Ipv6Ranges: z.array(z.object({ CidrIpv6: ipv6Cidr })),
    PrefixListIds: z.array(z.object({ PrefixListId: z.string() })),
    UserIdGroupPairs: z.array(z.object({ GroupId: z.string() })),
  })
  .refine(({ IpProtocol, FromPort, ToPort }) => boundsOf(IpProtocol, FromPort, ToPort) !== null, 'is not a range of ports');

const SecurityGroup = z.object({
  GroupId: z.string(),
  GroupName: z.string(),
  OwnerId: z.string(),
  VpcId: z.string(),
  IpPermissions: z.array(IpPermission),
  IpPermissionsEgress: z.array(IpPermission),
});

const reads = {
  'ec2:DescribeSecurityGroups': { needs: 'ec2:DescribeSecurityGroups', reply: z.object({ SecurityGroups: z.array(SecurityGroup) }) },
  'ec2:DescribeNetworkInterfaces': { needs: 'ec2:DescribeNetworkInterfaces', reply: NetworkInterfaces },
  'ec2:DescribeManagedPrefixLists': {
    needs: 'ec2:DescribeManagedPrefixLists',
    reply: z.object({ PrefixLists: z.array(z.object({ PrefixListId: z.string(), OwnerId: z.string() })) }),
  },
  'ec2:GetManagedPrefixListEntries': {
    needs: 'ec2:GetManagedPrefixListEntries',
    reply: z.object({ Entries: z.array(z.object({ Cidr: cidr })) }),
  },
} satisfies Reads;

type Ec2 = Api<typeof reads>;

export default defineCollector(awsSecurityGroup, {
  id: 'aws-security-groups',
  title: 'Security groups, the prefix lists they name, and what uses them',
  every: '1h',
  per: 'region',
  limits:
    'Groups of other accounts, seen in shared VPCs, belong to the look at those accounts. A group counts as used while a network interface has it; one that only a launch template, a stopped service or an idle function names counts as unused.',
  reads,
  async *collect(api, place) {
    const users = await usersOfGroups(api);
    const lists = prefixLists(api);
    for await (const page of api.pages('ec2:DescribeSecurityGroups', {})) {
      const groups = page.SecurityGroups.filter(({ OwnerId }) => OwnerId === place.account);
      await lists.read(groups);
      for (const group of groups) {
        const attachedTo = users.ok ? [...(users.value.get(group.GroupId) ?? [])].toSorted() : users.unread;
        yield {
          key: ec2Arn(place, group.OwnerId, `security-group/${group.GroupId}`),
          name: group.GroupName,
          vpcId: group.VpcId,
          ownerId: group.OwnerId,
          groupName: group.GroupName,
          ingress: permissionsOf(group.IpPermissions, lists.known),
          egress: permissionsOf(group.IpPermissionsEgress, lists.known),
          attached: isAttached(attachedTo),
          attachedTo,
        };
      }
    }
  },
});

/** What the network interfaces that use a group belong to, by the group's id. Not how many: that changes with every scaling. */
async function usersOfGroups(api: Ec2): Promise<Reply<Map<string, Set<string>>>> {
  const pages = await api.all('ec2:DescribeNetworkInterfaces', {});
  if (!pages.ok) return pages;
  const users = new Map<string, Set<string>>();
  for (const { InterfaceType, Groups, Attachment } of pages.value.flatMap((page) => page.NetworkInterfaces)) {
    const owner = Attachment?.InstanceOwnerId;
    const kind = InterfaceType === 'interface' && owner?.startsWith('amazon-') ? owner : InterfaceType;
    for (const { GroupId } of Groups) users.set(GroupId, (users.get(GroupId) ?? new Set()).add(kind));
  }
  return { ok: true, value: users };
}

function isAttached(attachedTo: string[] | Unread): 'yes' | 'no' | 'unknown' {
  if (isUnread(attachedTo)) return 'unknown';
  return attachedTo.length > 0 ? 'yes' : 'no';
}

type Lists = ReadonlyMap<string, Peer | Unread>;

/** The prefix lists that groups name, each read once. Where none is named, nothing is asked. */
function prefixLists(api: Ec2): { readonly known: Lists; read(groups: readonly z.infer<typeof SecurityGroup>[]): Promise<void> } {
  const lists = new Map<string, Peer | Unread>();
  let owners: Promise<Reply<Map<string, string>>> | undefined;
  return {
    known: lists,
    async read(groups) {
      const permissions = groups.flatMap(({ IpPermissions, IpPermissionsEgress }) => [...IpPermissions, ...IpPermissionsEgress]);
      const named = new Set(permissions.flatMap(({ PrefixListIds }) => PrefixListIds.map(({ PrefixListId }) => PrefixListId)));
      for (const id of [...named.difference(lists)].toSorted()) lists.set(id, await listOf(api, id, await (owners ??= ownersOf(api))));
    },
  };
}

async function ownersOf(api: Ec2): Promise<Reply<Map<string, string>>> {
  const pages = await api.all('ec2:DescribeManagedPrefixLists', {});
  if (!pages.ok) return pages;
  return {
    ok: true,
    value: new Map(pages.value.flatMap((page) => page.PrefixLists.map(({ PrefixListId, OwnerId }) => [PrefixListId, OwnerId]))),
  };
}

async function listOf(api: Ec2, id: string, owners: Reply<ReadonlyMap<string, string>>): Promise<Peer | Unread> {
  if (!owners.ok) return owners.unread;
  const owner = owners.value.get(id);
  if (owner === undefined) return api.unread('ec2:DescribeManagedPrefixLists', 'withheld', `${id} is not among the prefix lists`);
  // AWS's own lists hold the addresses of its services, CloudFront or S3 say.
  return owner === 'AWS' ? { kind: 'aws-prefix-list', value: id } : entriesOf(api, id);
}

async function entriesOf(api: Ec2, id: string): Promise<Peer | Unread> {
  const pages = await api.all('ec2:GetManagedPrefixListEntries', { PrefixListId: id });
  if (!pages.ok) return pages.unread;
  const cidrs = pages.value.flatMap((page) => page.Entries.map(({ Cidr }) => Cidr));
  return { kind: 'prefix-list', value: id, cidrs: [...new Set(cidrs)].toSorted() };
}

/** The permissions in an order of our own, or the reason why one of the prefix lists in them could not be read. */
function permissionsOf(permissions: readonly z.infer<typeof IpPermission>[], lists: Lists): Permission[] | Unread {
  const read: Permission[] = [];
  for (const { IpProtocol, FromPort, ToPort, IpRanges, Ipv6Ranges, PrefixListIds, UserIdGroupPairs } of permissions) {
    const peers: Peer[] = [
      ...IpRanges.map(({ CidrIp }) => ({ kind: 'ipv4' as const, value: CidrIp })),
      ...Ipv6Ranges.map(({ CidrIpv6 }) => ({ kind: 'ipv6' as const, value: CidrIpv6 })),
      ...UserIdGroupPairs.map(({ GroupId }) => ({ kind: 'security-group' as const, value: GroupId })),
    ];
    for (const { PrefixListId } of PrefixListIds) {
      const list = lists.get(PrefixListId)!;
      if (isUnread(list)) return list;
      peers.push(list);
    }
    read.push({ protocol: protocolName(IpProtocol), ...boundsOf(IpProtocol, FromPort, ToPort)!, peers: sorted(peers) });
  }
  return sorted(read);
}

function sorted<T>(values: readonly T[]): T[] {
  if (values.length < 2) return [...values];
  const keyed = values.map((value): [key: string, value: T] => [JSON.stringify(value), value]);
  return keyed.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
}
