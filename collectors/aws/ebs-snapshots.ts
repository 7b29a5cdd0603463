import { z } from 'zod';
import { defineCollector, instant } from '#collector';
import { awsEbsSnapshot } from '#populations/aws-ebs-snapshot';
import { ec2Arn, nameIn, Tags } from './ec2.ts';

const Snapshot = z.object({
  SnapshotId: z.string(),
  OwnerId: z.string(),
  VolumeId: z.string().optional(),
  Encrypted: z.boolean(),
  StartTime: instant,
  Tags,
});

export default defineCollector(awsEbsSnapshot, {
  id: 'aws-ebs-snapshots',
  title: 'EBS snapshots, and which of them every AWS account may use',
  every: '1h',
  per: 'region',
  limits: 'Which single accounts a snapshot is shared with is not read. A snapshot that is made and deleted between two looks is not seen.',
  reads: {
    'ec2:DescribeSnapshots': { needs: 'ec2:DescribeSnapshots', reply: z.object({ Snapshots: z.array(Snapshot) }) },
  },
  async *collect(api, place) {
    const own: z.infer<typeof Snapshot>[] = [];
    // An account may own a hundred thousand of them, which no answer holds in time, so pages are asked for.
    const ours = { OwnerIds: ['self'], MaxResults: 1000 };
    // Without an owner the call answers with every public snapshot there is; and what is shared with the account is not its own.
    for await (const page of api.pages('ec2:DescribeSnapshots', ours))
      own.push(...page.Snapshots.filter(({ OwnerId }) => OwnerId === place.account));
    // One call tells which are public, instead of one for each. Asked after the list, so that it knows of all in the list.
    const open = await api.all('ec2:DescribeSnapshots', { ...ours, RestorableByUserIds: ['all'] });
    const publicIds = new Set(open.ok ? open.value.flatMap((page) => page.Snapshots.map(({ SnapshotId }) => SnapshotId)) : []);
    for (const snapshot of own) {
      yield {
        key: ec2Arn(place, '', `snapshot/${snapshot.SnapshotId}`),
        name: nameIn(snapshot.Tags, snapshot.SnapshotId),
        volumeId: snapshot.VolumeId ?? null,
        encrypted: snapshot.Encrypted,
        createdAt: snapshot.StartTime,
        public: open.ok ? publicIds.has(snapshot.SnapshotId) : open.unread,
      };
    }
  },
});
