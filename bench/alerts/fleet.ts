import type { Connection } from '#src/collector.ts';
import { account, connectionOver, regions } from '../fleet.ts';

/** Security groups in four regions, some of them open to the world for SSH, as the provider answers. */
export interface Fleet {
  readonly connection: Connection;
  /** The groups that are open, by number, in every region. */
  open: ReadonlySet<number>;
}

export function fleetOf(items: number): Fleet {
  const perRegion = Math.ceil(items / regions.length);
  const peers = { Ipv6Ranges: [], PrefixListIds: [], UserIdGroupPairs: [] };
  const permission = (port: number, cidr: string) => ({
    IpProtocol: 'tcp',
    FromPort: port,
    ToPort: port,
    IpRanges: [{ CidrIp: cidr }],
    ...peers,
  });
  let openNow: ReadonlySet<number> = new Set();
  const group = (region: string, i: number) => ({
    GroupId: `sg-${region}-${String(i).padStart(6, '0')}`,
    GroupName: `service-${i}`,
    OwnerId: account,
    VpcId: `vpc-${i % 20}`,
    IpPermissions: [permission(8000 + (i % 100), `10.${i % 250}.0.0/16`), ...(openNow.has(i) ? [permission(22, '0.0.0.0/0')] : [])],
    IpPermissionsEgress: [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }], ...peers }],
  });
  return {
    connection: connectionOver(perRegion, group),
    get open() {
      return openNow;
    },
    set open(groups) {
      openNow = groups;
    },
  };
}
