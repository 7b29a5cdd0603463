import rule from '#rules/aws/s3/account-public-access-block.ts';
import { testRule } from '#test/rule-tester.ts';

const on = { blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true };
const publicAccounts = [{ account: '123456789012', reason: 'the public website' }];

testRule(rule, {
  pass: [{ $message: 'on', publicAccessBlock: on, name: '999999999999', $parameters: { publicAccounts } }],
  fail: [
    { $message: 'off', publicAccessBlock: { ...on, ignorePublicAcls: false } },
    {
      $message: 'off',
      publicAccessBlock: { blockPublicAcls: false, blockPublicPolicy: false, ignorePublicAcls: false, restrictPublicBuckets: false },
    },
    { $message: 'never', publicAccessBlock: null, name: '999999999999', $parameters: { publicAccounts } },
  ],
  notApplicable: [{ $message: 'public-account', publicAccessBlock: null, $parameters: { publicAccounts } }],
});
