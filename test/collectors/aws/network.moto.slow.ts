import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { EC2, type IpPermission } from '@aws-sdk/client-ec2';
import { S3 } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connectAws } from '#collectors/aws/client.ts';
import ebsSnapshots from '#collectors/aws/ebs-snapshots.ts';
import ebsVolumes from '#collectors/aws/ebs-volumes.ts';
import networkAcls from '#collectors/aws/network-acls.ts';
import regionSettings from '#collectors/aws/region-settings.ts';
import securityGroups from '#collectors/aws/security-groups.ts';
import vpcs from '#collectors/aws/vpcs.ts';
import volumeEncrypted from '#rules/aws/ebs/volume-encrypted.ts';
import naclAdminPorts from '#rules/aws/ec2/nacl-no-public-admin-ports.ts';
import adminPorts from '#rules/aws/ec2/security-group-no-public-admin-ports.ts';
import allTraffic from '#rules/aws/ec2/security-group-no-public-all-traffic.ts';
import databasePorts from '#rules/aws/ec2/security-group-no-public-database-ports.ts';
import flowLogsEnabled from '#rules/aws/vpc/flow-logs-enabled.ts';
import { type Collector, type FoundPlace, isUnread } from '#src/collector.ts';
import { type Collected, collectScope } from '#src/cycle/collect.ts';
import { judge } from '#src/cycle/evaluate.ts';
import type { ItemRule } from '#src/rule.ts';
import { itemsOf } from '#test/collector-replayer.ts';

/** The collectors and rules of networks and disks, from the SDK to the verdict, on a simulated AWS. */
const moto = (process.env.PATH ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'moto_server'))
  .find((path) => existsSync(path));
const region = 'eu-west-1';
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

