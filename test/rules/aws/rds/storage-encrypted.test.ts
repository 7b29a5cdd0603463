import rule from '#rules/aws/rds/storage-encrypted.ts';
import { testRule } from '#test/rule-tester.ts';

testRule(rule, {
  pass: [{ $message: 'encrypted', form: 'cluster', engine: 'neptune' }],
  fail: [
    { $message: 'plain', storageEncrypted: false, kmsKeyId: null, form: 'cluster', engine: 'aurora-mysql' },
    { $message: 'plain', storageEncrypted: false, kmsKeyId: null, replicaOf: 'orders' },
    // A key that is named does not make up for the switch.
    { $message: 'plain', storageEncrypted: false },
  ],
});
