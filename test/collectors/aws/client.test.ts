import { afterEach, describe, expect, test } from '@jest/globals';
import { type AwsSettings, connectAws } from '#collectors/aws/client.ts';
import { CallFailure, type Connection, type Place } from '#src/collector.ts';
import {
  type AwsAnswer,
  type AwsDouble,
  type AwsRequest,
  assumedRole,
  callerIdentity,
  ec2Answer,
  ec2Error,
  queryAnswer,
  queryError,
  regionList,
  startAws,
} from '#test/doubles/aws-http.ts';

const closing: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const open of closing.splice(0)) await open.close();
});

type Answers = Record<string, AwsAnswer | ((request: AwsRequest) => AwsAnswer)>;
const enabled = regionList({ 'eu-west-1': 'opted-in', 'us-east-1': 'opt-in-not-required', 'ap-east-1': 'not-opted-in' });

/** A connection to a double that answers by `service:Action`, or by service. */
async function connect(
  answers: Answers,
  settings: Partial<AwsSettings> = {},
  maxAttempts = 1,
): Promise<{ connection: Connection; aws: AwsDouble }> {
  const aws = await startAws((request) => {
    const answer = answers[`${request.service}:${request.action}`] ?? answers[request.service] ?? queryError(400, 'NotInTheDouble');
    return typeof answer === 'function' ? answer(request) : answer;
  });
  const connection = connectAws(
    { id: 'aws', region: 'eu-west-1', endpoint: aws.endpoint, ...settings },
    {
      credentials: () => Promise.resolve({ accessKeyId: 'BASE', secretAccessKey: 'secret' }),
      maxAttempts,
      requestTimeout: 1_000,
      wait: () => Promise.resolve(),
    },
  );
  closing.push(connection, aws);
  return { connection, aws };
}

async function fails(connection: Connection, place: Place, operation: string, parameters: object = {}): Promise<CallFailure> {
  try {
    await Array.fromAsync(connection.open(place).call(operation, parameters, true));
  } catch (error) {
    expect(error).toBeInstanceOf(CallFailure);
    return error as CallFailure;
  }
  throw new Error(`${operation} did not fail`);
}

const own = { 'sts:GetCallerIdentity': callerIdentity('123456789012'), 'ec2:DescribeRegions': enabled };
const refused = (reason: string, call: string) => expect.objectContaining({ unread: reason, call, needs: call });