(moto ? describe : describe.skip)(moto ? 'networks and disks, against moto_server' : 'moto_server is not installed', () => {
  let server: ReturnType<typeof spawn>;
  let connection: ReturnType<typeof connectAws>;
  let place: FoundPlace;
  let ec2: EC2;
  let s3: S3;
  let endpoint: string;

  beforeAll(async () => {
    const port = await freePort();
    server = spawn(moto!, ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore', detached: true });
    endpoint = `http://127.0.0.1:${port}`;
    await answering(endpoint);
    ec2 = new EC2({ region, endpoint, credentials });
    s3 = new S3({ region, endpoint, credentials, forcePathStyle: true });
    connection = connectAws(
      { id: 'aws', endpoint, regions: [region] },
      { credentials: () => Promise.resolve(credentials), maxAttempts: 1 },
    );
    place = (await connection.places()).find((found) => found.region === region)!;
  }, 60_000);

  afterAll(async () => {
    ec2?.destroy();
    s3?.destroy();
    await connection?.close();
    if (!server?.pid) return;
    const ended = once(server, 'exit');
    process.kill(-server.pid);
    await ended;
  });

  const collect = (collector: Collector): Promise<Collected> => collectScope(collector, place, connection.open(place));

  // Each test seeds a VPC of its own. What the account holds from the start is a default VPC.
  test('security groups, with their prefix lists and what uses them', async () => {
    const VpcId = await newVpc(ec2, '10.1.0.0/16');
    const list = await ec2.createManagedPrefixList({
      PrefixListName: 'everyone',
      AddressFamily: 'IPv4',
      MaxEntries: 2,
      Entries: [{ Cidr: '0.0.0.0/1' }, { Cidr: '128.0.0.0/1' }],
    });
    const PrefixListId = list.PrefixList!.PrefixListId!;
    const ssh = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22 };
    const inbound: Record<string, IpPermission[]> = {
      web: [{ IpProtocol: 'tcp', FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
      office: [{ ...ssh, IpRanges: [{ CidrIp: '203.0.113.0/24', Description: 'the office' }] }],
      halves: [{ ...ssh, IpRanges: [{ CidrIp: '0.0.0.0/1' }, { CidrIp: '128.0.0.0/1' }] }],
      ipv6: [{ IpProtocol: 'tcp', FromPort: 20, ToPort: 25, Ipv6Ranges: [{ CidrIpv6: '::/0' }] }],
      everything: [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
      listed: [{ ...ssh, PrefixListIds: [{ PrefixListId }] }],
      ping: [{ IpProtocol: 'icmp', FromPort: 8, ToPort: -1, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
      database: [{ IpProtocol: 'tcp', FromPort: 5000, ToPort: 6000, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
    };
    const ids: Record<string, string> = {};
    for (const [GroupName, IpPermissions] of Object.entries(inbound)) {
      const { GroupId } = await ec2.createSecurityGroup({ GroupName, Description: 'seeded', VpcId });
      ids[GroupName] = GroupId!;
      await ec2.authorizeSecurityGroupIngress({ GroupId: GroupId!, IpPermissions });
    }
    const { Subnet } = await ec2.createSubnet({ VpcId, CidrBlock: '10.1.1.0/24' });
    await ec2.createNetworkInterface({ SubnetId: Subnet!.SubnetId!, Groups: [ids.halves!, ids.web!] });

    const collected = await collect(securityGroups);
    const verdicts = (rule: ItemRule) =>
      Object.fromEntries(itemsOf(collected).map((item) => [(item as { name: string }).name, verdict(rule, item)]));
    expect(verdicts(adminPorts)).toEqual({
      default: 'pass',
      web: 'pass',
      office: 'pass',
      ping: 'pass',
      database: 'fail low',
      halves: 'fail critical',
      ipv6: 'fail low',
      everything: 'fail low',
      listed: 'fail low',
    });
    expect(verdicts(databasePorts)).toMatchObject({
      default: 'pass',
      web: 'pass',
      halves: 'pass',
      listed: 'pass',
      everything: 'fail low',
      database: 'fail low',
    });
    expect(verdicts(allTraffic)).toMatchObject({ web: 'pass', halves: 'pass', ping: 'pass', everything: 'fail low', database: 'fail low' });
    expect(itemsOf(collected).find((item) => (item as { name: string }).name === 'listed')).toMatchObject({
      key: `arn:aws:ec2:${region}:${place.account}:security-group/${ids.listed}`,
      vpcId: VpcId,
      ingress: [
        { protocol: 'tcp', from: 22, to: 22, peers: [{ kind: 'prefix-list', value: PrefixListId, cidrs: ['0.0.0.0/1', '128.0.0.0/1'] }] },
      ],
      attached: 'no',
      attachedTo: [],
    });
    expect(itemsOf(collected).find((item) => (item as { name: string }).name === 'halves')).toMatchObject({
      attached: 'yes',
      attachedTo: ['interface'],
    });
    expect(collected.calls.map(({ operation }) => operation)).toEqual(
      expect.arrayContaining([
        'ec2:DescribeSecurityGroups',
        'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeManagedPrefixLists',
        'ec2:GetManagedPrefixListEntries',
      ]),
    );
  });

  test('network ACLs', async () => {
    const VpcId = await newVpc(ec2, '10.2.0.0/16');
    const acls: Record<string, string> = {};
    for (const [i, name] of ['open', 'denied first', 'unused'].entries()) {
      const { NetworkAcl } = await ec2.createNetworkAcl({
        VpcId,
        TagSpecifications: [{ ResourceType: 'network-acl', Tags: [{ Key: 'Name', Value: name }] }],
      });
      acls[name] = NetworkAcl!.NetworkAclId!;
      const entry = { NetworkAclId: acls[name], Egress: false, CidrBlock: '0.0.0.0/0' };
      if (name === 'denied first') await ec2.createNetworkAclEntry({ ...entry, RuleNumber: 90, RuleAction: 'deny', Protocol: '-1' });
      await ec2.createNetworkAclEntry({ ...entry, RuleNumber: 100, RuleAction: 'allow', Protocol: '6', PortRange: { From: 0, To: 65535 } });
      if (name === 'unused') continue;
      const { Subnet } = await ec2.createSubnet({ VpcId, CidrBlock: `10.2.${i}.0/24` });
      const { NetworkAcls } = await ec2.describeNetworkAcls({ Filters: [{ Name: 'association.subnet-id', Values: [Subnet!.SubnetId!] }] });
      const association = NetworkAcls![0]!.Associations!.find(({ SubnetId }) => SubnetId === Subnet!.SubnetId)!;
      await ec2.replaceNetworkAclAssociation({ AssociationId: association.NetworkAclAssociationId!, NetworkAclId: acls[name] });
    }
    const items = itemsOf(await collect(networkAcls)).filter((item) => (item as { vpcId: string }).vpcId === VpcId) as {
      name: string;
      isDefault: boolean;
    }[];
    expect(
      Object.fromEntries(items.filter(({ isDefault }) => !isDefault).map((item) => [item.name, verdict(naclAdminPorts, item)])),
    ).toEqual({
      open: 'fail medium',
      'denied first': 'pass',
      unused: 'not-applicable',
    });
    expect(items.filter(({ isDefault }) => isDefault)).toHaveLength(1);
  });

  test('VPCs and their flow logs', async () => {
    const [logged, broken, bare, empty] = [
      await newVpc(ec2, '10.3.0.0/16'),
      await newVpc(ec2, '10.4.0.0/16'),
      await newVpc(ec2, '10.5.0.0/16'),
      await newVpc(ec2, '10.6.0.0/16'),
    ];
    for (const [i, VpcId] of [logged, broken, bare].entries()) {
      const { Subnet } = await ec2.createSubnet({ VpcId, CidrBlock: `10.${3 + i}.1.0/24` });
      await ec2.createNetworkInterface({ SubnetId: Subnet!.SubnetId! });
    }
    const flowLog = {
      ResourceType: 'VPC' as const,
      TrafficType: 'ALL' as const,
      DeliverLogsPermissionArn: `arn:aws:iam::${place.account}:role/flow-logs`,
    };
    await s3.createBucket({ Bucket: 'flow-logs', CreateBucketConfiguration: { LocationConstraint: region } });
    await ec2.createFlowLogs({ ...flowLog, ResourceIds: [logged], LogDestinationType: 's3', LogDestination: 'arn:aws:s3:::flow-logs' });
    // Its role may not write, and the log is ACTIVE all the same.
    await ec2.createFlowLogs({ ...flowLog, ResourceIds: [broken], LogGroupName: 'no-such-group' });

    const items = itemsOf(await collect(vpcs)) as { name: string }[];
    const of = (id: string) => items.find(({ name }) => name === id)!;
    expect([logged, broken, bare, empty].map((id) => verdict(flowLogsEnabled, of(id)))).toEqual([
      'pass',
      'fail medium',
      'fail medium',
      'not-applicable',
    ]);
    expect(of(logged)).toMatchObject({
      cidrs: ['10.3.0.0/16'],
      isDefault: false,
      inUse: true,
      flowLogs: [{ status: 'ACTIVE', traffic: 'ALL', destination: 's3' }],
      subnets: [{ flowLogs: [] }],
    });
    expect(of(broken)).toMatchObject({ flowLogs: [{ status: 'ACTIVE', deliveryError: 'Access error' }] });
  });

  test('volumes and snapshots', async () => {
    const zone = { AvailabilityZone: `${region}a`, Size: 1 };
    const clear = await ec2.createVolume(zone);
    const encrypted = await ec2.createVolume({
      ...zone,
      Encrypted: true,
      TagSpecifications: [{ ResourceType: 'volume', Tags: [{ Key: 'Name', Value: 'ledger' }] }],
    });
    const volumes = itemsOf(await collect(ebsVolumes)) as { name: string; kmsKeyId: string | null }[];
    expect(Object.fromEntries(volumes.map((volume) => [volume.name, verdict(volumeEncrypted, volume)]))).toEqual({
      [clear.VolumeId!]: 'fail high',
      ledger: 'pass',
    });
    expect(volumes.find(({ name }) => name === 'ledger')?.kmsKeyId).toMatch(/^arn:aws:kms:/);

    const { SnapshotId } = await ec2.createSnapshot({ VolumeId: encrypted.VolumeId! });
    // The simulator owns images of others in the account's name and calls all of an owner's snapshots public, so only the list is looked at here.
    const snapshots = await collect(ebsSnapshots);
    expect(itemsOf(snapshots)).toEqual([
      expect.objectContaining({ key: `arn:aws:ec2:${region}::snapshot/${SnapshotId}`, volumeId: encrypted.VolumeId, encrypted: true }),
    ]);
    expect(snapshots.calls.map(({ parameters }) => parameters)).toEqual(
      expect.arrayContaining([expect.stringContaining('RestorableByUserIds')]),
    );
  });

  test('settings of a region: what the simulator knows is read, what it does not know stays unread', async () => {
    const settings = async () => itemsOf(await collect(regionSettings))[0] as Record<string, unknown>;
    expect((await settings()).ebsEncryptionByDefault).toBe(false);
    await ec2.enableEbsEncryptionByDefault({});
    const after = await settings();
    expect(after).toMatchObject({ key: `aws:region:${place.account}/${region}`, ebsEncryptionByDefault: true });
    expect([after.snapshotBlockPublicAccess, after.vpcBlockPublicAccess].map(isUnread)).toEqual([true, true]);
  });

  test('without permission nothing is empty: the scope has failed, or a field says why it is unread', async () => {
    await fetch(`${endpoint}/moto-api/reset-auth`, { method: 'POST', body: '0' });
    try {
      for (const collector of [securityGroups, networkAcls, vpcs, ebsVolumes, ebsSnapshots]) {
        expect(await collect(collector)).toMatchObject({
          status: 'failed',
          unread: { unread: expect.stringMatching(/^(?:denied|credential-rejected)$/) },
        });
      }
      const [settings] = itemsOf(await collect(regionSettings)) as Record<string, unknown>[];
      expect(isUnread(settings!.ebsEncryptionByDefault)).toBe(true);
    } finally {
      await fetch(`${endpoint}/moto-api/reset-auth`, { method: 'POST', body: 'inf' });
    }
  });
});

/** `pass`, or `fail` with its severity, as the engine says it. */
function verdict(rule: ItemRule, item: object): string {
  const { result, severity } = judge(rule, { item: item as never, firstSeen: 0 }, 0, rule.parameters.parse({}));
  return result === 'fail' ? `fail ${severity}` : result;
}

async function newVpc(ec2: EC2, CidrBlock: string): Promise<string> {
  return (await ec2.createVpc({ CidrBlock })).Vpc!.VpcId!;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

async function answering(endpoint: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (
      await fetch(`${endpoint}/moto-api/data.json`).then(
        (answer) => answer.ok,
        () => false,
      )
    )
      return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('moto_server does not answer');
}
