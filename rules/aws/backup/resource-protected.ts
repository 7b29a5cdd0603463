import { awsBackupPlan, selects } from '#populations/aws-backup-plan';
import { awsDatabase } from '#populations/aws-database';
import { awsProtectedResource } from '#populations/aws-protected-resource';
import { definePopulationRule, fail, hour, notApplicable, pass, type Verdict, z } from '#rule';

const example = { ...awsDatabase.example, key: 'orders', name: 'orders', backupRetentionDays: 0, latestRestorable: null };

export default definePopulationRule(
  { databases: awsDatabase, plans: awsBackupPlan, backups: awsProtectedResource },
  {
    id: 'aws.backup.resource-protected',
    title: 'Every database is backed up, by a mechanism that lately made a backup',
    kind: 'state',
    severity: 'high',
    within: 'region',
    rationale:
      'A plan that selects nothing, or selects but does not run, looks like a backup until it is needed. So a selection counts only with a recent recovery point, and a recovery point only while something still selects the database. Tables, file systems, volumes and buckets are not judged.',
    remediation:
      'Switch automated backups on, or add the database to the selection of a backup plan whose resource type is opted in for the region.',
    inspects: {
      databases: ['arn', 'resourceId', 'status', 'created', 'replicaOf', 'backupRetentionDays', 'latestRestorable', 'tags'],
      plans: ['rules', 'selections'],
      backups: ['arn', 'lastBackup'],
    },
    parameters: z.object({
      acceptAutomated: z.boolean().default(true).describe("Whether the service's own automated backups are enough"),
      maxAgeHours: z
        .int()
        .min(2)
        .max(8784)
        .default(48)
        .describe(
          'Hours that the latest backup may lie back. Judges that the mechanism works; the recovery point objective has a rule of its own',
        ),
      graceHours: z
        .int()
        .min(0)
        .max(8784)
        .default(48)
        .describe('Hours after its creation in which a database that is selected need not have a first backup'),
      reconstructible: z
        .array(z.object({ arn: z.string().min(1), reason: z.string().min(1) }))
        .default([])
        .describe('Databases whose content can be made again, by ARN, and how. Their owner has agreed'),
    }),
    messages: {
      automated: 'Automated backups are on; it can be restored to {restorable} or later.',
      planned: 'Backup plan {plan} selects it; the latest recovery point is of {last}.',
      stale: '{mechanism} covers it, but the latest backup is of {last}.',
      never: '{mechanism} covers it, but it has never made a backup.',
      unselected: 'Nothing covers it any more; the latest recovery point is of {last}.',
      none: 'Neither automated backups nor a backup plan covers it.',
      new: '{mechanism} covers it; created {created}, its first backup is not due yet.',
      creating: '{mechanism} covers it; it is still being created.',
      replica: 'It copies {source}, whose backups count.',
      reconstructible: 'Its content can be made again: {reason}.',
    },
    examples: [
      {
        title: 'a plan selects it by tag and made a backup last night',
        given: { databases: [example], plans: [{}], backups: [{}] },
        expect: { orders: { result: 'pass', message: 'planned' } },
      },
      {
        title: 'automated backups are enough, without any plan',
        given: { databases: [{ key: 'orders' }], plans: [], backups: [] },
        expect: { orders: { result: 'pass', message: 'automated' } },
      },
      {
        title: 'nothing covers it',
        given: { databases: [example], plans: [{ selections: [] }], backups: [] },
        expect: { orders: { result: 'fail', message: 'none' } },
      },
      {
        title: 'it was backed up last night, but nothing selects it now',
        given: { databases: [{ ...example, tags: [] }], plans: [{}], backups: [{}] },
        expect: { orders: { result: 'fail', message: 'unselected' } },
      },
      {
        title: 'a plan selects it, but no backup ever came',
        given: { databases: [example], plans: [{}], backups: [] },
        expect: { orders: { result: 'fail', message: 'never' } },
      },
    ],
    *evaluate({ databases, plans, backups }, { asOf, parameters }) {
      const running = plans.filter(({ rules }) => rules.some(({ schedule, continuous }) => schedule !== null || continuous));
      for (const database of databases) {
        const arns = namesOf(database);
        const plan = running.find(({ selections }) => selections.some((selection) => selects(selection, { arns, tags: database.tags })));
        const points = backups.filter(({ arn }) => arns.includes(arn)).flatMap(({ lastBackup }) => lastBackup ?? []);
        yield { key: database.key, ...judge(database, plan?.name, points.toSorted().at(-1) ?? null, asOf, parameters) };
      }
    },
  },
);

interface Database {
  readonly arn: string;
  readonly resourceId: string;
  readonly status: string;
  readonly created: string | null;
  readonly replicaOf: string | null;
  readonly backupRetentionDays: number;
  readonly latestRestorable: string | null;
}

interface Parameters {
  readonly acceptAutomated: boolean;
  readonly maxAgeHours: number;
  readonly graceHours: number;
  readonly reconstructible: readonly { readonly arn: string; readonly reason: string }[];
}

type Message = 'automated' | 'planned' | 'stale' | 'never' | 'unselected' | 'none' | 'new' | 'creating' | 'replica' | 'reconstructible';

function judge(database: Database, plan: string | undefined, last: string | null, asOf: number, parameters: Parameters): Verdict<Message> {
  const { status, created, replicaOf, latestRestorable } = database;
  if (replicaOf !== null) return notApplicable('replica', { source: replicaOf });
  const registered = parameters.reconstructible.find(({ arn }) => arn === database.arn);
  if (registered) return notApplicable('reconstructible', { reason: registered.reason });

  const automated = parameters.acceptAutomated && database.backupRetentionDays > 0;
  const fresh = (at: string) => Date.parse(at) + parameters.maxAgeHours * hour;
  if (automated && latestRestorable !== null) {
    // A stopped database changes nothing, so it has nothing newer to restore to.
    if (status === 'stopped') return pass('automated', { restorable: latestRestorable });
    if (asOf < fresh(latestRestorable)) return pass('automated', { restorable: latestRestorable }, { until: fresh(latestRestorable) });
  }
  if (plan !== undefined && last !== null && asOf < fresh(last)) return pass('planned', { plan, last }, { until: fresh(last) });

  if (!automated && plan === undefined) return last === null ? fail('none') : fail('unselected', { last });
  const mechanism = plan === undefined ? 'The automated backup' : `Backup plan ${plan}`;
  const latest = plan === undefined ? latestRestorable : last;
  if (latest !== null) return fail('stale', { mechanism, last: latest });
  if (created === null) return notApplicable('creating', { mechanism });
  const due = Date.parse(created) + parameters.graceHours * hour;
  return asOf < due ? notApplicable('new', { mechanism, created }, { until: due }) : fail('never', { mechanism });
}

/** Selections and recovery points name a database by its ARN, or by the same ARN with the immutable id in place of the name. */
const namesOf = ({ arn, resourceId }: Database): string[] => [arn, arn.slice(0, arn.lastIndexOf(':') + 1) + resourceId];
