import type { RuleSet } from '#src/evidence/store.ts';
import { sha256 } from '#src/ledger/canonical.ts';
import { definePopulation, type Population } from '#src/population.ts';
import { defineRule, fail, type ItemRule, notApplicable, pass, z } from '#src/rule.ts';

/** What the fleet consists of: eight populations, each with twenty settings, and a rule for each setting. */
export const kinds = [
  { service: 's3', noun: 'bucket', eachAsked: true },
  { service: 'iam', noun: 'user', eachAsked: true },
  { service: 'iam', noun: 'role', eachAsked: false },
  { service: 'ec2', noun: 'instance', eachAsked: false },
  { service: 'ec2', noun: 'security-group', eachAsked: false },
  { service: 'rds', noun: 'db', eachAsked: false },
  { service: 'kms', noun: 'key', eachAsked: true },
  { service: 'lambda', noun: 'function', eachAsked: false },
] as const;
export type Kind = (typeof kinds)[number];

const settingsOfAll = ['tagging', 'owner', 'logging', 'encryption', 'publicAccess', 'monitoring', 'backup', 'boundary'];
const settingsOfSome = [
  ['versioning', 'tlsOnly', 'replication', 'lifecycle', 'ownership', 'objectLock', 'inventory', 'eventAlerts', 'crossAccount', 'wildcardAction', 'websiteOff', 'mfaDelete'],
  ['mfa', 'consoleAccess', 'keyRotation', 'unusedKeys', 'inlinePolicy', 'groupsOnly', 'passwordAge', 'adminRights', 'signingCert', 'sshKeys', 'lastUsed', 'federated'],
  ['trustPolicy', 'externalId', 'sessionLength', 'inlinePolicy', 'unusedRights', 'adminRights', 'crossAccount', 'wildcardAction', 'passRole', 'serviceOnly', 'lastUsed', 'path'],
  ['imdsV2', 'patching', 'publicAddress', 'ebsOptimised', 'privateSubnet', 'instanceRole', 'termination', 'detailedLogs', 'userDataClean', 'keyPair', 'hibernation', 'approvedImage'],
  ['openSsh', 'openRdp', 'openDatabase', 'openAll', 'egressLimited', 'described', 'unused', 'selfReference', 'portRange', 'ipv6Open', 'peerLimited', 'defaultClosed'],
  ['deletionProtection', 'multiZone', 'minorUpgrade', 'iamAuth', 'publicAddress', 'tlsOnly', 'auditLog', 'performance', 'kmsKey', 'privateSubnet', 'snapshotPublic', 'copyTags'],
  ['rotation', 'deletionPending', 'policyNarrow', 'aliased', 'multiRegion', 'crossAccount', 'grantsLimited', 'originKms', 'enabled', 'wildcardPrincipal', 'separation', 'usageLogged'],
  ['runtime', 'vpcOnly', 'urlAuth', 'signing', 'deadLetters', 'concurrency', 'layers', 'secretsClean', 'tracing', 'roleNarrow', 'sharedPolicy', 'timeout'],
]; // biome-ignore format: a table

export const populationOf = ({ service, noun }: Kind): string => `sim.${service}-${noun}`;
export const settingsOf = (kind: Kind): readonly string[] => [...settingsOfAll, ...settingsOfSome[kinds.indexOf(kind)]!];

/** Null where the setting does not exist for the item. */
export type Setting = { readonly status: 'Enabled' | 'Disabled'; readonly by: string } | null;

const setting = z.object({ status: z.enum(['Enabled', 'Disabled']), by: z.string() }).nullable();

export const populations: ReadonlyMap<Kind, Population> = new Map(
  kinds.map((kind) => [
    kind,
    definePopulation(populationOf(kind), {
      title: `Simulated: ${kind.service} ${kind.noun}`,
      kind: 'state',
      fields: z.object({
        created: z.string(),
        owner: z.string(),
        tags: z.record(z.string(), z.string()),
        network: z.object({ vpc: z.string(), subnets: z.array(z.string()), securityGroups: z.array(z.string()) }),
        kmsKey: z.string(),
        policy: z.unknown(),
        ...Object.fromEntries(settingsOf(kind).map((name) => [name, setting])),
      }),
      example: { key: 'example', name: 'example' } as never,
    }),
  ]),
);

/** Most messages are the same for many items; every fifth names what it compared. */
const ruleOver = (kind: Kind, name: string, which: number): ItemRule =>
  defineRule(populations.get(kind) as Population<Record<string, unknown>>, {
    id: `${populationOf(kind)}.${name}`,
    title: `${name} is on for each ${kind.noun}`,
    kind: 'state',
    severity: which % 4 === 0 ? 'high' : 'medium',
    rationale: 'It is what the fleet is measured with.',
    remediation: `Switch ${name} on.`,
    inspects: which % 5 === 0 ? [name, 'kmsKey'] : [name],
    parameters: z.object({}),
    messages: {
      on: 'It is switched on.',
      off: 'It is switched off by {by}.',
      named: 'It is switched on with the key {key}.',
      none: 'There is nothing to switch on.',
    },
    examples: { pass: [], fail: [] },
    evaluate(item) {
      const value = item[name] as Setting;
      if (value === null) return notApplicable('none');
      if (value.status === 'Disabled') return fail('off', { by: value.by });
      return which % 5 === 0 ? pass('named', { key: String(item['kmsKey']) }) : pass('on');
    },
  }) as ItemRule;

export const rulesOf: ReadonlyMap<Kind, readonly ItemRule[]> = new Map(
  kinds.map((kind) => [
    kind,
    settingsOf(kind)
      .map((name, i) => ruleOver(kind, name, i))
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
  ]),
);

export const rules: readonly ItemRule[] = [...rulesOf.values()].flat();

export const ruleSet: RuleSet = {
  rules: Object.fromEntries(rules.map(({ id }) => [id, { version: sha256(id), parameters: {} }])),
  byPopulation: Object.fromEntries([...rulesOf].map(([kind, own]) => [populationOf(kind), own.map(({ id }) => id)])),
};
