import rule from '#rules/meta/collection-coverage.ts';
import { testRule } from '#test/rule-tester.ts';

testRule(rule, {});
