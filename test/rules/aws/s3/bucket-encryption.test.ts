import rule from '#rules/aws/s3/bucket-encryption.ts';
import { testRule } from '#test/rule-tester.ts';

const $parameters = { requireOwnKey: true };

testRule(rule, {
  pass: [
    { $message: 'encrypted', $parameters },
    { $message: 'encrypted', encryption: 'aws:kms:dsse', $parameters },
    { $message: 'encrypted', encryption: 'aws:kms', kmsKeyId: null },
  ],
  fail: [
    { $message: 'none', encryption: null, kmsKeyId: null, $parameters },
    // On by default since 2023 with the key of the service: it is the key that is asked for.
    { $message: 'service', encryption: 'AES256', kmsKeyId: null, $parameters },
    { $message: 'service', encryption: 'aws:kms', kmsKeyId: null, $parameters },
    { $message: 'service', encryption: 'aws:kms', kmsKeyId: 'arn:aws:kms:eu-central-1:123456789012:alias/aws/s3', $parameters },
  ],
});
