import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { AwsDeps } from '#collectors/aws/client.ts';
import { rules } from '#src/registry.ts';
import type { ResultRow } from '#src/report/types.ts';
import { judgedBy } from '#src/rule.ts';
import type { Call } from '#test/doubles/aws/calls.ts';
import { company, other, present, production, staging } from '#test/doubles/aws/company.ts';
import { actionOf } from '#test/doubles/aws/permissions.ts';
import { type AwsDouble, type Mischief, type Session, startAws } from '#test/doubles/aws/server.ts';
import { asCaller, inTurns, newFolder } from './company.ts';
import { everything, type Loss, losses, regional, type Where } from './dependents.ts';
import { type Expected, expectLoss, rowsAfter, type Starting, startingFrom } from './starting.ts';

/**
 * The promise that silence is never a pass, end to end: from one starting state, one thing at a time goes wrong at the provider; exactly what
 * depends on it becomes unobserved and says why, and nothing else changes.
 */
const later = present + 3_600_000;
const env = { EXTERNAL_ID: 'only-we-know' };
const accounts = [{ id: production }, { id: staging, role: `arn:aws:iam::${staging}:role/holdfast`, externalId: '${env:EXTERNAL_ID}' }];

interface Trouble extends Expected {
  readonly title: string;
  /** The calls that suffer, and how. */
  readonly calls: (call: Call) => boolean;
  readonly mischief: Mischief;
  readonly deps?: AwsDeps;
}

const of = (operation: string, action = actionOf[operation]!): Pick<Trouble, 'calls' | 'loss' | 'says'> => ({
  calls: (call) => call.operation === operation,
  loss: losses[action]!,
  says: { call: operation, needs: action },
});
const lostPage = (operation: string): Pick<Trouble, 'calls' | 'loss' | 'says'> => ({
  ...of(operation),
  calls: (call) => call.operation === operation && call.page === 1,
});
const html = (operation: string, status: number): Trouble => ({
  ...of(operation),
  title: `${operation} answers with a page of HTML and ${status}`,
  mischief: { html: status },
  reason: status === 403 ? 'denied' : 'unavailable',
});
const inMain: Where = ({ account, region }) => account === production && region !== other;

const troubles: readonly Trouble[] = [
  ...[
    'ec2:DescribeVolumes',
    'kms:GetKeyRotationStatus',
    's3:GetBucketPolicyStatus',
    'iam:GetAccountAuthorizationDetails',
    'backup:GetBackupPlan',
    's3:GetBucketEncryption',
    's3control:GetPublicAccessBlock',
  ].map((operation) => html(operation, 500)),
  ...['kms:ListKeys', 's3:GetBucketEncryption', 's3control:GetPublicAccessBlock'].flatMap((operation) => [
    html(operation, 404),
    html(operation, 403),
  ]),
  { ...of('ec2:DescribeVpcs'), title: 'a proxy answers 200 with HTML', mischief: { html: 200 }, reason: 'malformed' },
  // Only the main region has more than one page.
  ...[
    'ec2:DescribeSecurityGroups',
    'ec2:DescribeVolumes',
    'rds:DescribeDBInstances',
    'kms:ListKeys',
    'backup:ListBackupJobs',
    'iam:GetAccountAuthorizationDetails',
    's3:ListBuckets',
  ].map(
    (operation): Trouble => ({
      ...lostPage(operation),
      title: `the second page of ${operation} is lost`,
      where: inMain,
      mischief: 'reset',
      reason: 'unavailable',
    }),
  ),
  ...['ec2:DescribeSecurityGroups', 'kms:ListKeys', 'iam:GetAccountAuthorizationDetails'].map(
    (operation): Trouble => ({
      ...lostPage(operation),
      title: `the first page of ${operation} comes twice`,
      where: inMain,
      mischief: 'repeat',
      reason: 'malformed',
    }),
  ),
  {
    ...of('rds:DescribeDBClusters'),
    title: 'a call is throttled until we give up',
    mischief: { throttle: 'silently' },
    reason: 'throttled',
  },
  {
    ...of('guardduty:ListDetectors'),
    title: 'a call is throttled with Retry-After until we give up',
    mischief: { throttle: { retryAfterSeconds: 1 } },
    reason: 'throttled',
    deps: { maxAttempts: 2 },
  },
  {
    ...of('ec2:DescribeFlowLogs'),
    title: 'a call is never answered',
    mischief: 'hang',
    reason: 'unavailable',
    deps: { requestTimeout: 5_000 },
  },
];

