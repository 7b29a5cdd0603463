import { AwsError, type Operation, type Told } from './calls.ts';
import type { Plan, Shape } from './world.ts';

/** Backup and GuardDuty: REST with JSON. Paths in the order in which they are tried. */
export const routes: Readonly<Record<string, readonly (readonly [path: RegExp, operation: string, ...parameters: string[]])[]>> = {
  backup: [
    [/^\/backup\/plans\/?$/, 'ListBackupPlans'],
    [/^\/backup\/plans\/([^/]+)\/selections\/?$/, 'ListBackupSelections', 'BackupPlanId'],
    [/^\/backup\/plans\/([^/]+)\/selections\/([^/]+)$/, 'GetBackupSelection', 'BackupPlanId', 'SelectionId'],
    [/^\/backup\/plans\/([^/]+)\/?$/, 'GetBackupPlan', 'BackupPlanId'],
    [/^\/backup-vaults\/?$/, 'ListBackupVaults'],
    [/^\/backup-jobs\/?$/, 'ListBackupJobs'],
    [/^\/restore-jobs\/?$/, 'ListRestoreJobs'],
    [/^\/resources\/?$/, 'ListProtectedResources'],
  ],
  guardduty: [
    [/^\/detector\/?$/, 'ListDetectors'],
    [/^\/detector\/([^/]+)$/, 'GetDetector', 'DetectorId'],
  ],
};

const page = (told: Told, list: readonly (Shape | string)[], name: string, next = 'NextToken'): object => {
  const { part, next: token } = told.paged(list);
  return { [name]: part, ...(token !== undefined && { [next]: token }) };
};

export const backup: Readonly<Record<string, Operation>> = {
  ListBackupPlans: (told) =>
    page(
      told,
      told.place.plans.map(({ listed }) => listed),
      'BackupPlansList',
    ),
  GetBackupPlan: (told) => ({ ...planOf(told).listed, BackupPlan: planOf(told).plan }),
  ListBackupSelections: (told) =>
    page(
      told,
      Object.keys(planOf(told).selections).map((SelectionId) => ({ SelectionId, BackupPlanId: told.text('BackupPlanId') })),
      'BackupSelectionsList',
    ),
  GetBackupSelection: (told) => {
    const SelectionId = told.text('SelectionId')!;
    const BackupSelection = planOf(told).selections[SelectionId];
    if (!BackupSelection) throw new AwsError('ResourceNotFoundException', 400, 'The selection does not exist');
    return { BackupSelection, SelectionId };
  },
  ListBackupVaults: (told) => page(told, told.place.BackupVaultList, 'BackupVaultList'),
  ListBackupJobs: (told) => page(told, told.place.BackupJobs, 'BackupJobs'),
  ListRestoreJobs: (told) => page(told, told.place.RestoreJobs, 'RestoreJobs'),
  ListProtectedResources: (told) => page(told, told.place.Results, 'Results'),
};

function planOf({ place, text }: Told): Plan {
  const plan = place.plans.find(({ listed }) => listed.BackupPlanId === text('BackupPlanId'));
  if (!plan) throw new AwsError('ResourceNotFoundException', 400, 'The plan does not exist');
  return plan;
}

export const guardduty: Readonly<Record<string, Operation>> = {
  ListDetectors: (told) => page(told, told.place.detector ? [told.place.detector.id] : [], 'detectorIds', 'nextToken'),
  GetDetector: ({ place: { detector }, text }) => {
    if (!detector || detector.id !== text('DetectorId'))
      throw new AwsError(
        'BadRequestException',
        400,
        'The request is rejected because the input detectorId is not owned by the current account.',
      );
    return detector.details;
  },
};
