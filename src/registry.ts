import { readFileSync } from 'node:fs';
import { collectors, investigators } from '#collectors/index.ts';
import { rules } from '#rules/index.ts';
import type { Collector, Reads } from '#src/collector.ts';
import type { RuleSet } from '#src/evidence/store.ts';
import { type Json, sha256 } from '#src/ledger/canonical.ts';
import { inspectedBy, judgedBy, type Rule } from '#src/rule.ts';

export { collectors, investigators, rules };

export const ruleFile = (id: string): string => `rules/${id.replaceAll('.', '/')}.ts`;

/** SHA-256 of a rule's source text, by rule id: the version that evidence names. */
export const ruleVersions = (): Map<string, string> =>
  new Map(rules.map(({ id }) => [id, sha256(readFileSync(new URL(`../${ruleFile(id)}`, import.meta.url)))]));

/** The rules in force at an instant: each with its version and the parameters that the controls give it then, defaults filled in. */
export function ruleSetOf(versions: ReadonlyMap<string, string>, parametersOf: (rule: string) => object): RuleSet {
  const inForce = Object.fromEntries(
    rules.map((rule): [string, RuleSet['rules'][string]] => [
      rule.id,
      { version: versions.get(rule.id)!, parameters: rule.parameters.parse(parametersOf(rule.id)) as Json },
    ]),
  );
  const recorded = rules.filter((rule) => rule.over !== 'obligations' && !judgedBy(rule).derived);
  const byPopulation = Map.groupBy(recorded, (rule) => judgedBy(rule).type);
  return {
    rules: inForce,
    byPopulation: Object.fromEntries([...byPopulation].map(([type, list]) => [type, list.map(({ id }) => id).toSorted()])),
  };
}

/** The collectors behind a rule: everything that feeds a population it inspects. */
export function collectorsOf(rule: Rule): Collector[] {
  const types = new Set(inspectedBy(rule).map(({ population }) => population.type));
  return collectors.filter(({ population }) => types.has(population.type));
}

/** The types of the populations whose items are people, or name them. */
export const personalPopulations = (): Set<string> =>
  new Set(collectors.flatMap(({ population }) => (population.personal ? [population.type] : [])));

/** Every permission that a collector or an investigator needs, in the provider's words. */
export const permissionsOf = ({ reads }: { readonly reads: Reads }): string[] =>
  [...new Set(Object.values(reads).flatMap(({ needs }) => needs))].toSorted();
