import { awsRegion } from '#populations/aws-region';
import { defineRule, fail, pass, z } from '#rule';

export default defineRule(awsRegion, {
  id: 'aws.ebs.encryption-by-default',
  title: 'Region encrypts new EBS volumes by default',
  kind: 'state',
  severity: 'medium',
  rationale: 'A volume made in a hurry, or in a region where nothing ran before, is then encrypted without anyone thinking of it.',
  remediation: 'Turn on EBS encryption by default in the region, also where it holds no volumes yet.',
  inspects: ['ebsEncryptionByDefault'],
  parameters: z.object({}),
  messages: {
    on: 'New volumes are encrypted by default.',
    off: 'New volumes are not encrypted by default.',
  },
  examples: {
    pass: [{}],
    fail: [{ ebsEncryptionByDefault: false }],
  },
  evaluate: ({ ebsEncryptionByDefault }) => (ebsEncryptionByDefault ? pass('on') : fail('off')),
});
