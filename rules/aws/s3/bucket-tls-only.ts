import { awsS3Bucket } from '#populations/aws-s3-bucket';
import { defineRule, fail, pass, z } from '#rule';

export default defineRule(awsS3Bucket, {
  id: 'aws.s3.bucket-tls-only',
  title: 'Buckets refuse unencrypted transport',
  kind: 'state',
  severity: 'medium',
  rationale:
    'S3 still answers plain HTTP unless the bucket refuses it. A resource control policy of the organization that refuses it for all buckets is not seen.',
  remediation:
    'Add a statement to the bucket policy that denies everyone s3:* on the bucket and its objects when aws:SecureTransport is false.',
  inspects: ['refusesPlainHttp'],
  parameters: z.object({}),
  messages: {
    refused: 'Its policy denies every request without TLS.',
    allowed: 'No statement of its policy denies every request without TLS.',
  },
  examples: { pass: [{ refusesPlainHttp: true }], fail: [{ refusesPlainHttp: false }] },
  evaluate: ({ refusesPlainHttp }) => (refusesPlainHttp ? pass('refused') : fail('allowed')),
});
