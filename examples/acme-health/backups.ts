import { createHash } from 'node:crypto';
import { account, day, each, hour, iso, minute, region } from './moving.ts';
import type { Recording } from './recordings.ts';

const resources = [
  { name: 'patients', type: 'RDS', arn: `arn:aws:rds:${region}:${account}:db:patients`, minutes: 24 },
  { name: 'billing', type: 'RDS', arn: `arn:aws:rds:${region}:${account}:db:billing`, minutes: 11 },
  { name: 'records', type: 'Aurora', arn: `arn:aws:rds:${region}:${account}:cluster:records`, minutes: 17 },
] as const;

type Resource = (typeof resources)[number];

/** The nights (UTC) in which the role of the backup was not let use the key of `patients`. */
const failed = new Set(['2026-06-09', '2026-06-10', '2026-06-11']);

/** AWS Backup remembers its jobs so long. */
const memory = 30 * day;
const vault = `arn:aws:backup:${region}:${account}:backup-vault:main`;
const planId = idOf('plan');
const role = `arn:aws:iam::${account}:role/backup`;

/** The nightly jobs of the plan, what they protect, and a restore test every quarter. */
export const backups: readonly Recording[] = [
  { call: 'backup:ListBackupJobs', region, pages: each(minute, (tick) => [{ BackupJobs: jobsBefore(tick) }]) },
  { call: 'backup:ListProtectedResources', region, pages: each(minute, (tick) => [{ Results: protectedResources(tick) }]) },
  { call: 'backup:ListRestoreJobs', region, pages: each(minute, (tick) => [{ RestoreJobs: restoresBefore(tick) }]) },
];

const jobsBefore = (now: number): Job[] =>
  nightsBefore(now).flatMap((night) => resources.flatMap((resource) => jobAt(now, night, resource) ?? []));

/** The latest first. The plan runs at two o'clock, UTC. */
function nightsBefore(now: number): number[] {
  const last = now - (now % day) + 2 * hour;
  return Array.from({ length: memory / day + 1 }, (_, i) => last - i * day).filter((night) => now - memory <= night && night <= now);
}

/** A job as it is told at an instant; none before it began. */
function jobAt(now: number, night: number, resource: Resource): Job | undefined {
  const key = `${resource.name} ${night}`;
  const { created, completed, running, ended } = jobs.get(key) ?? jobs.set(key, jobOf(night, resource)).get(key)!;
  if (now < created) return undefined;
  return now < completed ? running : ended;
}

const jobs = new Map<string, ReturnType<typeof jobOf>>();

interface Job {
  readonly State: string;
  readonly CompletionDate?: string;
  readonly [fact: string]: unknown;
}

function jobOf(night: number, resource: Resource) {
  const fails = resource.name === 'patients' && failed.has(iso(night).slice(0, 10));
  const created = night + resources.indexOf(resource) * minute;
  const completed = created + (fails ? 6 : resource.minutes) * minute;
  const running: Job = {
    BackupJobId: idOf(`job ${resource.name} ${night}`),
    State: 'RUNNING',
    AccountId: account,
    ResourceArn: resource.arn,
    ResourceType: resource.type,
    ResourceName: resource.name,
    BackupVaultName: 'main',
    BackupVaultArn: vault,
    IamRoleArn: role,
    CreationDate: iso(created),
    StartBy: iso(created + hour),
    CreatedBy: {
      BackupPlanId: planId,
      BackupPlanArn: `arn:aws:backup:${region}:${account}:backup-plan:${planId}`,
      BackupRuleId: idOf('rule'),
    },
  };
  const end = fails
    ? { State: 'FAILED', MessageCategory: 'ACCESSDENIED', StatusMessage: `${role} is not authorized to use the KMS key of the database` }
    : { State: 'COMPLETED', MessageCategory: 'SUCCESS', RecoveryPointArn: recoveryPointOf(resource, night) };
  const ended: Job = { ...running, ...end, CompletionDate: iso(completed) };
  return { created, completed, running, ended };
}

const recoveryPointOf = ({ name }: Resource, night: number): string =>
  `arn:aws:rds:${region}:${account}:snapshot:awsbackup:job-${idOf(`job ${name} ${night}`)}`;

function protectedResources(now: number): object[] {
  return resources.map((resource) => ({
    ResourceArn: resource.arn,
    ResourceType: resource.type,
    ResourceName: resource.name,
    LastBackupTime: nightsBefore(now)
      .map((night) => jobAt(now, night, resource))
      .find((job) => job?.State === 'COMPLETED')?.CompletionDate,
    LastBackupVaultArn: vault,
  }));
}

const restoreTests = ['2026-01-14T06:00:00Z', '2026-04-12T06:00:00Z', '2026-07-08T06:00:00Z'].map((start) => Date.parse(start));

const restoresBefore = (now: number): object[] =>
  restoreTests.filter((start) => now - memory <= start && start + restoring <= now).map(restoreTest);

const restoring = 38 * minute;

function restoreTest(start: number): object {
  const [patients] = resources;
  const night = start - 4 * hour;
  return {
    RestoreJobId: idOf(`restore ${start}`),
    Status: 'COMPLETED',
    AccountId: account,
    ResourceType: patients.type,
    SourceResourceArn: patients.arn,
    RecoveryPointArn: recoveryPointOf(patients, night),
    RecoveryPointCreationDate: iso(night),
    CreationDate: iso(start),
    CompletionDate: iso(start + restoring),
    IamRoleArn: role,
    CreatedBy: { RestoreTestingPlanArn: `arn:aws:backup:${region}:${account}:restore-testing-plan:quarterly` },
    ValidationStatus: 'SUCCESSFUL',
  };
}

/** A stable id in the form that AWS Backup gives. */
function idOf(name: string): string {
  const hex = createHash('sha1').update(name).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
