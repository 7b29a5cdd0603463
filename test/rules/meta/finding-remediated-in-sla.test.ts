import rule from '#rules/meta/finding-remediated-in-sla.ts';
import { testRule } from '#test/rule-tester.ts';

testRule(rule, {});
