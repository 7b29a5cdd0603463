import { z } from 'zod';
import { defineCollector, instant } from '#collector';
import { awsRestoreJob } from '#populations/aws-restore-job';

const Job = z.object({
  RestoreJobId: z.string(),
  CreationDate: instant,
  ResourceType: z.string().optional(),
  Status: z.string().optional(),
  CompletionDate: instant.optional(),
  SourceResourceArn: z.string().optional(),
  RecoveryPointArn: z.string().optional(),
  RecoveryPointCreationDate: instant.optional(),
  CreatedBy: z.object({ RestoreTestingPlanArn: z.string().optional() }).optional(),
  ValidationStatus: z.string().optional(),
  ParentJobId: z.string().optional(),
});

export default defineCollector(awsRestoreJob, {
  id: 'aws-restore-jobs',
  title: 'Restore jobs, and how their tests were validated',
  every: '6h',
  per: 'region',
  reads: { 'backup:ListRestoreJobs': { needs: 'backup:ListRestoreJobs', reply: z.object({ RestoreJobs: z.array(Job) }) } },
  limits: 'Restores that were made without AWS Backup, from a snapshot of RDS for one, are not listed.',
  async *collect(api, { partition = 'aws', region, account }) {
    const jobs: z.infer<typeof Job>[] = [];
    for await (const { RestoreJobs } of api.pages('backup:ListRestoreJobs', {})) jobs.push(...RestoreJobs);
    const listed = new Set(jobs.map(({ RestoreJobId }) => RestoreJobId));

    for (const job of jobs) {
      // The restore of a part belongs to that of the whole. One whose whole is not listed stands for itself.
      if (job.ParentJobId !== undefined && listed.has(job.ParentJobId)) continue;
      const told = (value: string | undefined, field: string) =>
        value ?? api.unread('backup:ListRestoreJobs', 'withheld', `job ${job.RestoreJobId} has no ${field}`);
      yield {
        key: `arn:${partition}:backup:${region}:${account}:restore-job:${job.RestoreJobId}`,
        name: `${job.ResourceType ?? 'Restore'} at ${job.CreationDate}`,
        resourceType: told(job.ResourceType, 'ResourceType'),
        status: told(job.Status, 'Status'),
        created: job.CreationDate,
        completed: job.CompletionDate ?? null,
        source: job.SourceResourceArn ?? null,
        recoveryPoint: told(job.RecoveryPointArn, 'RecoveryPointArn'),
        recoveryPointCreated: told(job.RecoveryPointCreationDate, 'RecoveryPointCreationDate'),
        testingPlan: job.CreatedBy?.RestoreTestingPlanArn ?? null,
        validation: job.ValidationStatus ?? null,
      };
    }
  },
});