/** A region that does not answer takes along what is kept of it elsewhere: its bucket, and the trail that is at home there. */
const unreachable: Loss = {
  populations: regional.populations!,
  fields: [
    {
      population: 'aws.s3-bucket',
      items: ['acme-leak'],
      fields: [
        'region',
        'bucketBlock',
        'policyIsPublic',
        'aclPublicGrants',
        'ownership',
        'publicByPolicy',
        'publicByAcl',
        'refusesPlainHttp',
        'encryption',
        'kmsKeyId',
        'versioning',
      ],
    },
    { population: 'aws.cloudtrail-trail', items: ['local'], fields: ['organization', 'logValidation', 'bucket', 'kmsKeyId', 'logGroup'] },
  ],
};

/** What fails as a whole: a region, the list of regions, an account. */
const wholesale = new Map<string, Expected & { prepare(session: Session): void }>([
  [
    'a region does not answer',
    {
      prepare: (each) => each.disturb(({ region }) => region === other, 'reset'),
      loss: unreachable,
      where: ({ region, population }) => region === other || region === 'global' || population === 'monitor.place',
      reason: 'unavailable',
    },
  ],
  [
    'the list of regions is denied',
    {
      prepare: (each) =>
        void (each.policy = {
          Statement: [
            {
              Effect: 'Allow',
              Action: '*',
            },
            {
              Effect: 'Deny',
              Action: 'ec2:DescribeRegions',
            },
          ],
        }),
      loss: losses['ec2:DescribeRegions']!,
      reason: 'denied',
      says: {
        call: 'ec2:DescribeRegions',
        needs: 'ec2:DescribeRegions',
      },
    },
  ],
  [
    'the list of regions is denied in one account',
    {
      prepare: (each) =>
        each.disturb(({ operation, account }) => operation === 'ec2:DescribeRegions' && account === staging, {
          refuse: ['UnauthorizedOperation', 403, 'You are not authorized to perform this operation.'],
        }),
      loss: losses['ec2:DescribeRegions']!,
      where: ({ account }) => account === staging || account === 'all',
      reason: 'denied',
      says: {
        call: 'ec2:DescribeRegions',
        needs: 'ec2:DescribeRegions',
      },
    },
  ],
  [
    'the role of an account cannot be assumed',
    {
      prepare: (each) =>
        void (each.world = {
          ...company,
          accounts: {
            ...company.accounts,
            [staging]: {
              ...company.accounts[staging]!,
              role: {
                name: 'holdfast',
                externalId: 'another',
              },
            },
          },
        }),
      loss: { populations: [...everything.populations!, 'monitor.place'] },
      where: ({ account }) => account === staging || account === 'all',
      reason: 'denied',
      says: {
        call: 'sts:AssumeRole',
        needs: 'sts:AssumeRole',
      },
    },
  ],
  [
    'the credentials are not taken',
    {
      prepare: (each) =>
        each.disturb(() => true, { refuse: ['InvalidClientTokenId', 403, 'The security token included in the request is invalid.'] }),
      loss: { populations: [...everything.populations!, 'monitor.place'] },
      reason: 'credential-rejected',
      says: {
        call: 'sts:GetCallerIdentity',
        needs: 'sts:GetCallerIdentity',
      },
    },
  ],
  [
    'nothing answers at all',
    {
      prepare: (each) => each.disturb(() => true, 'reset'),
      loss: { populations: [...everything.populations!, 'monitor.place'] },
      reason: 'unavailable',
    },
  ],
]);

let aws: AwsDouble;
/** One account as it is; and both, where one is entered by its role. */
let alone: Starting;
let together: Starting;
let first: ResultRow[];

