import { awsRestoreJob } from '#populations/aws-restore-job';
import { day, defineCadenceRule, fail, notApplicable, pass, z } from '#rule';

export default defineCadenceRule(awsRestoreJob, {
  id: 'aws.backup.restore-test-completed',
  title: 'A restore from backup is carried out on schedule',
  owedBy: 'account',
  severity: 'high',
  rationale:
    'A backup that was never restored is a hope. Any completed restore of AWS Backup counts, by a testing plan, by hand or in earnest, for the account as a whole; that its data was right is judged only where the restore was validated. Restores made without AWS Backup are not seen: keep them in the register of tests.',
  remediation: 'Create a restore testing plan in AWS Backup that covers the resource types in use, with a validation of the restored data.',
  inspects: ['resourceType', 'status', 'created', 'completed', 'recoveryPointCreated', 'validation'],
  parameters: z.object({
    everyDays: z.int().min(1).max(366).default(90).describe('Days that may pass between two restores'),
    maxRecoveryPointAgeDays: z.int().min(1).max(3660).default(35).describe('Days that the restored backup may have been old'),
    resourceTypes: z
      .array(z.string().min(1))
      .default([])
      .describe("Counts only restores of these types, in AWS Backup's own names; empty counts all"),
  }),
  messages: {
    validated: 'Restored {type}, completed {completed}, and its validation succeeded.',
    completed: 'Restored {type}, completed {completed}; its data was not validated.',
    invalid: 'Restored {type}, but its validation ended as {validation}.',
    failed: 'The restore of {type} ended as {status}.',
    old: 'Restored {type} from a backup of {point}, more than {days} days old.',
    unfinished: 'The restore of {type} is {status}.',
    other: 'A restore of {type}, which is not counted.',
  },
  examples: {
    pass: [{ validation: 'SUCCESSFUL' }, { validation: null }],
    fail: [
      { status: 'FAILED', completed: '2026-01-10T06:10:00.000Z', validation: null },
      { status: 'ABORTED' },
      { validation: 'FAILED' },
      { recoveryPointCreated: '2025-11-01T05:00:00.000Z' },
    ],
    notApplicable: [{ status: 'RUNNING', completed: null, validation: null }],
  },
  schedule: ({ everyDays }) => ({ mode: 'rolling', days: everyDays }),
  evaluate({ resourceType: type, status, created, completed, recoveryPointCreated, validation }, { parameters }) {
    if (parameters.resourceTypes.length > 0 && !parameters.resourceTypes.includes(type)) return notApplicable('other', { type });
    if (status === 'FAILED' || status === 'ABORTED') return fail('failed', { type, status });
    if (status !== 'COMPLETED' || completed === null) return notApplicable('unfinished', { type, status });
    if (validation === 'FAILED' || validation === 'TIMED_OUT') return fail('invalid', { type, validation });
    const days = parameters.maxRecoveryPointAgeDays;
    if (Date.parse(created) - Date.parse(recoveryPointCreated) > days * day)
      return fail('old', { type, point: recoveryPointCreated, days });
    return validation === 'SUCCESSFUL' ? pass('validated', { type, completed }) : pass('completed', { type, completed });
  },
});
