import { describe, expect, test } from '@jest/globals';
import collector from '#collectors/aws/backup-plans.ts';
import { awsBackupPlan, type BackupSelection, runsSeveralTimesADay, selects } from '#populations/aws-backup-plan';
import { itemsOf, recordingOf, replay, testCollector } from '#test/collector-replayer.ts';

const place = { account: '123456789012', region: 'eu-central-1', partition: 'aws' };
const recording = recordingOf('aws/backup-plans.json');

testCollector(collector, {
  place,
  recording,
  expect: [
    {
      key: 'arn:aws:backup:eu-central-1:123456789012:backup-plan:daily',
      name: 'Daily',
      rules: [
        {
          id: 'r1',
          name: 'daily',
          vault: 'main',
          schedule: 'cron(0 5 ? * * *)',
          deleteAfterDays: 35,
          coldAfterDays: null,
          continuous: true,
          copies: 0,
        },
        {
          id: 'r2',
          name: 'monthly',
          vault: 'main',
          schedule: 'cron(0 5 1 * ? *)',
          deleteAfterDays: 365,
          coldAfterDays: 30,
          continuous: false,
          copies: 1,
        },
        { id: 'r3', name: 'passing', vault: 'main', schedule: null, deleteAfterDays: 0, coldAfterDays: null, continuous: false, copies: 0 },
      ],
      selections: [
        {
          id: 's1',
          name: 'one',
          resources: ['arn:aws:rds:*:*:db:*'],
          notResources: ['arn:aws:rds:*:*:db:scratch*'],
          tags: [],
          conditions: [
            { operator: 'equals', key: 'aws:ResourceTag/env', value: 'prod' },
            { operator: 'not-equals', key: 'aws:ResourceTag/skip', value: 'yes' },
            { operator: 'like', key: 'aws:ResourceTag/team', value: 'shop*' },
            { operator: 'not-like', key: 'aws:ResourceTag/kind', value: 'tmp*' },
          ],
        },
        { id: 's2', name: 'two', resources: [], notResources: [], tags: [{ key: 'backup', value: 'daily' }], conditions: [] },
      ],
    },
    {
      key: 'arn:aws:backup:eu-central-1:123456789012:backup-plan:idle',
      name: 'Idle',
      rules: [
        { id: 'r9', name: 'kept', vault: 'main', schedule: null, deleteAfterDays: null, coldAfterDays: null, continuous: false, copies: 0 },
      ],
      selections: [],
    },
  ],
});

test('a condition of a kind that is not known leaves the selections unread', async () => {
  const strange = { SelectionName: 'one', ListOfTags: [{ ConditionType: 'STRINGROUGHLY', ConditionKey: 'a', ConditionValue: 'b' }] };
  const changed = recording.map((entry) =>
    entry.call === 'backup:GetBackupSelection' ? { ...entry, pages: [{ BackupSelection: strange }] } : entry,
  );
  expect(itemsOf(await replay(collector, { place, recording: changed }))[0]).toMatchObject({
    name: 'Daily',
    selections: { unread: 'malformed', call: 'backup:GetBackupSelection' },
  });
});

describe('what a selection covers', () => {
  const nothing: BackupSelection = { id: 's', name: 's', resources: [], notResources: [], tags: [], conditions: [] };
  const orders = {
    arns: ['arn:aws:rds:eu-central-1:123456789012:db:orders'],
    tags: [
      { key: 'env', value: 'prod' },
      { key: 'team', value: 'shop-a' },
    ],
  };
  const condition = (operator: BackupSelection['conditions'][number]['operator'], key: string, value: string) => ({
    conditions: [{ operator, key: `aws:ResourceTag/${key}`, value }],
  });

  test.each<[string, Partial<BackupSelection>]>([
    ['everything, when it says nothing', {}],
    ['everything, by a star', { resources: ['*'] }],
    ['it, by its ARN', { resources: ['arn:aws:s3:::b', orders.arns[0]!] }],
    ['it, by a pattern', { resources: ['arn:aws:rds:*:*:db:*'] }],
    [
      'it, by one of several tags',
      {
        tags: [
          { key: 'backup', value: 'daily' },
          { key: 'env', value: 'prod' },
        ],
      },
    ],
    ['it, by its type and its tag', { resources: ['arn:aws:rds:*:*:db:*'], tags: [{ key: 'env', value: 'prod' }] }],
    ['it, by what its tag begins with', condition('like', 'team', 'shop*')],
    ['it, as its tag is another', condition('not-equals', 'env', 'test')],
    ['it, as it has no such tag', condition('not-like', 'kind', 'tmp*')],
    ['it, less something else', { notResources: ['arn:aws:rds:*:*:db:scratch*'] }],
  ])('%s', (_, patch) => expect(selects({ ...nothing, ...patch }, orders)).toBe(true));

  test.each<[string, Partial<BackupSelection>]>([
    ['another ARN', { resources: ['arn:aws:rds:eu-central-1:123456789012:db:order'] }],
    ['another type', { resources: ['arn:aws:dynamodb:*:*:table/*'] }],
    ['a dot is a dot', { resources: ['arn:aws:rds:eu-central-1:123456789012:db:order.'] }],
    ['another tag', { tags: [{ key: 'env', value: 'test' }] }],
    ['its tag in another case', { tags: [{ key: 'env', value: 'Prod' }] }],
    ['its type, but another tag', { resources: ['arn:aws:rds:*:*:db:*'], tags: [{ key: 'env', value: 'test' }] }],
    [
      'one condition of two',
      { conditions: [...condition('equals', 'env', 'prod').conditions, ...condition('equals', 'team', 'other').conditions] },
    ],
    ['a tag that it lacks', condition('like', 'kind', '*')],
    ['its tag is the excluded one', condition('not-equals', 'env', 'prod')],
    ['its tag is like the excluded one', condition('not-like', 'team', 'shop*')],
    ['it is excluded by its ARN', { resources: ['*'], notResources: ['arn:aws:rds:*:*:db:ord*'] }],
  ])('not: %s', (_, patch) => expect(selects({ ...nothing, ...patch }, orders)).toBe(false));
});

test.each([
  ['cron(0 5 ? * * *)', false],
  ['cron(0 5 1 * ? *)', false],
  ['cron(0 */4 ? * * *)', true],
  ['cron(0 0/12 ? * * *)', true],
  ['cron(0,30 5 ? * * *)', true],
  ['cron(0 * ? * MON *)', false],
  ['rate(1 day)', false],
  ['rate(1 hour)', true],
  ['rate(24 hours)', false],
  ['rate(90 minutes)', true],
  ['rubbish', false],
  [null, false],
])('%s runs several times a day: %s', (schedule, several) => expect(runsSeveralTimesADay(schedule)).toBe(several));

test('the example of the population is selected by its own plan', () => {
  expect(selects(awsBackupPlan.example.selections[0]!, { arns: ['x'], tags: [{ key: 'env', value: 'prod' }] })).toBe(true);
});