describe('places', () => {
  test('without accounts: the account of the credentials, with its enabled regions', async () => {
    const { connection, aws } = await connect(own);
    expect(await connection.places()).toEqual([
      { account: '123456789012', partition: 'aws', region: 'global' },
      { account: '123456789012', partition: 'aws', region: 'eu-west-1' },
      { account: '123456789012', partition: 'aws', region: 'us-east-1' },
    ]);
    expect(aws.requests.find(({ action }) => action === 'DescribeRegions')!.parameters.get('AllRegions')).toBe('true');
  });

  test('the partition is that of the caller', async () => {
    const { connection } = await connect({
      ...own,
      'sts:GetCallerIdentity': callerIdentity('123456789012', 'arn:aws-us-gov:iam::123456789012:user/x'),
    });
    expect((await connection.places())[0]).toMatchObject({ partition: 'aws-us-gov' });
  });

  test('an account by its role: assumed with the external id, and proven', async () => {
    const answers = {
      ...own,
      'sts:AssumeRole': assumedRole('OTHER'),
      'sts:GetCallerIdentity': ({ accessKey }: AwsRequest) => callerIdentity(accessKey === 'OTHER' ? '210987654321' : '123456789012'),
    };
    const accounts = [{ id: '210987654321', name: 'production', role: 'audit', externalId: () => Promise.resolve('outside') }];
    const { connection, aws } = await connect(answers, { accounts });
    expect(await connection.places()).toContainEqual({
      account: '210987654321',
      name: 'production',
      partition: 'aws',
      region: 'us-east-1',
    });
    expect(Object.fromEntries(aws.requests.find(({ action }) => action === 'AssumeRole')!.parameters)).toMatchObject({
      RoleArn: 'arn:aws:iam::210987654321:role/audit',
      RoleSessionName: 'holdfast',
      ExternalId: 'outside',
    });
    expect(aws.requests.find(({ action }) => action === 'DescribeRegions')).toMatchObject({ accessKey: 'OTHER' });
    await connection.places();
    expect(aws.requests.filter(({ action }) => action === 'AssumeRole')).toHaveLength(1);
  });

  test('whoever was told of a place enters its account alone, once, and asks for no list of places', async () => {
    const answers = {
      ...own,
      'sts:AssumeRole': assumedRole('OTHER'),
      'sts:GetCallerIdentity': ({ accessKey }: AwsRequest) => callerIdentity(accessKey === 'OTHER' ? '210987654321' : '123456789012'),
      'ec2:DescribeVolumes': ec2Answer('DescribeVolumes', '<volumeSet/>'),
    };
    const accounts = [
      { id: '123456789012' },
      { id: '210987654321', role: 'audit' },
      ...Array.from({ length: 50 }, (_, i) => ({ id: String(300_000_000_000 + i), role: 'audit' })),
    ];
    const { connection, aws } = await connect(answers, { accounts });
    const ask = () =>
      Array.fromAsync(connection.open({ account: '210987654321', region: 'us-east-1' }).call('ec2:DescribeVolumes', {}, false));
    await Promise.all([ask(), ask()]);
    await ask();
    expect(aws.requests.map(({ action, accessKey }) => `${action} ${accessKey}`).toSorted()).toEqual([
      'AssumeRole BASE',
      'DescribeVolumes OTHER',
      'DescribeVolumes OTHER',
      'DescribeVolumes OTHER',
      'GetCallerIdentity BASE',
      'GetCallerIdentity OTHER',
    ]);
  });

  test('a role that leads into another account makes every place of it unread', async () => {
    const { connection, aws } = await connect(
      { ...own, 'sts:AssumeRole': assumedRole('OTHER') },
      { accounts: [{ id: '210987654321', role: 'audit' }] },
    );
    const unread = refused('credential-rejected', 'sts:GetCallerIdentity');
    expect(await connection.places()).toEqual([
      { account: '210987654321', partition: 'aws', region: 'global', unread },
      { account: '210987654321', partition: 'aws', region: 'unknown', unread },
    ]);
    expect(aws.requests.map(({ action }) => action)).not.toContain('DescribeRegions');
    const before = aws.requests.length;
    expect(await fails(connection, { account: '210987654321', region: 'global' }, 'iam:GetAccountSummary')).toMatchObject({
      reason: 'credential-rejected',
    });
    expect(aws.requests.length).toBe(before);
  });

  test('an account without a role must be that of the credentials', async () => {
    const { connection } = await connect(own, { accounts: [{ id: '210987654321' }] });
    expect((await connection.places())[0]).toMatchObject({ unread: refused('credential-rejected', 'sts:GetCallerIdentity') });
  });

  test('a role that may not be assumed leaves the others untouched', async () => {
    const answers = { ...own, 'sts:AssumeRole': queryError(403, 'AccessDenied', 'not authorized to perform sts:AssumeRole') };
    const { connection } = await connect(answers, {
      accounts: [{ id: '210987654321', role: 'audit' }, { id: '123456789012' }],
      regions: ['eu-west-1'],
    });
    const unread = refused('denied', 'sts:AssumeRole');
    expect(await connection.places()).toEqual([
      { account: '210987654321', partition: 'aws', region: 'global', unread },
      { account: '210987654321', partition: 'aws', region: 'eu-west-1', unread },
      { account: '123456789012', partition: 'aws', region: 'global' },
      { account: '123456789012', partition: 'aws', region: 'eu-west-1' },
    ]);
  });

  test('an expired credential is one unread place, or one for each that is configured; never none', async () => {
    const answers = { 'sts:GetCallerIdentity': queryError(403, 'ExpiredToken', 'The security token included in the request is expired') };
    const unread = refused('credential-rejected', 'sts:GetCallerIdentity');
    const { connection } = await connect(answers);
    expect(await connection.places()).toEqual([{ account: 'unknown', region: 'unknown', unread }]);
    const { connection: configured } = await connect(answers, { accounts: [{ id: '210987654321', role: 'audit' }] });
    expect(await configured.places()).toEqual([
      { account: '210987654321', region: 'global', unread },
      { account: '210987654321', region: 'unknown', unread },
    ]);
  });

  test('credentials that cannot be found are an unread place', async () => {
    const connection = connectAws(
      { id: 'aws', region: 'eu-west-1', endpoint: 'http://127.0.0.1:9' },
      {
        credentials: () =>
          Promise.reject(Object.assign(new Error('Could not load credentials from any providers'), { name: 'CredentialsProviderError' })),
      },
    );
    closing.push(connection);
    expect(await connection.places()).toMatchObject([{ unread: refused('credential-rejected', 'sts:GetCallerIdentity') }]);
  });

  test('regions that cannot be told are one unread place; the account is read all the same', async () => {
    const { connection } = await connect({ ...own, 'ec2:DescribeRegions': ec2Error(403, 'UnauthorizedOperation') });
    expect(await connection.places()).toEqual([
      { account: '123456789012', partition: 'aws', region: 'global' },
      { account: '123456789012', partition: 'aws', region: 'unknown', unread: refused('denied', 'ec2:DescribeRegions') },
    ]);
  });

  test('configured regions need no list; with one, a region that is not enabled is said', async () => {
    const regions = ['us-east-1', 'ap-east-1', 'mars-1'];
    const { connection: blind } = await connect({ ...own, 'ec2:DescribeRegions': ec2Error(403, 'UnauthorizedOperation') }, { regions });
    expect((await blind.places()).map(({ region, unread }) => [region, unread])).toEqual([
      ['global', undefined],
      ...regions.map((region) => [region, undefined]),
    ]);
    const { connection } = await connect(own, { regions });
    expect((await connection.places()).map(({ region, unread }) => [region, unread?.unread, unread?.detail])).toEqual([
      ['global', undefined, undefined],
      ['us-east-1', undefined, undefined],
      ['ap-east-1', 'not-offered', 'the region is not-opted-in in this account'],
      ['mars-1', 'not-offered', 'the region is not known in this account'],
    ]);
  });

  test('an empty list of regions is no list', async () => {
    const { connection } = await connect({ ...own, 'ec2:DescribeRegions': regionList({}) });
    expect((await connection.places())[1]).toMatchObject({ region: 'unknown', unread: refused('malformed', 'ec2:DescribeRegions') });
  });

  test('what is declared out of scope is named and not asked', async () => {
    const accounts = [{ id: '210987654321', role: 'audit' }, { id: '123456789012' }];
    const outOfScope = (label: string) => label === '210987654321' || label === '123456789012/ap-east-1';
    const { connection, aws } = await connect(own, { accounts, regions: ['ap-east-1'], outOfScope });
    expect(await connection.places()).toEqual([
      { account: '210987654321', region: 'global' },
      { account: '210987654321', region: 'ap-east-1' },
      { account: '123456789012', partition: 'aws', region: 'global' },
      { account: '123456789012', partition: 'aws', region: 'ap-east-1' },
    ]);
    expect(aws.requests.map(({ action }) => action)).not.toContain('AssumeRole');
  });
});

