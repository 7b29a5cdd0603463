import { describe, expect, test } from '@jest/globals';
import account from '#collectors/aws/account.ts';
import { itemsOf, type RecordedCall, recordingOf, replay, testCollector } from '#test/collector-replayer.ts';

const place = { account: '123456789012', region: 'global', partition: 'aws' };
const recording = recordingOf('aws/account.json');

testCollector(account, {
  place,
  recording,
  expect: [
    {
      key: 'arn:aws:iam::123456789012:root',
      name: '123456789012',
      alias: 'acme-production',
      rootMfa: 'enabled',
      rootMfaDevice: 'hardware',
      rootAccessKeys: 'inactive',
      rootSigningCertificate: false,
      passwordPolicy: {
        minimumLength: 14,
        requireUppercase: true,
        requireLowercase: true,
        requireNumbers: true,
        requireSymbols: true,
        maxAgeDays: null,
        reusePrevention: 24,
      },
      publicAccessBlock: { blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true },
    },
  ],
});

const header = (recording.find(({ call }) => call === 'iam:GetCredentialReport')!.pages![0] as { Content: string }).Content.split('\n')[0]!;

/** A row of root, `password,mfa,key 1 active,key 1 made,certificate`. */
const rootRow = (password: string, mfa: string, key = 'false', made = 'N/A', certificate = 'false') =>
  `<root_account>,arn:aws:iam::123456789012:root,2023-01-01T00:00:00+00:00,${password},N/A,N/A,N/A,${mfa},${key},${made},N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,${certificate},N/A,false,N/A`;

const told = (summary: object | null, rows: string[] | null): RecordedCall[] => [
  ...recording.filter(({ call }) => !['iam:GetAccountSummary', 'iam:GetCredentialReport'].includes(call)),
  summary
    ? { call: 'iam:GetAccountSummary', pages: [{ SummaryMap: { AccountMFAEnabled: 0, AccountAccessKeysPresent: 0, ...summary } }] }
    : { call: 'iam:GetAccountSummary', error: { reason: 'denied', code: 'AccessDenied', status: 403 } },
  rows
    ? { call: 'iam:GetCredentialReport', pages: [{ Content: [header, ...rows].join('\n') }] }
    : { call: 'iam:GetCredentialReport', error: { reason: 'denied', code: 'AccessDenied', status: 403 } },
];
const read = async (calls: RecordedCall[], partition = 'aws') =>
  itemsOf(await replay(account, { place: { ...place, partition }, recording: calls }))[0];
const denied = (call: string) => expect.objectContaining({ unread: 'denied', call, needs: call });
const withheld = expect.objectContaining({ unread: 'withheld', call: 'iam:GetCredentialReport' });

