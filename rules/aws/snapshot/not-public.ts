import { awsEbsSnapshot } from '#populations/aws-ebs-snapshot';
import { defineRule, fail, pass, z } from '#rule';

export default defineRule(awsEbsSnapshot, {
  id: 'aws.snapshot.not-public',
  title: 'EBS snapshot is not shared with every AWS account',
  kind: 'state',
  severity: 'critical',
  rationale:
    'Whoever has an AWS account can make a volume of a public snapshot and read the whole disk; collectors of such snapshots exist.',
  remediation:
    'Make the snapshot private, turn on block public access for snapshots in the region, and treat what the disk held as disclosed.',
  inspects: ['public', 'volumeId', 'createdAt'],
  parameters: z.object({}),
  messages: {
    private: 'Not every AWS account may use the snapshot.',
    public: 'Every AWS account may make a volume of the snapshot. It was created {created} of volume {volume}.',
  },
  examples: {
    pass: [{}],
    fail: [{ public: true, encrypted: false }],
  },
  evaluate({ public: isPublic, volumeId, createdAt }) {
    return isPublic ? fail('public', { created: createdAt.slice(0, 10), volume: volumeId ?? 'unknown' }) : pass('private');
  },
});
