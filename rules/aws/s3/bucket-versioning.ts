import { awsS3Bucket } from '#populations/aws-s3-bucket';
import { defineRule, fail, notApplicable, pass, z } from '#rule';

export default defineRule(awsS3Bucket, {
  id: 'aws.s3.bucket-versioning',
  title: 'Buckets that hold records keep versions',
  kind: 'state',
  severity: 'medium',
  rationale: 'Without versions an overwritten or deleted object is gone, by mistake as by ransom.',
  remediation:
    'Switch versioning on, with a lifecycle that expires old versions. Name buckets that hold nothing worth keeping in the parameters.',
  inspects: ['versioning'],
  parameters: z.object({
    exempt: z
      .array(z.object({ name: z.string().min(1), reason: z.string().min(1) }))
      .default([])
      .describe('Buckets that hold nothing worth keeping, by name, and why'),
  }),
  messages: {
    enabled: 'Versioning is on.',
    suspended: 'Versioning is suspended: what is overwritten from now on is lost.',
    never: 'Versioning was never switched on.',
    exempt: 'It needs no versions: {reason}.',
  },
  examples: { pass: [{ versioning: 'enabled' }], fail: [{ versioning: 'suspended' }, { versioning: 'never' }] },
  evaluate({ name, versioning }, { parameters }) {
    if (versioning === 'enabled') return pass('enabled');
    const exemption = parameters.exempt.find((bucket) => bucket.name === name);
    return exemption ? notApplicable('exempt', { reason: exemption.reason }) : fail(versioning);
  },
});
