import { awsDatabase } from '#populations/aws-database';
import { defineRule, fail, hour, notApplicable, pass, z } from '#rule';

export default defineRule(awsDatabase, {
  id: 'aws.rds.automated-backup-enabled',
  title: 'Automated database backups are kept long enough and are recent',
  kind: 'state',
  severity: 'high',
  rationale:
    'A database can be taken back to a moment before a loss only while automated backups are on, are kept long enough for the loss to be noticed, and keep coming.',
  remediation:
    'Set the backup retention period to the required days. Where the latest restorable time stands still, look at the events of the database.',
  inspects: ['status', 'created', 'replicaOf', 'backupRetentionDays', 'latestRestorable'],
  parameters: z.object({
    minRetentionDays: z.int().min(1).max(35).default(7).describe('Days that automated backups are kept at least'),
    maxLagHours: z
      .int()
      .min(2)
      .max(168)
      .default(3)
      .describe('Hours that the latest restorable time may lie back. It is known to the hour, so up to one hour less may already fail'),
    graceHours: z.int().min(0).max(168).default(24).describe('Hours after its creation in which a database need not have a first backup'),
  }),
  messages: {
    enabled: 'Kept for {days} days; can be restored to {restorable} or later.',
    stopped: 'Kept for {days} days; it is stopped, and can be restored to {restorable} or later.',
    off: 'Automated backups are off.',
    short: 'Kept for {days} days, less than {required}.',
    none: 'Kept for {days} days, but there is no moment that it can be restored to.',
    stale: 'The latest moment that it can be restored to is in the hour of {restorable}, more than {hours} hours back.',
    new: 'Created {created}; its first backup is not due yet.',
    creating: 'It is still being created.',
    replica: 'It copies {source}, whose backups count.',
  },
  examples: {
    pass: [{ backupRetentionDays: 7 }, { status: 'stopped', latestRestorable: '2026-01-02T04:00:00.000Z' }],
    fail: [
      { backupRetentionDays: 0, latestRestorable: null },
      { backupRetentionDays: 6 },
      { latestRestorable: null },
      { latestRestorable: '2026-01-14T20:00:00.000Z' },
    ],
    notApplicable: [
      { replicaOf: 'orders', backupRetentionDays: 0, latestRestorable: null },
      { created: '2026-01-14T20:10:00.000Z', latestRestorable: null },
      { status: 'creating', created: null, latestRestorable: null },
    ],
  },
  evaluate({ status, created, replicaOf, backupRetentionDays, latestRestorable }, { asOf, parameters }) {
    if (replicaOf !== null) return notApplicable('replica', { source: replicaOf });
    if (backupRetentionDays === 0) return fail('off');
    if (backupRetentionDays < parameters.minRetentionDays)
      return fail('short', { days: backupRetentionDays, required: parameters.minRetentionDays });
    if (created === null) return notApplicable('creating');
    if (latestRestorable === null) {
      const due = Date.parse(created) + parameters.graceHours * hour;
      return asOf < due ? notApplicable('new', { created }, { until: due }) : fail('none', { days: backupRetentionDays });
    }
    const facts = { days: backupRetentionDays, restorable: latestRestorable };
    // A stopped database changes nothing, so it has nothing newer to restore to.
    if (status === 'stopped') return pass('stopped', facts);
    const stale = Date.parse(latestRestorable) + parameters.maxLagHours * hour;
    return asOf < stale
      ? pass('enabled', facts, { until: stale })
      : fail('stale', { restorable: latestRestorable, hours: parameters.maxLagHours - 1 });
  },
});
