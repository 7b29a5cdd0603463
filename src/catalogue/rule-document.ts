import { collectorsOf, permissionsOf } from '#src/registry.ts';
import { inspectedBy, judgedBy, type Rule } from '#src/rule.ts';

/** A rule as `rules --json` and `explain --json` show it. */
export function ruleDocument(rule: Rule) {
  const { id, title, kind, severity, rationale, remediation, messages } = rule;
  const shape = (rule.parameters as { shape?: Record<string, { description?: string }> }).shape ?? {};
  const defaults = rule.parameters.parse({}) as Record<string, unknown>;
  return {
    id,
    title,
    kind,
    severity,
    rationale,
    remediation,
    messages,
    judges: judgedBy(rule).type,
    inspects: inspectedBy(rule).map(({ population, fields }) => ({
      population: population.type,
      fields,
    })),
    parameters: Object.entries(shape).map(([name, { description }]) => ({
      name,
      default: defaults[name],
      means: description,
    })),
    collectors: collectorsOf(rule).map((collector) => ({
      id: collector.id,
      permissions: permissionsOf(collector),
    })),
  };
}
