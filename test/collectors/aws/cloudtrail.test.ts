import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connectAws } from '#collectors/aws/client.ts';
import investigator from '#collectors/aws/cloudtrail.ts';
import { tracked } from '#collectors/aws/cloudtrail-changes.ts';
import { collectors } from '#collectors/index.ts';
import type { Attribution } from '#src/alerts/message.ts';
import type { Connection } from '#src/collector.ts';
import { type ActorQuestion, type FindActor, findActorOver } from '#src/who/find-actor.ts';
import type { Policy } from '#test/doubles/aws/permissions.ts';
import { type AwsDouble, type Session, startAws } from '#test/doubles/aws/server.ts';
import { emptyAccount, type Recorded, type Shape } from '#test/doubles/aws/world.ts';

interface Published {
  readonly from: string;
  readonly event: Shape & {
    readonly eventTime: string;
    readonly awsRegion: string;
    readonly recipientAccountId: string;
    readonly eventID: string;
  };
}
const published = JSON.parse(readFileSync(new URL('../../recordings/aws/cloudtrail-events.json', import.meta.url), 'utf8')) as Published[];

const minute = 60_000;
const account = '111122223333';
const open: Connection[] = [];
let aws: AwsDouble;

beforeAll(async () => {
  aws = await startAws();
});
afterAll(async () => {
  await Promise.all(open.map((connection) => connection.close()));
  await aws.close();
});

interface Asking {
  readonly findActor: FindActor;
  readonly session: Session;
  /** The questions put to CloudTrail, as attribute and value, pages and all. */
  readonly lookups: () => string[];
}

/** Asks about one account of a company in which these events were recorded. */
function asking(
  recorded: Omit<Recorded, 'now'> & { now?: () => number },
  at: { account?: string; policy?: Policy; patience?: number } = {},
): Asking {
  const { now = () => Date.parse('2026-01-15T12:00:00Z') } = recorded;
  const owner = at.account ?? account;
  const session = aws.session({
    world: { accounts: { [owner]: emptyAccount }, regions: { 'us-east-1': 'opt-in-not-required' }, recorded: { ...recorded, now } },
    account: owner,
    ...(at.policy && { policy: at.policy }),
  });
  const connection = connectAws(
    { id: 'aws', region: 'us-east-1', endpoint: aws.endpoint },
    {
      credentials: () => Promise.resolve(session.credentials),
      maxAttempts: 1,
      ...(recorded.perSecond === undefined && { limit: (_, call) => call() }),
    },
  );
  open.push(connection);
  return {
    session,
    findActor: findActorOver({
      connections: [connection],
      investigatorOf: () => investigator,
      now,
      ...(at.patience !== undefined && { patience: at.patience }),
    }),
    lookups: () =>
      session.calls
        .filter(({ operation }) => operation === 'cloudtrail:LookupEvents')
        .map(({ parameters, region, page }) => {
          const [attribute] = [parameters.LookupAttributes ?? []]
            .flat()
            .map((each) => JSON.parse(each) as { AttributeKey: string; AttributeValue: string });
          return `${region} ${attribute?.AttributeKey}=${attribute?.AttributeValue}${page > 0 ? ` page ${page}` : ''}`;
        }),
  };
}

const asked = (
  population: string,
  item: string,
  snapshot: object,
  interval: { from: number | null; to: number },
  place: { account?: string; region?: string } = {},
): ActorQuestion => ({
  scope: { connection: 'aws', account: place.account ?? account, region: place.region ?? 'eu-west-1', population },
  item,
  snapshot: { name: 'x', ...snapshot },
  ...interval,
});

