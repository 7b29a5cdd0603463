import rule from '#rules/aws/ebs/volume-encrypted.ts';
import { testRule } from '#test/rule-tester.ts';

testRule(rule, {
  pass: [
    // The AWS-managed key encrypts too.
    { kmsKeyId: 'arn:aws:kms:eu-west-1:111122223333:key/aws-ebs' },
    { state: 'available', attachedTo: [] },
    { state: 'deleting', attachedTo: [] },
  ],
  fail: [
    // An old root volume, and one in trouble: what it holds is still there.
    { $message: 'clear', encrypted: false, kmsKeyId: null, createdAt: '2019-05-06T07:08:09.000Z' },
    { encrypted: false, kmsKeyId: null, state: 'error' },
    { encrypted: false, kmsKeyId: null, state: 'creating', attachedTo: [] },
    { encrypted: false, kmsKeyId: null, state: 'a state that AWS adds later' },
    // Multi-attach.
    { encrypted: false, kmsKeyId: null, attachedTo: ['i-0a1b2c3d4e5f60718', 'i-0a1b2c3d4e5f60719'] },
  ],
  notApplicable: [{ $message: 'deleted', encrypted: false, kmsKeyId: null, state: 'deleted', attachedTo: [] }],
});
