import { z } from 'zod';
import { defineCollector, instant } from '#collector';
import { awsBackupJob } from '#populations/aws-backup-job';

const Job = z.object({
  BackupJobId: z.string(),
  CreationDate: instant,
  ResourceArn: z.string().optional(),
  ResourceType: z.string().optional(),
  State: z.string().optional(),
  MessageCategory: z.string().optional(),
  CompletionDate: instant.optional(),
  StartBy: instant.optional(),
  CreatedBy: z.object({ BackupPlanArn: z.string().optional() }).optional(),
  BackupVaultName: z.string().optional(),
  BackupVaultArn: z.string().optional(),
  ParentJobId: z.string().optional(),
});

export default defineCollector(awsBackupJob, {
  id: 'aws-backup-jobs',
  title: 'Backup jobs and how they ended',
  every: '1h',
  per: 'region',
  reads: { 'backup:ListBackupJobs': { needs: 'backup:ListBackupJobs', reply: z.object({ BackupJobs: z.array(Job) }) } },
  limits: 'AWS Backup remembers jobs for 30 days. A run that was never started leaves none. Automated backups of RDS are not jobs.',
  async *collect(api, { partition = 'aws', region, account }) {
    const jobs: z.infer<typeof Job>[] = [];
    for await (const { BackupJobs } of api.pages('backup:ListBackupJobs', {})) jobs.push(...BackupJobs);
    const parts = Map.groupBy(jobs, ({ ParentJobId }) => ParentJobId);
    const listed = new Set(jobs.map(({ BackupJobId }) => BackupJobId));

    for (const job of jobs) {
      // A part is counted with the whole, which ends PARTIAL if it fails. One whose whole is not listed stands for itself.
      if (job.ParentJobId !== undefined && listed.has(job.ParentJobId)) continue;
      const told = (value: string | undefined, field: string) =>
        value ?? api.unread('backup:ListBackupJobs', 'malformed', `job ${job.BackupJobId} has no ${field}`);
      yield {
        key: `arn:${partition}:backup:${region}:${account}:backup-job:${job.BackupJobId}`,
        name: `${nameOf(job.ResourceArn ?? job.BackupJobId)} at ${job.CreationDate}`,
        resource: told(job.ResourceArn, 'ResourceArn'),
        resourceType: told(job.ResourceType, 'ResourceType'),
        state: told(job.State, 'State'),
        messageCategory: job.MessageCategory || null,
        created: job.CreationDate,
        completed: job.CompletionDate ?? null,
        startBy: job.StartBy ?? null,
        plan: job.CreatedBy?.BackupPlanArn ?? null,
        vault: told(job.BackupVaultArn ?? job.BackupVaultName, 'BackupVaultArn'),
        parts: parts.get(job.BackupJobId)?.length ?? 0,
      };
    }
  },
});

const nameOf = (arn: string): string => arn.slice(Math.max(arn.lastIndexOf(':'), arn.lastIndexOf('/')) + 1);
