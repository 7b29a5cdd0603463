import rule from '#rules/aws/guardduty/enabled-all-regions.ts';
import { testRule } from '#test/rule-tester.ts';

const $parameters = { equivalents: [{ key: 'arn:aws:guardduty:eu-central-1:123456789012:region', reason: 'watched by another product' }] };

testRule(rule, {
  pass: [
    { $message: 'enabled', $parameters },
    { $message: 'enabled', features: [], $parameters: { requiredFeatures: [] } },
  ],
  fail: [
    {
      $message: 'none',
      status: 'none',
      detector: null,
      features: [],
      $parameters: { equivalents: [{ key: 'arn:aws:guardduty:*', reason: 'everywhere' }] },
    },
    { $message: 'disabled', status: 'disabled', features: ['S3_DATA_EVENTS'] },
    { $message: 'incomplete', features: [] },
    { $message: 'incomplete', $parameters: { requiredFeatures: ['S3_DATA_EVENTS', 'EKS_AUDIT_LOGS'] } },
  ],
  notApplicable: [{ $message: 'equivalent', status: 'none', detector: null, features: [], $parameters }],
});