describe('a transport', () => {
  const here = { account: '123456789012', region: 'us-east-1' };
  const reach = async (answers: Answers, maxAttempts = 1) => {
    const { connection, aws } = await connect({ ...own, ...answers }, {}, maxAttempts);
    await connection.places();
    return { connection, aws };
  };

  test('asks in the region of its place, or in another by name', async () => {
    const volumes = ec2Answer('DescribeVolumes', '<volumeSet/>');
    const { connection, aws } = await reach({ 'ec2:DescribeVolumes': volumes });
    const transport = connection.open(here);
    expect(await Array.fromAsync(transport.call('ec2:DescribeVolumes', {}, true))).toMatchObject([{ body: { Volumes: [] }, status: 200 }]);
    await Array.fromAsync(transport.call('ec2:DescribeVolumes', { $region: 'eu-west-1' }, true));
    const asked = aws.requests.filter(({ action }) => action === 'DescribeVolumes');
    expect(asked.map(({ region }) => region)).toEqual(['us-east-1', 'eu-west-1']);
    expect(asked[1]!.parameters.has('$region')).toBe(false);
  });

  test('reads every page, empty ones too, and gives the id of each request', async () => {
    const pages = [
      '<volumeSet><item><volumeId>vol-1</volumeId></item></volumeSet><nextToken>2</nextToken>',
      '<volumeSet/><nextToken>3</nextToken>',
      '<volumeSet><item><volumeId>vol-2</volumeId></item></volumeSet>',
    ];
    const { connection } = await reach({
      'ec2:DescribeVolumes': ({ parameters }) => ec2Answer('DescribeVolumes', pages[Number(parameters.get('NextToken') ?? 1) - 1]!),
    });
    const answers = await Array.fromAsync(connection.open(here).call('ec2:DescribeVolumes', {}, true));
    expect(answers.map(({ body }) => (body as { Volumes: { VolumeId: string }[] }).Volumes.map(({ VolumeId }) => VolumeId))).toEqual([
      ['vol-1'],
      [],
      ['vol-2'],
    ]);
    expect(answers.every(({ requestId }) => requestId !== '')).toBe(true);
  });

  test('comes back when it is told to slow down', async () => {
    let asked = 0;
    const { connection } = await reach(
      {
        'iam:GetAccountSummary': () =>
          ++asked === 1
            ? { ...queryError(429, 'Throttling', 'Rate exceeded'), headers: { 'retry-after': '0.01' } }
            : queryAnswer('GetAccountSummary', '<SummaryMap><entry><key>Users</key><value>3</value></entry></SummaryMap>'),
      },
      2,
    );
    expect(await Array.fromAsync(connection.open({ ...here, region: 'global' }).call('iam:GetAccountSummary', {}, false))).toMatchObject([
      { body: { SummaryMap: { Users: 3 } } },
    ]);
  });

  test.each([
    ['ec2:DescribeVolumes', ec2Error(400, 'RequestLimitExceeded'), { reason: 'throttled', code: 'RequestLimitExceeded', status: 400 }],
    ['ec2:DescribeVolumes', ec2Error(403, 'UnauthorizedOperation'), { reason: 'denied', code: 'UnauthorizedOperation', status: 403 }],
    ['ec2:DescribeVolumes', ec2Error(401, 'AuthFailure'), { reason: 'denied', code: 'AuthFailure', status: 401 }],
    ['ec2:DescribeVolumes', ec2Error(503, 'Unavailable'), { reason: 'unavailable', code: 'Unavailable', status: 503 }],
    ['iam:GetAccountPasswordPolicy', queryError(404, 'NoSuchEntity'), { reason: 'gone', code: 'NoSuchEntity', status: 404 }],
    [
      'iam:GetAccountPasswordPolicy',
      queryError(403, 'InvalidClientTokenId'),
      { reason: 'credential-rejected', code: 'InvalidClientTokenId', status: 403 },
    ],
    [
      'iam:GetAccountPasswordPolicy',
      { status: 404, body: '<html><body>Not Found</body></html>' },
      { reason: 'unavailable', code: '', status: 404 },
    ],
    ['iam:GetAccountPasswordPolicy', { status: 404 }, { reason: 'unavailable', code: '', status: 404 }],
    [
      'iam:GetAccountPasswordPolicy',
      { status: 403, body: '<html><body>Forbidden</body></html>' },
      { reason: 'denied', code: '', status: 403 },
    ],
    [
      'iam:GetAccountPasswordPolicy',
      { status: 500, body: '<html><body>Oops</body></html>' },
      { reason: 'unavailable', code: '', status: 500 },
    ],
    ['kms:ListKeys', { status: 500, body: '<html><body>Oops</body></html>' }, { reason: 'unavailable', code: '', status: 500 }],
    ['kms:ListKeys', { status: 403, body: '<html><body>Forbidden</body></html>' }, { reason: 'denied', code: '', status: 403 }],
    [
      'kms:ListKeys',
      { status: 400, body: '{"__type":"AccessDeniedException","message":"no"}' },
      { reason: 'denied', code: 'AccessDeniedException', status: 400 },
    ],
    [
      'kms:ListKeys',
      { status: 400, body: '{"__type":"ThrottlingException"}' },
      { reason: 'throttled', code: 'ThrottlingException', status: 400 },
    ],
    ['kms:ListKeys', { body: '{"Keys":[{"KeyId":"a"' }, { reason: 'malformed', status: 200 }],
    ['kms:ListKeys', { body: '<html>Sign in</html>' }, { reason: 'malformed', status: 200 }],
    ['ec2:DescribeVolumes', { body: '<!DOCTYPE html><html><body>Sign in</body></html>' }, { reason: 'malformed', status: 200 }],
    ['iam:GetAccountPasswordPolicy', { body: '' }, { reason: 'malformed', status: 200 }],
  ] as const)('%s answered with %j', async (operation, answer, facts) => {
    const { connection } = await reach({ [operation.split(':')[0]!]: answer, 'ec2:DescribeRegions': enabled });
    expect(await fails(connection, here, operation)).toMatchObject(facts);
  });

  test('a service that does not answer in time is asked twice, and then no more in this cycle; another still is', async () => {
    const { connection, aws } = await reach(
      {
        'iam:GetAccountSummary': { after: 5_000 },
        'iam:GetAccountPasswordPolicy': { after: 5_000 },
        'ec2:DescribeVolumes': ec2Answer('DescribeVolumes', '<volumeSet/>'),
      },
      6,
    );
    const transport = connection.open(here);
    const call = async (operation: string) => {
      const reason: unknown = await Array.fromAsync(transport.call(operation, {}, false)).catch((error: unknown) => error);
      return reason;
    };
    expect(await call('iam:GetAccountSummary')).toMatchObject({ reason: 'unavailable', status: 0 });
    expect(await call('iam:GetAccountPasswordPolicy')).toMatchObject({ reason: 'unavailable', status: 0 });
    expect(aws.requests.filter(({ service }) => service === 'iam')).toHaveLength(2);
    expect(await call('ec2:DescribeVolumes')).toHaveLength(1);
    // The next cycle asks again.
    await fails(connection, here, 'iam:GetAccountPasswordPolicy');
    expect(aws.requests.filter(({ service }) => service === 'iam')).toHaveLength(4);
  });

  test('an endpoint where nobody listens is unavailable', async () => {
    const { connection, aws } = await reach({});
    await aws.close();
    const failure = await fails(connection, here, 'ec2:DescribeVolumes');
    expect(failure).toMatchObject({ reason: 'unavailable', status: 0 });
    expect(failure.message).toMatch(/ECONNREFUSED|ECONNRESET|hang up/);
  });

  test('of an account that was not entered fails, and does not ask with other credentials', async () => {
    const { connection, aws } = await connect(own);
    expect(await fails(connection, { account: '999999999999', region: 'us-east-1' }, 'ec2:DescribeVolumes')).toMatchObject({
      reason: 'credential-rejected',
    });
    expect(aws.requests.filter(({ service }) => service !== 'sts')).toEqual([]);
  });

  test('S3 is asked with the bucket in the path, again in the region that it names, and S3 Control at the endpoint itself', async () => {
    const { connection, aws } = await reach({
      s3: ({ path, region }) => {
        if (path.startsWith('/v20180820'))
          return { body: '<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>' };
        return region === 'us-east-1'
          ? { status: 301, headers: { 'x-amz-bucket-region': 'eu-west-1' }, body: '<Error><Code>PermanentRedirect</Code></Error>' }
          : { body: '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>' };
      },
    });
    const transport = connection.open(here);
    expect(await Array.fromAsync(transport.call('s3:GetBucketVersioning', { Bucket: 'a.dotted.name' }, false))).toMatchObject([
      { body: { Status: 'Enabled' } },
    ]);
    expect(await Array.fromAsync(transport.call('s3control:GetPublicAccessBlock', { AccountId: '123456789012' }, false))).toMatchObject([
      { body: { PublicAccessBlockConfiguration: { BlockPublicAcls: true } } },
    ]);
    const asked = aws.requests.filter(({ service }) => service === 's3');
    expect(asked.map(({ path, region }) => [path.split('?')[0], region])).toEqual([
      ['/a.dotted.name/', 'us-east-1'],
      ['/a.dotted.name/', 'eu-west-1'],
      ['/v20180820/configuration/publicAccessBlock', 'us-east-1'],
    ]);
    expect(asked[2]!.headers).toMatchObject({ 'x-amz-account-id': '123456789012', host: aws.endpoint.slice('http://'.length) });
  });
});
