import rule from '#rules/aws/kms/key-rotation.ts';
import { testRule } from '#test/rule-tester.ts';

testRule(rule, {
  pass: [
    { $message: 'rotates', rotation: { enabled: true, periodDays: 90 } },
    { $message: 'rotates', multiRegion: 'primary' },
    { $message: 'rotates', rotation: { enabled: true, periodDays: 730 }, $parameters: { maxPeriodDays: 730 } },
  ],
  fail: [
    { $message: 'off', rotation: { enabled: false, periodDays: 365 } },
    { $message: 'off', rotation: null },
    { $message: 'off', rotation: { enabled: true, periodDays: null } },
    { $message: 'slow', rotation: { enabled: true, periodDays: 366 } },
  ],
  notApplicable: [
    { $message: 'kind', origin: 'EXTERNAL', rotation: null },
    { $message: 'kind', origin: 'AWS_CLOUDHSM', rotation: null },
    { $message: 'kind', spec: 'HMAC_256', usage: 'GENERATE_VERIFY_MAC', rotation: null },
    { $message: 'inactive', state: 'Disabled', rotation: { enabled: false, periodDays: null } },
    { $message: 'managed', manager: 'AWS', rotation: null },
    { $message: 'replica', multiRegion: 'replica', rotation: { enabled: false, periodDays: null } },
  ],
});
