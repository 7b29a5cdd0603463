import { awsS3Bucket } from '#populations/aws-s3-bucket';
import { defineRule, fail, pass, z } from '#rule';

export default defineRule(awsS3Bucket, {
  id: 'aws.s3.bucket-encryption',
  title: 'Buckets encrypt new objects with the required kind of key',
  kind: 'state',
  severity: 'medium',
  rationale:
    'Every bucket encrypts new objects by default since January 2023, so being encrypted says little; what differs is the key, and with a key of your own who may use it. Objects from before that date may still be plain.',
  remediation: 'Set the default encryption of the bucket to a KMS key of your own.',
  inspects: ['encryption', 'kmsKeyId'],
  parameters: z.object({
    requireOwnKey: z.boolean().default(false).describe("Asks for a KMS key that is named, instead of the service's own"),
  }),
  messages: {
    encrypted: 'New objects are encrypted by {algorithm}, with {key}.',
    none: 'No default encryption is set.',
    service: 'New objects are encrypted by {algorithm}, with a key of the service.',
  },
  examples: {
    pass: [{ encryption: 'aws:kms' }, { encryption: 'AES256', kmsKeyId: null }],
    fail: [{ encryption: null, kmsKeyId: null }],
  },
  evaluate({ encryption, kmsKeyId }, { parameters }) {
    if (encryption === null) return fail('none');
    // A KMS key that is not named, or named by the alias of the service, is the service's own.
    const own = encryption.startsWith('aws:kms') && kmsKeyId !== null && !kmsKeyId.includes('alias/aws/');
    if (parameters.requireOwnKey && !own) return fail('service', { algorithm: encryption });
    return pass('encrypted', { algorithm: encryption, key: own ? kmsKeyId : 'a key of the service' });
  },
});
