import { didYouMean, HoldfastError } from '#src/errors.ts';
import { rules } from '#src/registry.ts';
import type { Rule } from '#src/rule.ts';

/** The rule with an id; RULE_UNKNOWN with the nearest one where there is none. */
export function requireRule(id: string): Rule {
  const rule = rules.find((candidate) => candidate.id === id);
  if (!rule) throw new HoldfastError('RULE_UNKNOWN', { id, suggestion: didYouMean(id, new Set(rules.map((each) => each.id))) });
  return rule;
}
