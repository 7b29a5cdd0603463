import { describe, expect, test } from '@jest/globals';
import type { SdkAnswer } from '#collectors/aws/sdk.ts';
import { openTransport } from '#collectors/aws/transport.ts';
import type { CallFailure } from '#src/collector.ts';

type Input = Record<string, unknown>;

/** A transport whose SDK answers as `answer` says; what it was asked is kept. */
function open(answer: (input: Input, nth: number) => Record<string, unknown>, region = 'eu-west-1') {
  const asked: [operation: string, region: string, input: Input][] = [];
  const waits: number[] = [];
  let now = 0;
  const transport = openTransport({
    place: { account: '123456789012', region },
    homeRegion: 'us-east-1',
    credentials: () => Promise.reject(new Error('not used')),
    limit: (_, call) => call(),
    prepare: (operation, at) =>
      Promise.resolve((input) => {
        asked.push([operation, at.region, input as Input]);
        return Promise.resolve({
          ...answer(input as Input, asked.length),
          $metadata: { httpStatusCode: 200, requestId: `r${asked.length}` },
        } as SdkAnswer);
      }),
    now: () => now,
    wait: (span) => {
      waits.push(span);
      now += span;
      return Promise.resolve();
    },
  });
  const call = (operation: string, parameters: object = {}, paged = true) => Array.fromAsync(transport.call(operation, parameters, paged));
  return { transport, call, asked, waits };
}
const refused = (code: string, status: number) => {
  throw Object.assign(new Error('no'), { Code: code, $fault: 'client', $metadata: { httpStatusCode: status } });
};

describe('pages', () => {
  test('are asked for with a size until there is no token, in the names of the service', async () => {
    const { call, asked } = open(({ Marker }) => (Marker === undefined ? { Keys: [], NextMarker: 'm' } : { Keys: [] }));
    expect(await call('kms:ListKeys')).toHaveLength(2);
    expect(asked.map(([, , input]) => input)).toEqual([{ Limit: 1000 }, { Limit: 1000, Marker: 'm' }]);
  });
  test('are not given a size together with ids, nor another than was asked for', async () => {
    const { call, asked } = open(() => ({ Volumes: [] }));
    await call('ec2:DescribeVolumes', { VolumeIds: ['vol-1'] });
    await call('ec2:DescribeVolumes', { MaxResults: 5 });
    expect(asked.map(([, , input]) => input)).toEqual([{ VolumeIds: ['vol-1'] }, { MaxResults: 5 }]);
  });
  test('that repeat their token are malformed', async () => {
    const { call, asked } = open(() => ({ DetectorIds: [], NextToken: 'again' }));
    await expect(call('guardduty:ListDetectors')).rejects.toMatchObject({ reason: 'malformed' });
    expect(asked.length).toBe(2);
  });
  test('that were not asked for are partial, not left out', async () => {
    const { call } = open(() => ({ Volumes: [], NextToken: 't' }));
    await expect(call('ec2:DescribeVolumes', {}, false)).rejects.toMatchObject({ reason: 'partial' });
  });
  test('read before one fails are handed on, then the failure', async () => {
    const { transport } = open(({ NextToken }) => (NextToken ? refused('AccessDenied', 403) : { Volumes: [], NextToken: 't' }));
    const pages: unknown[] = [];
    const reading = async () => {
      for await (const page of transport.call('ec2:DescribeVolumes', {}, true)) pages.push(page);
    };
    await expect(reading()).rejects.toMatchObject({ reason: 'denied' });
    expect(pages).toHaveLength(1);
  });
});

test('what several collectors ask is asked once in a cycle, its refusal too', async () => {
  const { call, asked } = open(({ AssignmentStatus }) => (AssignmentStatus ? refused('AccessDenied', 403) : { SummaryMap: {} }), 'global');
  await Promise.all([call('iam:GetAccountSummary'), call('iam:GetAccountSummary')]);
  for (const _ of [1, 2])
    await expect(call('iam:ListVirtualMFADevices', { AssignmentStatus: 'Assigned' })).rejects.toMatchObject({ reason: 'denied' });
  expect(asked.map(([operation, region]) => [operation, region])).toEqual([
    ['iam:GetAccountSummary', 'us-east-1'],
    ['iam:ListVirtualMFADevices', 'us-east-1'],
  ]);
  await call('s3:GetBucketAcl', { Bucket: 'a' });
  await call('s3:GetBucketAcl', { Bucket: 'a' });
  expect(asked).toHaveLength(4);
});

test('an operation that is not known is a fault of the collector', async () => {
  await expect(open(() => ({})).call('ec2:DeleteVolume')).rejects.toMatchObject({ reason: 'collector-fault' });
  await expect(open(() => ({})).call('toString')).rejects.toMatchObject({ reason: 'collector-fault' });
});

describe('a credential report in the making', () => {
  test('is waited for', async () => {
    const { call, waits } = open((_, nth) => ({ State: nth < 3 ? 'STARTED' : 'COMPLETE' }), 'global');
    expect(await call('iam:GenerateCredentialReport')).toMatchObject([{ body: { State: 'COMPLETE' } }]);
    expect(waits).toEqual([2000, 2000]);
    const report = open((_, nth) => (nth < 3 ? refused('ReportInProgress', 404) : { Content: 'x' }), 'global');
    expect(await report.call('iam:GetCredentialReport')).toMatchObject([{ body: { Content: 'x' } }]);
  });
  test('by someone else is waited for', async () => {
    const { call } = open((_, nth) => (nth === 1 ? refused('LimitExceeded', 409) : { State: 'COMPLETE' }), 'global');
    expect(await call('iam:GenerateCredentialReport')).toMatchObject([{ body: { State: 'COMPLETE' } }]);
  });
  test('for a minute; then it is what it is', async () => {
    const { call, waits } = open(() => ({ State: 'INPROGRESS' }), 'global');
    expect(await call('iam:GenerateCredentialReport')).toMatchObject([{ body: { State: 'INPROGRESS' } }]);
    expect(waits.reduce((sum, span) => sum + span, 0)).toBe(60_000);
    await expect(open(() => refused('ReportInProgress', 404), 'global').call('iam:GetCredentialReport')).rejects.toMatchObject({
      code: 'ReportInProgress',
    } satisfies Partial<CallFailure>);
  });
  test('that is refused is not asked for again', async () => {
    const { call, waits } = open(() => refused('AccessDenied', 403), 'global');
    await expect(call('iam:GenerateCredentialReport')).rejects.toMatchObject({ reason: 'denied' });
    expect(waits).toEqual([]);
  });
});
