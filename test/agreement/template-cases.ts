import { readdirSync, readFileSync } from 'node:fs';
import { recordedTransport } from '#test/collector-replayer.ts';
import { repliesFor } from './aws-replies.ts';
import type { Case, Ran } from './cases.ts';
import { deployed, parseYaml, type Resource, resourcesOf } from './cloudformation.ts';
import { outcomes } from './outcome.ts';

interface Question {
  readonly rule: string;
  /** So set that our rule asks what the other one asks, as far as it can. */
  readonly parameters?: Readonly<Record<string, unknown>>;
}

const sshPorts = { rule: 'aws.ec2.security-group-no-public-admin-ports', parameters: { adminPorts: [22] } };
const publicBucket = { rule: 'aws.s3.bucket-not-public' };
const adminPolicy = { rule: 'aws.iam.no-wildcard-admin-policy' };
const trail = { rule: 'aws.cloudtrail.multi-region-enabled' };

/** Files of guard, and the rule of ours that asks about the same. */
const guard: Readonly<Record<string, Question>> = {
  restricted_ssh: sshPorts,
  restricted_common_ports: { ...sshPorts, parameters: { adminPorts: [20, 21, 3306, 3389, 4333] } },
  ec2_security_group_ingress_open_to_world_rule: {
    rule: 'aws.ec2.security-group-public-ports-allowlisted',
    parameters: { publicPorts: [] },
  },
  security_group_ingress_port_range_rule: { rule: 'aws.ec2.security-group-no-public-all-traffic', parameters: { wide: 2 } },
  ec2_network_acl_entry_ineffective_deny_rule: { rule: 'aws.ec2.nacl-no-public-admin-ports' },
  cloud_trail_enabled: trail,
  multi_region_cloud_trail_enabled: trail,
  db_instance_backup_enabled: { rule: 'aws.rds.automated-backup-enabled', parameters: { minRetentionDays: 1 } },
  rds_multi_az_support: { rule: 'aws.rds.multi-az' },
  iam_policy_no_statements_with_admin_access: adminPolicy,
  iam_role_administrator_access_policy_rule: { rule: 'aws.iam.admin-principal-authorized' },
  s3_bucket_level_public_access_prohibited: publicBucket,
  s3_bucket_public_read_prohibited: publicBucket,
  s3_bucket_public_read_acl: publicBucket,
  s3_bucket_server_side_encryption_enabled: { rule: 'aws.s3.bucket-encryption' },
  s3_bucket_versioning_enabled: { rule: 'aws.s3.bucket-versioning' },
};

const checkov: Readonly<Record<string, Question>> = {
  BackupVaultEncrypted: { rule: 'aws.backup.vault-encrypted', parameters: { requireOwnKey: true } },
  CloudtrailLogValidation: { rule: 'aws.cloudtrail.log-validation' },
  CloudtrailMultiRegion: trail,
  EBSEncryption: { rule: 'aws.ebs.volume-encrypted' },
  IAMAdminPolicyDocument: adminPolicy,
  IAMStarActionPolicyDocument: adminPolicy,
  RDSEncryption: { rule: 'aws.rds.storage-encrypted' },
  RDSMultiAZEnabled: { rule: 'aws.rds.multi-az' },
  SecurityGroupUnrestrictedIngress22: sshPorts,
  SecurityGroupUnrestrictedIngress80: { rule: 'aws.ec2.security-group-public-ports-allowlisted', parameters: { publicPorts: ['tcp/443'] } },
};

const fixtures = new URL('../fixtures/aws/', import.meta.url);

export const templateCases = (): Case[] => [...Object.keys(guard).flatMap(guardCases), ...Object.keys(checkov).flatMap(checkovCases)];

interface GuardCase {
  readonly name: string;
  readonly input: unknown;
  readonly expectations: { readonly rules: Readonly<Record<string, 'PASS' | 'FAIL' | 'SKIP'>> };
}

const inOurWords = { PASS: 'pass', FAIL: 'fail', SKIP: 'nothing' } as const;

function guardCases(file: string): Case[] {
  const cases = parseYaml(readFileSync(new URL(`guard/${file}_tests.yml`, fixtures), 'utf8')) as GuardCase[];
  const question = guard[file]!;
  return cases.flatMap(({ name, input, expectations }, i) => {
    const [theirs, expected] = Object.entries(expectations.rules)[0]!;
    const made = {
      source: 'guard' as const,
      id: `${theirs}/${i + 1}`,
      title: name.trim(),
      about: question.rule,
      expected: inOurWords[expected],
    };
    const resources = resourcesOf(input);
    const alone = resources.map(withoutSource);
    const itself: Case = { ...made, run: () => deploy(resources, question, worst) };
    if (JSON.stringify(alone) === JSON.stringify(resources)) return [itself];
    // Guard looks at one property of what is a read replica. Without its source the database is judged for that property.
    return [
      itself,
      { ...made, id: `${made.id}/no-replica`, title: `${made.title} (not a replica)`, run: () => deploy(alone, question, worst) },
    ];
  });
}

const withoutSource = (resource: Resource): Resource => {
  const { SourceDBInstanceIdentifier: _, ...properties } = resource.properties;
  return { ...resource, properties };
};

function checkovCases(folder: string): Case[] {
  const question = checkov[folder]!;
  return readdirSync(new URL(`checkov/${folder}/`, fixtures))
    .toSorted()
    .map((file) => ({
      source: 'checkov' as const,
      id: `${folder}/${file}`,
      title: file,
      about: question.rule,
      expected: /fail/i.test(file) ? 'fail' : /pass/i.test(file) ? 'pass' : 'unobserved',
      run: () => deploy(resourcesOf(parseYaml(readFileSync(new URL(`checkov/${folder}/${file}`, fixtures), 'utf8'))), question, only),
    }));
}

async function deploy(resources: readonly Resource[], { rule, parameters }: Question, together: (of: readonly Ran[]) => Ran): Promise<Ran> {
  const place = { account: deployed.account, region: deployed.region, partition: deployed.partition };
  const given = { place, transport: recordedTransport(repliesFor(resources)), asOf: '2026-01-14T13:00:00Z' };
  return together(await outcomes(rule, { ...given, ...(parameters && { parameters }) }));
}

/** A template is judged by the worst in it. */
function worst(of: readonly Ran[]): Ran {
  const order = ['fail', 'unobserved', 'pass', 'nothing'];
  return (
    of.toSorted((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict))[0] ?? {
      verdict: 'nothing',
      said: 'there is nothing to judge',
    }
  );
}

/** What a file holds is all of one kind. */
function only(of: readonly Ran[]): Ran {
  const verdicts = [...new Set(of.map(({ verdict }) => verdict))];
  return verdicts.length > 1 ? { verdict: 'mixed', said: of.map(({ verdict, said }) => `${verdict}: ${said}`).join(' ') } : worst(of);
}
