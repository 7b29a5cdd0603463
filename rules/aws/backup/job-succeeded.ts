import { awsBackupJob } from '#populations/aws-backup-job';
import { definePopulationRule, fail, hour, pass, pending, type Verdict, z } from '#rule';

const failed = {
  key: 'first',
  state: 'FAILED',
  messageCategory: 'ACCESSDENIED',
  created: '2026-01-13T05:00:00.000Z',
  completed: '2026-01-13T05:10:00.000Z',
};

export default definePopulationRule(
  { jobs: awsBackupJob },
  {
    id: 'aws.backup.job-succeeded',
    title: 'Backup jobs complete, or are made good in time',
    kind: 'event',
    severity: 'high',
    within: 'region',
    rationale:
      'A failed backup is a hole in what can be restored, until a later one succeeds. Only jobs that AWS Backup made are seen: a run that was never started leaves no job, and automated backups of RDS are not jobs. aws.backup.resource-protected shows both, because it asks each database for a recent backup.',
    remediation:
      'Read the status of the job, mend the cause (often the role of the selection or the key of the vault), and start a backup of the resource by hand.',
    inspects: { jobs: ['resource', 'state', 'messageCategory', 'created', 'completed'] },
    parameters: z.object({
      retryHours: z
        .int()
        .min(0)
        .max(720)
        .default(24)
        .describe('Hours after a failure in which a later success of the same resource makes it good'),
      completionHours: z.int().min(1).max(720).default(168).describe('Hours after its creation in which a job has to end'),
      completedWithIssues: z
        .enum(['warn', 'fail'])
        .default('warn')
        .describe('Whether a job that completed with issues fails with low severity, or with that of the rule'),
    }),
    messages: {
      completed: 'Completed.',
      issues: 'Completed with issues: {category}.',
      recovered: '{state}; made good by the job of {by}.',
      failed: '{state} at {at}, and no job made it good within {hours} hours.',
      open: '{state} at {at}; it may still be made good.',
      running: '{state} since {created}.',
      unfinished: '{state} since {created}, for more than {hours} hours.',
    },
    examples: [
      { title: 'it completed', given: { jobs: [{ key: 'first' }] }, expect: { first: { result: 'pass', message: 'completed' } } },
      { title: 'it failed, and nothing followed', given: { jobs: [failed] }, expect: { first: { result: 'fail', message: 'failed' } } },
      {
        title: 'it failed, and the next one made it good',
        given: { jobs: [failed, { key: 'second', created: '2026-01-13T09:00:00.000Z', completed: '2026-01-13T09:30:00.000Z' }] },
        expect: { first: { result: 'pass', message: 'recovered' }, second: { result: 'pass' } },
      },
      {
        title: 'it failed, and there is still time',
        given: { jobs: [{ ...failed, created: '2026-01-14T05:00:00.000Z', completed: '2026-01-14T05:10:00.000Z' }] },
        expect: { first: { result: 'pending', message: 'open' } },
      },
    ],
    *evaluate({ jobs }, { asOf, parameters }) {
      const byResource = Map.groupBy(jobs, ({ resource }) => resource);
      for (const job of jobs) yield { key: job.key, ...judge(job, byResource.get(job.resource)!, asOf, parameters) };
    },
  },
);

interface Job {
  readonly key: string;
  readonly state: string;
  readonly messageCategory: string | null;
  readonly created: string;
  readonly completed: string | null;
}

interface Parameters {
  readonly retryHours: number;
  readonly completionHours: number;
  readonly completedWithIssues: 'warn' | 'fail';
}

type Message = 'completed' | 'issues' | 'recovered' | 'failed' | 'open' | 'running' | 'unfinished';

const ended = ['FAILED', 'ABORTED', 'EXPIRED', 'PARTIAL'];

function judge(
  job: Job,
  ofResource: readonly Job[],
  asOf: number,
  { retryHours, completionHours, completedWithIssues }: Parameters,
): Verdict<Message> {
  const { state, messageCategory, created } = job;
  if (succeeded(job)) return pass('completed');
  if (state === 'COMPLETED')
    return fail('issues', { category: messageCategory! }, completedWithIssues === 'warn' ? { severity: 'low' } : {});

  if (ended.includes(state)) {
    const at = endOf(job);
    const deadline = Date.parse(at) + retryHours * hour;
    const later = ofResource.filter((other) => succeeded(other) && other.created > created && Date.parse(endOf(other)) <= deadline);
    const by = later.map(endOf).toSorted()[0];
    if (by !== undefined) return pass('recovered', { state, by });
    return asOf < deadline ? pending('open', { state, at }, { until: deadline }) : fail('failed', { state, at, hours: retryHours });
  }
  // Under way, or in a state that is not known: neither ever passes by waiting.
  const deadline = Date.parse(created) + completionHours * hour;
  return asOf < deadline
    ? pending('running', { state, created }, { until: deadline })
    : fail('unfinished', { state, created, hours: completionHours });
}

const succeeded = ({ state, messageCategory }: Job): boolean =>
  state === 'COMPLETED' && (messageCategory === null || messageCategory === 'SUCCESS');
const endOf = ({ completed, created }: Job): string => completed ?? created;
