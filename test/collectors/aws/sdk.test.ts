import { afterEach, expect, test } from '@jest/globals';
import { type OperationName, operations, partsOf, services } from '#collectors/aws/operations.ts';
import { openSdk, type SdkOptions } from '#collectors/aws/sdk.ts';
import { ec2Answer, queryError, startAws } from '#test/doubles/aws-http.ts';

const closing: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const open of closing.splice(0)) await open.close();
});

const credentials = () => Promise.resolve({ accessKeyId: 'a', secretAccessKey: 's' });

function prepared(options: SdkOptions) {
  const sdk = openSdk(options);
  closing.push(sdk);
  return (operation: OperationName) => sdk.prepare(operation, { owner: '123456789012', region: 'eu-west-1', credentials });
}

test('every operation is one that the SDK has, and pages as the SDK says', async () => {
  for (const [operation, { pages }] of Object.entries(operations) as [OperationName, { pages?: { input: string } }][]) {
    const { service, command } = partsOf(operation);
    const { sdk } = await services[service]();
    expect([operation, typeof (sdk as Record<string, unknown>)[command]]).toEqual([operation, 'function']);
    const paginator = `paginate${command.replace(/Command$/, '')}`;
    expect([operation, pages !== undefined]).toEqual([operation, paginator in sdk]);
  }
});

test('where nobody answers, a second attempt is all', async () => {
  const aws = await startAws(() => ({ after: 60_000 }));
  closing.push(aws);
  const send = await prepared({ endpoint: aws.endpoint, requestTimeout: 500 })('ec2:DescribeVolumes');
  await expect(send({})).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(aws.requests).toHaveLength(2);
});

test('faults are tried as often as is said', async () => {
  const aws = await startAws((_, nth) => (nth < 4 ? queryError(500, 'InternalError') : ec2Answer('DescribeVolumes', '<volumeSet/>')));
  closing.push(aws);
  const send = await prepared({ endpoint: aws.endpoint, maxAttempts: 4 })('ec2:DescribeVolumes');
  expect(await send({})).toMatchObject({ Volumes: [] });
  expect(aws.requests).toHaveLength(4);
});

test('the environment names the endpoint and the number of attempts', async () => {
  const aws = await startAws(() => queryError(500, 'InternalError'));
  closing.push(aws);
  const { AWS_ENDPOINT_URL, AWS_MAX_ATTEMPTS } = process.env;
  Object.assign(process.env, { AWS_ENDPOINT_URL: aws.endpoint, AWS_MAX_ATTEMPTS: '1' });
  try {
    const prepare = prepared({});
    for (const operation of ['ec2:DescribeVolumes', 's3:ListBuckets', 's3control:GetPublicAccessBlock', 's3:GetBucketAcl'] as const) {
      await expect((await prepare(operation))({ AccountId: '123456789012', Bucket: 'bucket' })).rejects.toMatchObject({
        $metadata: { httpStatusCode: 500 },
      });
    }
    expect(aws.requests.map(({ path }) => path.split('?')[0])).toEqual([
      '/',
      '/',
      '/v20180820/configuration/publicAccessBlock',
      '/bucket/',
    ]);
  } finally {
    for (const [name, value] of Object.entries({ AWS_ENDPOINT_URL, AWS_MAX_ATTEMPTS })) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
});
