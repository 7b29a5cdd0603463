import rule from '#rules/aws/cloudtrail/log-validation.ts';
import { testRule } from '#test/rule-tester.ts';

testRule(rule, {
  pass: [{ $message: 'signed', multiRegion: false, logging: null, managementEvents: null, delivered: null }],
  fail: [
    { $message: 'unsigned', logValidation: false, organization: true },
    { $message: 'unsigned', logValidation: false, logging: false },
  ],
  // A trail of the organization is judged once, in its own account.
  notApplicable: [{ $message: 'elsewhere', ownTrail: false, owner: '999999999999', organization: true }],
});
