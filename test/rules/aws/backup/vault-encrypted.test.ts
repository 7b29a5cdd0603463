import rule from '#rules/aws/backup/vault-encrypted.ts';
import { testRule } from '#test/rule-tester.ts';

const $parameters = { requireOwnKey: true };

testRule(rule, {
  pass: [
    { $message: 'encrypted', $parameters },
    { $message: 'encrypted', encryptionKeyKind: 'AWS_OWNED_KMS_KEY' },
  ],
  fail: [
    { $message: 'service', encryptionKeyKind: 'AWS_OWNED_KMS_KEY', $parameters },
    { $message: 'service', encryptionKeyKind: null, $parameters },
    { $message: 'plain', encryptionKey: null, $parameters },
  ],
  notApplicable: [{ $message: 'empty', empty: true }],
});
