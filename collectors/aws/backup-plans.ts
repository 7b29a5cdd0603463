import { z } from 'zod';
import { type Api, defineCollector, mapConcurrently } from '#collector';
import { awsBackupPlan, type BackupRule, type BackupSelection } from '#populations/aws-backup-plan';

const Lifecycle = z.object({
  MoveToColdStorageAfterDays: z.int().optional(),
  DeleteAfterDays: z.int().optional(),
  DeleteAfterEvent: z.string().optional(),
});

const Rule = z.object({
  RuleName: z.string(),
  RuleId: z.string(),
  TargetBackupVaultName: z.string(),
  ScheduleExpression: z.string().optional(),
  Lifecycle: Lifecycle.optional(),
  EnableContinuousBackup: z.boolean().optional(),
  CopyActions: z.array(z.object({})).optional(),
});

const Condition = z.object({ ConditionKey: z.string(), ConditionValue: z.string() });

const Selection = z.object({
  SelectionName: z.string(),
  Resources: z.array(z.string()).optional(),
  NotResources: z.array(z.string()).optional(),
  ListOfTags: z.array(Condition.extend({ ConditionType: z.literal('STRINGEQUALS') })).optional(),
  Conditions: z
    .object({
      StringEquals: z.array(Condition).optional(),
      StringNotEquals: z.array(Condition).optional(),
      StringLike: z.array(Condition).optional(),
      StringNotLike: z.array(Condition).optional(),
    })
    .optional(),
});

const reads = {
  'backup:ListBackupPlans': {
    needs: 'backup:ListBackupPlans',
    reply: z.object({
      BackupPlansList: z.array(z.object({ BackupPlanArn: z.string(), BackupPlanId: z.string(), BackupPlanName: z.string() })),
    }),
  },
  'backup:GetBackupPlan': { needs: 'backup:GetBackupPlan', reply: z.object({ BackupPlan: z.object({ Rules: z.array(Rule) }) }) },
  'backup:ListBackupSelections': {
    needs: 'backup:ListBackupSelections',
    reply: z.object({ BackupSelectionsList: z.array(z.object({ SelectionId: z.string() })) }),
  },
  'backup:GetBackupSelection': { needs: 'backup:GetBackupSelection', reply: z.object({ BackupSelection: Selection }) },
} as const;

export default defineCollector(awsBackupPlan, {
  id: 'aws-backup-plans',
  title: 'Backup plans, their schedules and retention, and what they select',
  every: '6h',
  per: 'region',
  reads,
  async *collect(api) {
    const plans: { BackupPlanArn: string; BackupPlanId: string; BackupPlanName: string }[] = [];
    for await (const page of api.pages('backup:ListBackupPlans', {})) plans.push(...page.BackupPlansList);
    yield* mapConcurrently(plans, 4, async ({ BackupPlanArn, BackupPlanId, BackupPlanName }) => {
      const plan = await api.get('backup:GetBackupPlan', { BackupPlanId });
      const rules = plan.ok ? plan.value.BackupPlan.Rules.map(ruleOf).toSorted(byId) : plan.unread;
      return { key: BackupPlanArn, name: BackupPlanName, rules, selections: await selectionsOf(api, BackupPlanId) };
    });
  },
});

/** All selections of a plan or none: with one missing, what the plan covers is not known. */
async function selectionsOf(api: Api<typeof reads>, BackupPlanId: string) {
  const listed = await api.all('backup:ListBackupSelections', { BackupPlanId });
  if (!listed.ok) return listed.unread;
  const selections: BackupSelection[] = [];
  for (const { SelectionId } of listed.value.flatMap(({ BackupSelectionsList }) => BackupSelectionsList)) {
    const found = await api.get('backup:GetBackupSelection', { BackupPlanId, SelectionId });
    if (!found.ok) return found.unread;
    selections.push(selectionOf(SelectionId, found.value.BackupSelection));
  }
  return selections.toSorted(byId);
}

const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : 1);

function ruleOf({
  RuleId,
  RuleName,
  TargetBackupVaultName,
  ScheduleExpression,
  Lifecycle,
  EnableContinuousBackup,
  CopyActions,
}: z.infer<typeof Rule>): BackupRule {
  return {
    id: RuleId,
    name: RuleName,
    vault: TargetBackupVaultName,
    schedule: ScheduleExpression || null,
    // One that goes as soon as it is copied is not kept at all.
    deleteAfterDays: Lifecycle?.DeleteAfterEvent ? 0 : (Lifecycle?.DeleteAfterDays ?? null),
    coldAfterDays: Lifecycle?.MoveToColdStorageAfterDays ?? null,
    continuous: EnableContinuousBackup ?? false,
    copies: CopyActions?.length ?? 0,
  };
}

function selectionOf(
  id: string,
  { SelectionName, Resources = [], NotResources = [], ListOfTags = [], Conditions = {} }: z.infer<typeof Selection>,
): BackupSelection {
  const conditions = (operator: BackupSelection['conditions'][number]['operator'], list: readonly z.infer<typeof Condition>[] = []) =>
    list.map(({ ConditionKey: key, ConditionValue: value }) => ({ operator, key, value }));
  return {
    id,
    name: SelectionName,
    resources: Resources.toSorted(),
    notResources: NotResources.toSorted(),
    tags: ListOfTags.map(({ ConditionKey: key, ConditionValue: value }) => ({ key, value })),
    conditions: [
      ...conditions('equals', Conditions.StringEquals),
      ...conditions('not-equals', Conditions.StringNotEquals),
      ...conditions('like', Conditions.StringLike),
      ...conditions('not-like', Conditions.StringNotLike),
    ],
  };
}
