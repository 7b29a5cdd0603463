import rule from '#rules/meta/scope-complete.ts';
import { testRule } from '#test/rule-tester.ts';

testRule(rule, {
  pass: [{ $message: 'new', declared: 'unclassified', $firstSeen: '2026-01-14T00:00:00.000Z' }],
  fail: [{ $message: 'unclassified', declared: 'unclassified', $firstSeen: '2026-01-14T00:00:00.000Z', $parameters: { graceDays: 0 } }],
});