describe('events that others published', () => {
  const told = new Map(published.map(({ event }) => [event.eventID, event]));
  const nth = (index: number) => published[index]!.event;

  /** The population and item that the event changed, and what is to be said of it. */
  const cases: [number, string, string, object, object | null][] = [
    [
      2,
      'aws.cloudtrail-trail',
      'arn:aws:cloudtrail:us-west-2:123456789012:trail/example-trail',
      { homeRegion: 'us-west-2' },
      { name: 'role Tester', kind: 'role', through: 'the console' },
    ],
    [
      5,
      'aws.security-group',
      'arn:aws:ec2:us-west-2:112233445566:security-group/sg-04f0b44316f7d2471',
      {},
      { name: 'role TestAdmin, session alan', kind: 'role', through: 'the console' },
    ],
    [
      7,
      'aws.security-group',
      'arn:aws:ec2:us-east-1:112233445566:security-group/sg-0d921df5d84f7270a',
      {},
      { name: 'role Operator, session ryan@example.com', kind: 'role', through: 'aws-sdk-go/1.24.1' },
    ],
    [
      8,
      'aws.network-acl',
      'arn:aws:ec2:us-west-2:123456789012:network-acl/acl-1',
      {},
      { name: 'role tester, session tester', kind: 'role', through: 'the console' },
    ],
    [
      9,
      'aws.iam-principal',
      'arn:aws:iam::123456789012:role/LambdaFunctionRole-1111#AROA1',
      { kind: 'role' },
      { name: 'role example-user, session example-user', kind: 'role', through: 'CloudFormation' },
    ],
    [
      12,
      'aws.kms-key',
      'arn:aws:kms:us-west-2:123456789012:key/1',
      {},
      { name: 'role tester, session tester', kind: 'role', through: 'Mozilla' },
    ],
    [
      13,
      'aws.rds-instance',
      'arn:aws:rds:us-east-1:123456789012:db:production-mysql#db-1',
      {},
      { name: 'role PowerUserRole, session user', kind: 'role', through: 'aws-cli/2.13.0' },
    ],
    [
      14,
      'aws.database',
      'arn:aws:rds:us-west-2:123456789012:db:customer-data-db#db-1',
      { resourceId: 'db-1' },
      { name: 'contractor', kind: 'person', through: 'Boto3/1.26.0' },
    ],
    [
      16,
      'aws.rds-instance',
      'arn:aws:rds:us-west-1:123456789012:db:my-database#db-1',
      {},
      { name: 'role Admin, session jack', kind: 'role', through: 'the console' },
    ],
    [
      17,
      'aws.iam-access-key',
      'arn:aws:iam::123456789012:user/example-user#AIDA1/access-key/1',
      { user: 'example-user' },
      { name: 'root', kind: 'root', through: 'the console' },
    ],
    [18, 'aws.s3-bucket', 'arn:aws:s3:::bucket', { region: 'us-west-2' }, { name: 'root', kind: 'root', through: 'Mozilla' }],
    [
      19,
      'aws.s3-bucket',
      'arn:aws:s3:::corporate-documents',
      { region: 'us-east-1' },
      { name: 'role AdminRole, session user_name', kind: 'role', through: 'aws-cli/2.13.0' },
    ],
    [
      20,
      'aws.cloudtrail-trail',
      'arn:aws:cloudtrail:us-west-2:123456789012:trail/example-trail',
      { homeRegion: 'us-west-2' },
      { name: 'role example-role, session example-user', kind: 'role', through: 'CloudFormation' },
    ],
    [
      22,
      'aws.vpc',
      'arn:aws:ec2:us-west-2:111122223333:vpc/vpc-1',
      { flowLogs: [{ id: 'fl-0ef673ef70c4f07cc' }] },
      { name: expect.stringMatching(/leroy\.jenkins$/), kind: 'role', through: 'sample-user-agent' },
    ],
    [
      24,
      'aws.s3-bucket',
      'arn:aws:s3:::custodian-create-bucket-v4',
      { region: 'us-west-2' },
      { name: 'root', kind: 'root', through: 'the console' },
    ],
    [
      25,
      'aws.s3-bucket',
      'arn:aws:s3:::cwe-test',
      { region: 'us-east-1' },
      { name: 'role Sandbox_Dev, session user', kind: 'role', through: 'the console' },
    ],
    // Refused: nothing changed.
    [3, 'aws.cloudtrail-trail', 'arn:aws:cloudtrail:us-west-2:123456789012:trail/example-trail', { homeRegion: 'us-west-2' }, null],
    [15, 'aws.rds-instance', 'arn:aws:rds:us-east-1:123456789012:db:production-db#db-1', {}, null],
    // A session of a group's instance does not change the group.
    [26, 'aws.security-group', 'arn:aws:ec2:us-east-1:644160558196:security-group/sg-6c7fa917', {}, null],
  ];

  test.each(cases)('%i: %s', async (index, population, item, snapshot, actor) => {
    const event = nth(index);
    const at = Date.parse(event.eventTime);
    const now = () => at + 60 * minute;
    const own = { account: event.recipientAccountId };
    const { findActor, lookups } = asking({ events: [...told.values()].filter((each) => each === event), now }, own);
    const answer = await findActor(
      asked(population, item, snapshot, { from: at - 20 * minute, to: at + 20 * minute }, { ...own, region: event.awsRegion }),
    );
    if (actor === null)
      expect(answer).toMatchObject({ known: false, why: expect.stringMatching(/^no event of CloudTrail says that it was changed/) });
    else
      expect(answer).toMatchObject({
        known: true,
        events: [{ at, actor, operation: event.eventName, source: 'CloudTrail', id: event.eventID }],
      });
    expect(lookups().length).toBeLessThanOrEqual(4);
  });

  test('people of Identity Center, federated users and services of AWS are called by what they are', async () => {
    const actors = await Promise.all(
      [0, 1, 4, 6, 23].map(async (index) => {
        const { event } = published[index]!;
        // As if it had changed a bucket: what matters is who.
        const changed = {
          ...event,
          eventName: 'PutBucketPolicy',
          eventSource: 's3.amazonaws.com',
          requestParameters: { bucketName: 'b' },
          readOnly: false,
          recipientAccountId: account,
          awsRegion: 'eu-west-1',
          eventTime: '2026-01-15T10:00:00Z',
        };
        const { findActor } = asking({ events: [changed] });
        const answer = await findActor(asked('aws.s3-bucket', 'arn:aws:s3:::b', { region: 'eu-west-1' }, hour));
        return answer.known ? answer.events[0]!.actor : null;
      }),
    );
    expect(actors).toEqual([
      { name: 'bob.ross', kind: 'person', through: 'aws-cli/2.13.5' },
      { name: 'federated-user', kind: 'person', through: 'aws-cli/2.13.5' },
      { name: 'autoscaling.amazonaws.com', kind: 'service', through: 'autoscaling.amazonaws.com' },
      { name: 'role Operator, session ryan@example.com', kind: 'role', through: expect.stringMatching(/^Terraform\//) },
      { name: 'lambda.amazonaws.com', kind: 'service', through: 'lambda.amazonaws.com' },
    ]);
  });
});

const hour = { from: Date.parse('2026-01-15T09:30:00Z'), to: Date.parse('2026-01-15T10:30:00Z') };
let events = 0;
const recordedAs = (eventName: string, requestParameters: object, more: object = {}): Shape => ({
  eventID: `event-${String(++events).padStart(4, '0')}`,
  eventName,
  eventSource: 'ec2.amazonaws.com',
  eventTime: '2026-01-15T10:00:00Z',
  awsRegion: 'eu-west-1',
  recipientAccountId: account,
  readOnly: false,
  userAgent: 'aws-cli/2.17.1',
  userIdentity: { type: 'IAMUser', userName: 'ada', arn: `arn:aws:iam::${account}:user/ada` },
  requestParameters,
  ...more,
});
const group = (n: number) => `sg-${n.toString(16).padStart(17, '0')}`;
const groupKey = (n: number) => `arn:aws:ec2:eu-west-1:${account}:security-group/${group(n)}`;
const opened = (n: number, more: object = {}) => recordedAs('AuthorizeSecurityGroupIngress', { groupId: group(n) }, more);
const aboutGroup = (n: number, interval: { from: number | null; to: number } = hour) =>
  asked('aws.security-group', groupKey(n), {}, interval);

describe('each population', () => {
  /** Operation, service, what the request names, and where, of an event that changed the example of the population. */
  const changes: Record<string, [operation: string, source: string, parameters: object, region?: string][]> = {
    'aws.account': [
      ['UpdateAccountPasswordPolicy', 'iam', {}, 'us-east-1'],
      ['DeleteAccountPublicAccessBlock', 's3', { accountId: '123456789012' }, 'us-east-1'],
    ],
    'aws.backup-job': [['StartBackupJob', 'backup', { backupJobId: '11111111-2222-4333-8444-555555555555' }]],
    'aws.backup-plan': [['UpdateBackupPlan', 'backup', { backupPlanId: '0f0f0f0f-0000-4000-8000-000000000001' }]],
    'aws.backup-vault': [['DeleteBackupVaultLockConfiguration', 'backup', { backupVaultName: 'main' }]],
    'aws.cloudtrail-trail': [
      ['StopLogging', 'cloudtrail', { name: 'main' }, 'eu-central-1'],
      ['StopLogging', 'cloudtrail', { name: 'arn:aws:cloudtrail:eu-central-1:123456789012:trail/main' }, 'eu-central-1'],
    ],
    'aws.config-recorder': [['StopConfigurationRecorder', 'config', { configurationRecorderName: 'default' }]],
    'aws.database': [
      ['ModifyDBInstance', 'rds', { dBInstanceIdentifier: 'orders' }],
      ['ModifyDBInstance', 'rds', { dBInstanceIdentifier: 'db-ABCDEFGHIJKLMNOPQRSTUVWXYZ' }],
    ],
    'aws.ebs-snapshot': [['ModifySnapshotAttribute', 'ec2', { snapshotId: '{id}' }]],
    'aws.ebs-volume': [['CreateVolume', 'ec2', { volumeId: '{id}' }]],
    'aws.guardduty-detector': [['UpdateDetector', 'guardduty', { detectorId: '12abc34d567e8fa901bc2d34e56789f0' }]],
    'aws.iam-access-key': [
      ['CreateAccessKey', 'iam', { userName: 'deploy' }, 'us-east-1'],
      ['UpdateAccessKey', 'iam', { userName: 'deploy' }, 'us-east-1'],
    ],
    'aws.iam-policy': [['CreatePolicyVersion', 'iam', { policyArn: 'arn:aws:iam::123456789012:policy/deploy' }, 'us-east-1']],
    'aws.iam-principal': [
      ['AttachUserPolicy', 'iam', { userName: 'alice', policyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' }, 'us-east-1'],
      ['AttachGroupPolicy', 'iam', { groupName: 'developers' }, 'us-east-1'],
    ],
    'aws.iam-user': [['DeactivateMFADevice', 'iam', { userName: 'alice' }, 'us-east-1']],
    'aws.kms-key': [
      ['DisableKeyRotation', 'kms', { keyId: 'arn:aws:kms:eu-central-1:123456789012:key/1b2c3d4e-0000-4000-8000-000000000001' }],
      ['DisableKeyRotation', 'kms', { keyId: '1b2c3d4e-0000-4000-8000-000000000001' }],
    ],
    'aws.network-acl': [['ReplaceNetworkAclEntry', 'ec2', { networkAclId: '{id}' }]],
    'aws.rds-instance': [['ModifyDBInstance', 'rds', { dBInstanceIdentifier: 'orders' }]],
    'aws.region': [['DisableEbsEncryptionByDefault', 'ec2', {}]],
    'aws.restore-job': [['StartRestoreJob', 'backup', { restoreJobId: '99999999-2222-4333-8444-555555555555' }]],
    'aws.s3-bucket': [['DeleteBucketEncryption', 's3', { bucketName: 'acme-orders' }, 'eu-central-1']],
    'aws.security-group': [['RevokeSecurityGroupIngress', 'ec2', { groupId: '{id}' }]],
    'aws.vpc': [
      ['CreateFlowLogs', 'ec2', { resourceId: '{id}' }],
      ['DeleteFlowLogs', 'ec2', { flowLogId: 'fl-0a1b2c3d4e5f60718' }],
    ],
  };

  test('is answered for, or nobody changes it by a call', () => {
    expect(Object.keys(changes).toSorted()).toEqual([...tracked].toSorted());
    const without = collectors.filter(({ id, population }) => id.startsWith('aws-') && !tracked.has(population.type));
    expect(without.map(({ population }) => population.type)).toEqual(['aws.protected-resource']);
  });

  test.each(
    Object.entries(changes).flatMap(([population, list]) =>
      list.map(([operation, source, parameters, region = '']) => [population, operation, source, parameters, region] as const),
    ),
  )('%s: %s', async (population, operation, source, parameters, region) => {
    const collector = collectors.find((each) => each.population.type === population)!;
    const { key, ...snapshot } = collector.population.example as { key: string; name: string };
    const id = key.split('#')[0]!.split(/[:/]/).at(-1)!;
    const where = region || 'eu-west-1';
    const requestParameters = JSON.parse(JSON.stringify(parameters).replace('{id}', id)) as object;
    const right = recordedAs(operation, requestParameters, { eventSource: `${source}.amazonaws.com`, awsRegion: where });
    const strange = Object.fromEntries(Object.entries(requestParameters).map(([name]) => [name, 'another']));
    const others = [
      ...(Object.keys(strange).length > 0 && !['aws.account', 'aws.config-recorder', 'aws.guardduty-detector'].includes(population)
        ? [{ ...right, eventID: 'of-another', requestParameters: strange }]
        : []),
      { ...right, eventID: 'elsewhere', awsRegion: 'ap-south-1' },
      { ...right, eventID: 'refused', errorCode: 'AccessDenied' },
      { ...right, eventID: 'read', readOnly: true },
      { ...right, eventID: 'before', eventTime: '2026-01-15T08:00:00Z' },
    ];
    const { findActor } = asking({ events: [...others, right] });
    const answer = await findActor(asked(population, key, snapshot, hour, { region: collector.per === 'account' ? 'global' : where }));
    expect(answer).toMatchObject({ known: true, events: [{ operation, id: right.eventID }] });
  });

  test('the same name is another thing of another kind', async () => {
    const user = asked('aws.iam-principal', `arn:aws:iam::${account}:user/deploy#AIDA1`, { kind: 'user', groups: [], grants: [] }, hour, {
      region: 'global',
    });
    const role = asked('aws.iam-principal', `arn:aws:iam::${account}:role/deploy#AROA1`, { kind: 'role', groups: [], grants: [] }, hour, {
      region: 'global',
    });
    const onRole = recordedAs(
      'AttachRolePolicy',
      { roleName: 'deploy', policyArn: 'arn:aws:iam::aws:policy/X' },
      { eventSource: 'iam.amazonaws.com', awsRegion: 'us-east-1' },
    );
    const { findActor } = asking({ events: [onRole] });
    expect(await findActor(role)).toMatchObject({ known: true, events: [{ id: onRole.eventID }] });
    expect(await findActor(user)).toMatchObject({ known: false });
  });

  test('in partitions of their own, services without a region have their events there', async () => {
    const { findActor, lookups } = asking({ events: [] });
    await findActor(asked('aws.iam-user', `arn:aws-us-gov:iam::${account}:user/a#AIDA1`, {}, hour, { region: 'global' }));
    await findActor(asked('aws.iam-user', `arn:aws-cn:iam::${account}:user/a#AIDA1`, {}, hour, { region: 'global' }));
    expect(new Set(lookups().map((lookup) => lookup.split(' ')[0]))).toEqual(new Set(['us-gov-west-1', 'cn-north-1']));
  });
});

const why = (answer: Attribution) => (answer.known ? 'known' : answer.why);

describe('not known, and why', () => {
  test('refused', async () => {
    const { findActor } = asking(
      { events: [opened(1)] },
      {
        policy: {
          Statement: [
            { Effect: 'Allow', Action: 'sts:*' },
            { Effect: 'Allow', Action: 'ec2:*' },
          ],
        },
      },
    );
    const answer = await findActor(aboutGroup(1));
    expect(answer).toMatchObject({ known: false, ...hour, why: expect.stringMatching(/^cloudtrail:LookupEvents is refused/) });
  });

  test('throttled, garbled, silent', async () => {
    const told: string[] = [];
    for (const mischief of [{ throttle: 'silently' }, { html: 200 }, { refuse: ['InternalError', 500, 'x'] }, 'reset'] as const) {
      const { findActor, session } = asking({ events: [opened(1)] });
      session.disturb(({ operation }) => operation === 'cloudtrail:LookupEvents', mischief);
      told.push(why(await findActor(aboutGroup(1))));
    }
    expect(told).toEqual([
      'cloudtrail:LookupEvents is throttled',
      expect.stringMatching(/^cloudtrail:LookupEvents gave no answer that can be used: malformed/),
      expect.stringMatching(/^cloudtrail:LookupEvents gave no answer that can be used: unavailable/),
      expect.stringMatching(/^cloudtrail:LookupEvents gave no answer that can be used: unavailable/),
    ]);
  });

  test('the log is younger than it may lag: then it says when to ask again, and then it is known', async () => {
    let now = hour.to;
    const late = opened(1, { eventTime: '2026-01-15T10:29:00Z' });
    const { findActor } = asking({ events: [late], lag: 15 * minute, now: () => now });
    const first = await findActor(aboutGroup(1));
    expect(first).toMatchObject({ known: false, why: expect.stringContaining('has not told it yet'), again: hour.to + 20 * minute });
    // It may come sooner: whoever asks every few minutes is told.
    now = hour.to + 6 * minute;
    expect(await findActor(aboutGroup(1))).toMatchObject({ known: false });
    now = hour.to + 15 * minute;
    expect(await findActor(aboutGroup(1))).toMatchObject({ known: true, events: [{ id: late.eventID }] });
  });

  test('nobody looked before; no event; too old; no such connection; no answer in time', async () => {
    const { findActor } = asking({ events: [] });
    expect(why(await findActor(aboutGroup(1, { from: null, to: hour.to })))).toBe('nobody had looked before');
    expect(why(await findActor(aboutGroup(1)))).toBe('no event of CloudTrail says that it was changed');
    const old = Date.parse('2025-09-01T00:00:00Z');
    expect(why(await findActor(aboutGroup(1, { from: old, to: old + minute })))).toBe('CloudTrail remembers 90 days');
    const { scope, ...rest } = aboutGroup(1);
    expect(why(await findActor({ ...rest, scope: { ...scope, connection: 'gone' } }))).toBe('no log of this connection is read');
    const impatient = asking({ events: [] }, { patience: 100 });
    impatient.session.disturb(({ operation }) => operation === 'cloudtrail:LookupEvents', 'hang');
    expect(why(await impatient.findActor(aboutGroup(1)))).toMatch(/no answer in time|did not answer within/);
  });

  test('what another event says of the item is told, and not taken for the change', async () => {
    const started = recordedAs('RunInstances', { groupId: group(1) });
    const { findActor } = asking({ events: [started] });
    expect(why(await findActor(aboutGroup(1)))).toBe('no event of CloudTrail says that it was changed; RunInstances by ada named it');
  });
});

describe('what it costs', () => {
  test('one item that its name does not find: the writes of the time too, while the log may not be behind', async () => {
    const unnamed = recordedAs('RevokeSecurityGroupIngress', { request: { groupId: group(1) } });
    const { findActor, lookups } = asking({ events: [unnamed] });
    expect(await findActor(aboutGroup(1))).toMatchObject({ known: true, events: [{ id: unnamed.eventID }] });
    expect(lookups()).toEqual([`eu-west-1 ResourceName=${group(1)}`, 'eu-west-1 ReadOnly=false']);
    const young = asking({ events: [unnamed], now: () => hour.to });
    expect(await young.findActor(aboutGroup(1))).toMatchObject({ known: false, again: hour.to + 20 * minute });
    expect(young.lookups()).toEqual([`eu-west-1 ResourceName=${group(1)}`]);
  });

  test('one item: its name is asked for, once', async () => {
    const { findActor, lookups } = asking({ events: [opened(1)] });
    const [first, second] = [await findActor(aboutGroup(1)), await findActor(aboutGroup(1))];
    expect(second).toBe(first);
    expect(lookups()).toEqual([`eu-west-1 ResourceName=${group(1)}`]);
  });

  test('many in a quiet account: all writes of the time, in one call', async () => {
    const { findActor, lookups } = asking({ events: Array.from({ length: 40 }, (_, n) => opened(n)) });
    const answers = await Promise.all(Array.from({ length: 40 }, (_, n) => findActor(aboutGroup(n))));
    expect(answers.filter(({ known }) => known)).toHaveLength(40);
    expect(lookups()).toEqual(['eu-west-1 ReadOnly=false']);
  });

  test('300 groups of one stack, and much else: by operation, each found, in so many calls as there are pages', async () => {
    const noise = Array.from({ length: 200 }, () => recordedAs('CreateLogStream', {}, { eventSource: 'logs.amazonaws.com' }));
    const stack = {
      userAgent: 'cloudformation.amazonaws.com',
      userIdentity: {
        type: 'AssumedRole',
        arn: `arn:aws:sts::${account}:assumed-role/deploy/ci`,
        principalId: 'AROA:ci',
        invokedBy: 'cloudformation.amazonaws.com',
      },
    };
    const { findActor, lookups } = asking({ events: [...noise, ...Array.from({ length: 300 }, (_, n) => opened(n, stack))] });
    const answers = await Promise.all(Array.from({ length: 300 }, (_, n) => findActor(aboutGroup(n))));
    expect(
      new Set(
        answers.map((answer) => (answer.known ? answer.events.map(({ actor }) => `${actor.name} ${actor.through}`).join() : answer.why)),
      ),
    ).toEqual(new Set(['role deploy, session ci CloudFormation']));
    // Three pages of writes, six of the operation, and one for each of seven others.
    expect(lookups()).toHaveLength(3 + 6 + 7);
  }, 20_000);

  test('more than can be read: what is not found is unknown, and it is said why', async () => {
    const { findActor, lookups } = asking({ events: Array.from({ length: 2_600 }, (_, n) => opened(n)) });
    const answers = await Promise.all(Array.from({ length: 2_600 }, (_, n) => findActor(aboutGroup(n))));
    const silent = answers.filter(({ known }) => !known);
    expect(silent.length).toBeGreaterThan(0);
    expect(silent.length).toBeLessThanOrEqual(600);
    expect(new Set(silent.map(why))).toEqual(new Set(['CloudTrail has more events of that time than could be read']));
    expect(lookups().length).toBeLessThanOrEqual(48);
  }, 30_000);

  test('one after the other: after a few, what was read is there for the rest', async () => {
    const { findActor, lookups } = asking({ events: Array.from({ length: 30 }, (_, n) => opened(n)) });
    for (let n = 0; n < 30; n++) expect(await findActor(aboutGroup(n))).toMatchObject({ known: true });
    expect(lookups()).toEqual([...[0, 1, 2, 3].map((n) => `eu-west-1 ResourceName=${group(n)}`), 'eu-west-1 ReadOnly=false']);
  });

  test('twice a second and no more: AWS never asks to slow down', async () => {
    const { findActor } = asking({ events: [opened(1), opened(2)], perSecond: 2 });
    const told = await Promise.all([1, 2, 3].map((n) => findActor(aboutGroup(n))));
    expect(told.map(({ known }) => known)).toEqual([true, true, false]);
    expect(why(told[2]!)).not.toContain('throttled');
  });
});

test('several events: those that can have changed it first, the latest of them first; never more than ten', async () => {
  const at = (time: string) => ({ eventTime: `2026-01-15T${time}Z` });
  const mentioned = recordedAs('RunInstances', { groupId: group(1) }, at('10:20:00'));
  const early = opened(1, at('09:40:00'));
  const late = opened(1, at('10:10:00'));
  const after = opened(1, at('10:33:00'));
  const many = Array.from({ length: 20 }, () => opened(2));
  const { findActor } = asking({ events: [mentioned, early, late, after, ...many] });
  const answer = await findActor(aboutGroup(1));
  expect(answer.known && answer.events.map(({ id }) => id)).toEqual([late.eventID, early.eventID, after.eventID, mentioned.eventID]);
  const most = await findActor(aboutGroup(2));
  expect(most.known && most.events.length).toBe(10);
});

test('texts of the event stay texts, cut to a length, and an event that is no JSON is told by what stands beside it', async () => {
  const hostile = opened(1, {
    userAgent: `<!channel>${'x'.repeat(5_000)}`,
    userIdentity: { type: 'AssumedRole', principalId: `AROA:${'y'.repeat(5_000)}`, arn: 7 },
  });
  const { findActor } = asking({ events: [hostile] });
  const answer = await findActor(aboutGroup(1));
  expect(answer.known && answer.events[0]!.actor).toEqual({
    name: expect.stringMatching(/^role an unknown role, session y{168}y*…$/),
    kind: 'role',
    through: expect.stringMatching(/^<!channel>x{49}…$/),
  });
});
