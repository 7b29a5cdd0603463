import { z } from 'zod';
import { definePopulation } from '#src/population.ts';

const condition = z.object({ operator: z.enum(['equals', 'not-equals', 'like', 'not-like']), key: z.string(), value: z.string() });

const selection = z.object({
  id: z.string(),
  name: z.string(),
  resources: z.array(z.string()).describe('ARNs, `*` for any characters; empty for every resource'),
  notResources: z.array(z.string()),
  tags: z.array(z.object({ key: z.string(), value: z.string() })).describe('At least one must be on the resource; empty asks for none'),
  conditions: z.array(condition).describe('All must hold for the tags of the resource'),
});

const backupRule = z.object({
  id: z.string(),
  name: z.string(),
  vault: z.string(),
  schedule: z.string().nullable().describe('`cron(…)` or `rate(…)`; null for a rule that runs only by hand'),
  deleteAfterDays: z.int().nullable().describe('Null keeps for ever'),
  coldAfterDays: z.int().nullable(),
  continuous: z.boolean(),
  copies: z.int().describe('Copies made to other vaults'),
});

export type BackupSelection = z.infer<typeof selection>;
export type BackupRule = z.infer<typeof backupRule>;

export const awsBackupPlan = definePopulation('aws.backup-plan', {
  title: 'Backup plans, their rules, and what they select',
  kind: 'state',
  fields: z.object({ rules: z.array(backupRule), selections: z.array(selection) }),
  example: {
    key: 'arn:aws:backup:eu-central-1:123456789012:backup-plan:0f0f0f0f-0000-4000-8000-000000000001',
    name: 'daily',
    rules: [
      {
        id: 'aaaaaaaa-0000-4000-8000-000000000001',
        name: 'daily',
        vault: 'main',
        schedule: 'cron(0 5 ? * * *)',
        deleteAfterDays: 35,
        coldAfterDays: null,
        continuous: false,
        copies: 1,
      },
    ],
    selections: [
      {
        id: 'bbbbbbbb-0000-4000-8000-000000000001',
        name: 'production',
        resources: ['*'],
        notResources: [],
        tags: [],
        conditions: [{ operator: 'equals', key: 'aws:ResourceTag/env', value: 'prod' }],
      },
    ],
  },
});

interface Tagged {
  /** Every ARN that the resource goes by. */
  readonly arns: readonly string[];
  readonly tags: readonly { readonly key: string; readonly value: string }[];
}

/**
 * Whether a selection covers a resource: its resources narrowed by its tags and conditions, less its exclusions; nothing said covers all.
 * https://docs.aws.amazon.com/aws-backup/latest/devguide/assigning-resources.html
 */
export function selects({ resources, notResources, tags, conditions }: BackupSelection, resource: Tagged): boolean {
  const named = (patterns: readonly string[]) => patterns.some((pattern) => resource.arns.some((arn) => like(pattern, arn)));
  if (named(notResources)) return false;
  if (resources.length > 0 && !named(resources)) return false;
  if (tags.length > 0 && !tags.some(({ key, value }) => resource.tags.some((tag) => tag.key === key && tag.value === value))) return false;
  return conditions.every((condition) => holds(condition, resource.tags));
}

/** A resource without the tag meets the negated operators only. */
function holds({ operator, key, value }: z.infer<typeof condition>, tags: Tagged['tags']): boolean {
  const found = tags.find((tag) => `aws:ResourceTag/${tag.key}` === key || tag.key === key)?.value;
  if (operator === 'equals') return found === value;
  if (operator === 'like') return found !== undefined && like(value, found);
  return found === undefined || !(operator === 'not-equals' ? found === value : like(value, found));
}

const like = (pattern: string, text: string): boolean =>
  new RegExp(
    `^${pattern
      .split('*')
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
    's',
  ).test(text);

/** Whether a schedule asks for more than one run a day. One that is not understood counts as one that does not. */
export function runsSeveralTimesADay(schedule: string | null): boolean {
  const text = schedule?.trim() ?? '';
  const rate = /^rate\((\d+) (minute|hour)s?\)$/.exec(text);
  if (rate) return Number(rate[1]) * (rate[2] === 'hour' ? 60 : 1) < 24 * 60;
  const cron = /^cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)$/.exec(text);
  if (!cron) return false;
  const [minute, hour, ...days] = cron.slice(1, 6);
  const everyDay = days.every((part) => part === '*' || part === '?' || part === '1/1');
  return everyDay && !(/^\d+$/.test(minute!) && /^\d+$/.test(hour!));
}
