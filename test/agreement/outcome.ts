import awsAccount from '#collectors/aws/account.ts';
import awsBackupVaults from '#collectors/aws/backup-vaults.ts';
import awsCloudtrailTrails from '#collectors/aws/cloudtrail-trails.ts';
import awsConfigRecorders from '#collectors/aws/config-recorders.ts';
import awsDatabases from '#collectors/aws/databases.ts';
import awsEbsVolumes from '#collectors/aws/ebs-volumes.ts';
import awsGuarddutyDetectors from '#collectors/aws/guardduty-detectors.ts';
import awsIamAccessKeys from '#collectors/aws/iam-access-keys.ts';
import awsIamPolicies from '#collectors/aws/iam-policies.ts';
import awsIamPrincipals from '#collectors/aws/iam-principals.ts';
import awsIamUsers from '#collectors/aws/iam-users.ts';
import awsKmsKeys from '#collectors/aws/kms-keys.ts';
import awsNetworkAcls from '#collectors/aws/network-acls.ts';
import awsRdsInstances from '#collectors/aws/rds-instances.ts';
import awsRegionSettings from '#collectors/aws/region-settings.ts';
import awsS3Buckets from '#collectors/aws/s3-buckets.ts';
import awsSecurityGroups from '#collectors/aws/security-groups.ts';
import awsVpcs from '#collectors/aws/vpcs.ts';
import { rules } from '#rules/index.ts';
import type { Place, Transport } from '#src/collector.ts';
import { type Collected, collectScope } from '#src/cycle/collect.ts';
import { type Judgement, judge, judgePopulations, type Members } from '#src/cycle/evaluate.ts';
import { day } from '#src/duration.ts';
import { canonical } from '#src/ledger/canonical.ts';
import { explainUnread, isUnread, type Population } from '#src/population.ts';
import { inspectedBy, type Rule } from '#src/rule.ts';

/** What our rule says of a case, or what our collector read. `nothing`: there is nothing that the rule judges. */
export interface Outcome {
  readonly verdict: string;
  /** In words. */
  readonly said: string;
}

interface Given {
  readonly place: Place;
  readonly transport: Transport;
  /** ISO 8601. */
  readonly asOf: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
}

const collectors = [
  awsAccount,
  awsBackupVaults,
  awsCloudtrailTrails,
  awsConfigRecorders,
  awsDatabases,
  awsEbsVolumes,
  awsGuarddutyDetectors,
  awsIamAccessKeys,
  awsIamPolicies,
  awsIamPrincipals,
  awsIamUsers,
  awsKmsKeys,
  awsNetworkAcls,
  awsRdsInstances,
  awsRegionSettings,
  awsS3Buckets,
  awsSecurityGroups,
  awsVpcs,
];

/** Runs the collectors that a rule needs, and then the rule: what it says of each item, or of the scope if that could not be read. */
export async function outcomes(
  ruleId: string,
  { place, transport, asOf, parameters }: Given,
): Promise<(Outcome & { key: string; name: string })[]> {
  const rule = rules.find(({ id }) => id === ruleId);
  if (!rule) throw new Error(`there is no rule ${ruleId}`);
  const collected = await Promise.all(inspectedBy(rule).map(({ population }) => collect(population, place, transport)));
  const [judged] = collected;
  if (judged!.status === 'failed') return [{ key: '', name: '', ...unread(explainUnread(judged!.unread)) }];
  const judgements = judgeAll(
    rule,
    collected,
    Date.parse(asOf),
    (rule.parameters as { parse: (value: unknown) => unknown }).parse(parameters ?? {}),
  );
  return judged!.items.map(({ item: { key, name } }) => ({ key, name, ...ofJudgement(judgements.get(key)!) }));
}

/** What was read into a field of one item, as JSON. */
export async function fieldOf(
  population: string,
  item: string,
  field: string,
  { place, transport }: Pick<Given, 'place' | 'transport'>,
): Promise<Outcome> {
  const collector = collectors.find((one) => one.population.type === population)!;
  const collected = await collectScope(collector, place, transport);
  if (collected.status === 'failed') return unread(explainUnread(collected.unread));
  const found = named(
    item,
    collected.items.map((one) => one.item),
  );
  const value = (found as unknown as Record<string, unknown>)[field];
  if (isUnread(value)) return { ...unread(explainUnread(value)), verdict: `unread: ${value.unread}` };
  return { verdict: canonical(value), said: `${field} was read` };
}

/** The one item of that name, or with that in its key. */
export function named<T extends { key: string; name: string }>(item: string, items: readonly T[]): T {
  const found = items.filter(({ key, name }) => key === '' || name === item || key.includes(item));
  if (found.length !== 1) throw new Error(`${found.length} items go by ${item}: ${items.map(({ name }) => name).join(', ')}`);
  return found[0]!;
}

async function collect(population: Population, place: Place, transport: Transport): Promise<Collected> {
  const collector = collectors.find((one) => one.population.type === population.type);
  if (!collector) throw new Error(`no collector of ${population.type} takes part`);
  return collectScope(collector, collector.per === 'account' ? { ...place, region: 'global' } : place, transport);
}

function judgeAll(rule: Rule, collected: readonly Collected[], asOf: number, parameters: unknown): Map<string, Judgement> {
  const members = collected.map((one): Members => {
    if (one.status === 'failed') return { complete: false, unread: one.unread };
    return { complete: true, seen: one.items.map(({ item }) => ({ item, firstSeen: asOf - 30 * day })) };
  });
  if (rule.over === 'populations') {
    const names = Object.keys(rule.populations as object);
    return judgePopulations(rule, Object.fromEntries(names.map((name, i) => [name, members[i]!])), asOf, parameters);
  }
  const [first] = members;
  if (!first!.complete) return new Map();
  return new Map(first!.seen.map((seen) => [seen.item.key, judge(rule, seen, asOf, parameters)]));
}

function ofJudgement({ result, message }: Judgement): Outcome {
  return { verdict: result === 'not-applicable' ? 'nothing' : result, said: message };
}

const unread = (said: string): Outcome => ({ verdict: 'unobserved', said });