describe('root', () => {
  test('without password and key needs no second factor', async () => {
    expect(await read(told({}, [rootRow('false', 'false')]))).toMatchObject({
      rootMfa: 'no-credentials',
      rootMfaDevice: 'none',
      rootAccessKeys: 'none',
    });
    expect(await read(told({ AccountPasswordPresent: 0 }, null))).toMatchObject({ rootMfa: 'no-credentials' });
  });
  test('with a password, or of a time when the report did not tell, needs one', async () => {
    expect(await read(told({}, [rootRow('true', 'false')]))).toMatchObject({ rootMfa: 'not-enabled' });
    expect(await read(told({}, [rootRow('not_supported', 'false')]))).toMatchObject({ rootMfa: 'not-enabled' });
    expect(await read(told({ AccountPasswordPresent: 1 }, null))).toMatchObject({ rootMfa: 'not-enabled' });
  });
  test('with a key and no password needs one', async () => {
    const item = await read(told({ AccountAccessKeysPresent: 1 }, [rootRow('false', 'false', 'true', '2024-01-01T00:00:00+00:00')]));
    expect(item).toMatchObject({ rootMfa: 'not-enabled', rootAccessKeys: 'present' });
  });
  test('cannot sign in to GovCloud', async () => {
    expect(await read(told({}, [rootRow('not_supported', 'false')]), 'aws-us-gov')).toMatchObject({
      key: 'arn:aws-us-gov:iam::123456789012:root',
      rootMfa: 'no-sign-in',
    });
  });
  test('is believed to have a factor when the summary, which is of now, says so', async () => {
    expect(await read(told({ AccountMFAEnabled: 1 }, [rootRow('true', 'false')]))).toMatchObject({ rootMfa: 'enabled' });
  });
  test('without its row in the report is known by the summary, and nothing else is guessed', async () => {
    expect(await read(told({ AccountMFAEnabled: 1 }, []))).toMatchObject({
      rootMfa: 'enabled',
      rootAccessKeys: 'none',
      rootSigningCertificate: withheld,
    });
    expect(await read(told({}, []))).toMatchObject({ rootMfa: withheld, rootMfaDevice: withheld });
    expect(await read(told({ AccountAccessKeysPresent: 1 }, []))).toMatchObject({ rootMfa: withheld, rootAccessKeys: withheld });
  });
  test('with a key that the report does not know yet has one', async () => {
    expect(await read(told({ AccountAccessKeysPresent: 1 }, [rootRow('true', 'true')]))).toMatchObject({ rootAccessKeys: 'present' });
  });
  test('is known by the report where the summary is refused, but for its factor, which may have changed since', async () => {
    const item = await read(told(null, [rootRow('true', 'true', 'false', '2024-01-01T00:00:00+00:00', 'true')]));
    expect(item).toMatchObject({ rootMfa: denied('iam:GetAccountSummary'), rootAccessKeys: 'inactive', rootSigningCertificate: true });
  });
  test('is unread where both are refused', async () => {
    expect(await read(told(null, null))).toMatchObject({
      rootMfa: denied('iam:GetAccountSummary'),
      rootMfaDevice: denied('iam:GetAccountSummary'),
      rootAccessKeys: denied('iam:GetCredentialReport'),
    });
  });
  test('has a virtual factor when its device is among the virtual ones', async () => {
    const devices = (device: object): RecordedCall[] =>
      recording.map((call) => (call.call === 'iam:ListVirtualMFADevices' ? { ...call, pages: [{ VirtualMFADevices: [device] }] } : call));
    expect(await read(devices({ SerialNumber: 'arn:aws:iam::123456789012:mfa/root-account-mfa-device' }))).toMatchObject({
      rootMfaDevice: 'virtual',
    });
    expect(
      await read(devices({ SerialNumber: 'arn:aws:iam::123456789012:mfa/phone', User: { Arn: 'arn:aws:iam::123456789012:root' } })),
    ).toMatchObject({ rootMfaDevice: 'virtual' });
  });
});

describe('settings', () => {
  const refused = (call: string, code: string, reason: 'gone' | 'denied', status: number): RecordedCall[] =>
    recording.map((recorded) => (recorded.call === call ? { call, error: { reason, code, status } } : recorded));

  test('that were never made are facts', async () => {
    expect(await read(refused('iam:GetAccountPasswordPolicy', 'NoSuchEntity', 'gone', 404))).toMatchObject({ passwordPolicy: null });
    expect(await read(refused('s3control:GetPublicAccessBlock', 'NoSuchPublicAccessBlockConfiguration', 'gone', 404))).toMatchObject({
      publicAccessBlock: null,
    });
  });
  test('that may not be seen are unread, and a bare 404 is no fact', async () => {
    expect(await read(refused('s3control:GetPublicAccessBlock', 'AccessDenied', 'denied', 403))).toMatchObject({
      publicAccessBlock: expect.objectContaining({ unread: 'denied', needs: 's3:GetAccountPublicAccessBlock' }),
    });
    expect(await read(refused('iam:GetAccountPasswordPolicy', '', 'gone', 404))).toMatchObject({
      passwordPolicy: expect.objectContaining({ unread: 'gone' }),
    });
  });
  test('an account without an alias has none', async () => {
    const bare = recording.map((call) => (call.call === 'iam:ListAccountAliases' ? { ...call, pages: [{ AccountAliases: [] }] } : call));
    expect(await read(bare)).toMatchObject({ alias: null });
  });
});