beforeAll(async () => {
  aws = await startAws();
  const session = aws.session({ world: company, account: production });
  asCaller(session.credentials);
  const folder = newFolder(aws.endpoint, { accounts, env });
  expect(await folder.command(['run', '--once'], present)).toMatchObject({ code: 0, err: '' });
  // A moment later, when what is owed from then on is owed.
  first = await folder.json<ResultRow[]>(['results'], present + 1000);
  together = await startingFrom(folder, session.credentials, later);
  const single = newFolder(aws.endpoint);
  expect(await single.command(['run', '--once'], present)).toMatchObject({ code: 0, err: '' });
  alone = await startingFrom(single, session.credentials, later);
}, 60_000);

afterAll(async () => {
  await together?.folder.remove();
  await alone?.folder.remove();
  await aws?.close();
});

describe('a mixed company', () => {
  test('has every rule over AWS passing somewhere and failing somewhere, and nothing unobserved', () => {
    const judged = rules.filter((rule) => judgedBy(rule).type.startsWith('aws.'));
    for (const rule of judged) {
      const results = new Set(first.filter((row) => row.rule === rule.id).map(({ result }) => result));
      // One restore is owed by each account, and the first quarter is not over.
      expect({ rule: rule.id, passes: results.has('pass'), fails: results.has('fail') || rule.over === 'obligations' }).toEqual({
        rule: rule.id,
        passes: true,
        fails: true,
      });
    }
    expect(first.filter(({ result }) => result === 'unobserved')).toEqual([]);
  });

  test('is told in rows with the documented members', () => {
    for (const row of first) {
      expect(row).toEqual({
        rule: expect.any(String),
        item: expect.any(String),
        name: expect.any(String),
        population: expect.any(String),
        connection: 'aws',
        scope: expect.any(String),
        result: expect.stringMatching(/^(pass|fail|not-applicable|pending)$/),
        message: expect.any(String),
        severity: expect.stringMatching(/^(low|medium|high|critical)$/),
        since: row.since === null ? null : expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        lastSeen: expect.stringMatching(/^2026-03-02T10:00:0[01]\.000Z$/),
        evidence:
          row.evidence === null
            ? null
            : {
                index: expect.any(Number),
                snapshot: expect.stringMatching(/^[0-9a-f]{64}$/),
              },
      });
    }
  });

  test('looked at again without a change keeps every result since when it holds', () => {
    const stripped = (rows: Iterable<ResultRow>) => [...rows].map(({ lastSeen: _, ...row }) => row);
    expect(stripped(together.control)).toEqual(stripped(first));
    expect(new Set(together.control.map(({ lastSeen }) => lastSeen))).toEqual(new Set([new Date(later).toISOString()]));
  });
});

describe('one thing goes wrong', () => {
  let told: Map<Trouble | string, ResultRow[]>;

  beforeAll(async () => {
    told = await inTurns<Trouble | string, ResultRow[]>([...troubles, ...wholesale.keys()], 8, (each) => {
      const customer = aws.session({ world: company, account: production });
      if (typeof each === 'string') wholesale.get(each)!.prepare(customer);
      else customer.disturb(each.calls, each.mischief);
      return rowsAfter(typeof each === 'string' ? together : alone, customer.credentials, typeof each === 'string' ? {} : each.deps);
    });
  }, 120_000);

  test.each(troubles.map((trouble) => [trouble.title, trouble] as const))('%s', (_, trouble) =>
    expectLoss(alone, told.get(trouble)!, trouble),
  );

  test.each([...wholesale])('%s', (title, expected) => expectLoss(together, told.get(title)!, expected));

  test('a call that is throttled once changes nothing', async () => {
    const customer = aws.session({ world: company, account: production });
    for (const operation of [
      'ec2:DescribeVolumes',
      'kms:DescribeKey',
      'iam:GetAccountSummary',
      'backup:ListBackupVaults',
      's3:GetBucketAcl',
    ])
      customer.disturb(
        (call) => call.operation === operation,
        { throttle: operation === 'kms:DescribeKey' ? { retryAfterSeconds: 1 } : 'silently' },
        1,
      );
    expectLoss(alone, await rowsAfter(alone, customer.credentials, { maxAttempts: 3 }), { loss: {}, reason: '' });
  }, 30_000);
});
