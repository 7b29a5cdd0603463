import { describe, expect, test } from '@jest/globals';
import users from '#collectors/aws/iam-users.ts';
import { itemsOf, type RecordedCall, recordingOf, replay, testCollector } from '#test/collector-replayer.ts';

const place = { account: '123456789012', region: 'global', partition: 'aws' };
const recording = recordingOf('aws/iam-users.json');

testCollector(users, {
  place,
  recording,
  expect: [
    {
      key: 'arn:aws:iam::123456789012:user/alice#AIDAEXAMPLE00000000001',
      name: 'alice',
      created: '2025-03-01T09:00:00.000Z',
      passwordEnabled: true,
      passwordChanged: '2025-03-01T09:10:00.000Z',
      passwordUsed: '2026-01-14T00:00:00.000Z',
      mfaActive: true,
      keys: [],
    },
    {
      key: 'arn:aws:iam::123456789012:user/bert#AIDAEXAMPLE00000000003',
      name: 'bert',
      created: '2026-01-14T08:00:00.000Z',
      passwordEnabled: true,
      passwordChanged: '2026-01-14T08:00:00.000Z',
      passwordUsed: null,
      mfaActive: false,
      keys: [{ slot: 1, active: false, rotated: '2026-01-14T08:01:00.000Z', used: null }],
    },
    {
      key: 'arn:aws:iam::123456789012:user/ci/deploy#AIDAEXAMPLE00000000002',
      name: 'deploy',
      created: '2024-06-01T10:00:00.000Z',
      passwordEnabled: false,
      passwordChanged: null,
      passwordUsed: null,
      mfaActive: false,
      keys: [
        { slot: 1, active: true, rotated: '2025-06-01T08:00:00.000Z', used: '2026-01-14T00:00:00.000Z' },
        { slot: 2, active: true, rotated: '2025-12-20T08:00:00.000Z', used: null },
      ],
    },
  ],
});

const content = (recording.find(({ call }) => call === 'iam:GetCredentialReport')!.pages![0] as { Content: string }).Content;
const withReport = (change: (text: string) => string): RecordedCall[] =>
  recording.map((call) => (call.call === 'iam:GetCredentialReport' ? { ...call, pages: [{ Content: change(content) }] } : call));
const read = async (calls: RecordedCall[]) =>
  new Map(itemsOf(await replay(users, { place, recording: calls })).map((item) => [(item as { name: string }).name, item]));
const lineOf = (name: string) => content.split('\n').find((line) => line.startsWith(`${name},`))!;

describe('the report and the list of users', () => {
  test('a user whom the report does not know yet is there, unread', async () => {
    const found = await read(withReport((text) => text.replace(`\n${lineOf('bert')}`, '')));
    const withheld = expect.objectContaining({ unread: 'withheld', call: 'iam:GetCredentialReport' });
    expect([...found.keys()]).toEqual(['alice', 'bert', 'deploy']);
    expect(found.get('bert')).toMatchObject({
      created: '2026-01-14T08:00:00.000Z',
      passwordEnabled: withheld,
      mfaActive: withheld,
      keys: withheld,
    });
  });
  test('a user of whom only the report knows is there, unread', async () => {
    const found = await read(withReport((text) => `${text}\n${lineOf('bert').replaceAll('bert', 'carol')}`));
    const gone = expect.objectContaining({ unread: 'gone' });
    expect(found.get('carol')).toMatchObject({ created: gone, passwordEnabled: gone, mfaActive: gone, keys: gone });
    expect(found.size).toBe(4);
  });
  test('the row of an earlier user of the same name says nothing of this one', async () => {
    const found = await read(withReport((text) => text.replace('user/alice,2025-03-01', 'user/alice,2020-03-01')));
    expect(found.get('alice')).toMatchObject({ mfaActive: expect.objectContaining({ unread: 'withheld' }) });
  });
  test('a row given twice is one user; two different rows are none', async () => {
    const twice = await read(withReport((text) => `${text}\n${lineOf('alice')}\n`));
    expect(twice.get('alice')).toMatchObject({ mfaActive: true });
    const unlike = await read(withReport((text) => `${text}\n${lineOf('alice').replace(',true,false,', ',false,false,')}`));
    expect(unlike.get('alice')).toMatchObject({ mfaActive: expect.objectContaining({ unread: 'malformed' }) });
  });
  test('more keys than the report tells of leave the keys unread', async () => {
    const found = await read(
      withReport((text) => text.replace(lineOf('deploy'), lineOf('deploy').replace(/N\/A$/, '"1 more access key, see ListAccessKeys"'))),
    );
    expect(found.get('deploy')).toMatchObject({ mfaActive: false, keys: expect.objectContaining({ unread: 'partial' }) });
  });
  test('a report as bytes, with columns of another day and without the newest, is read by the names of its columns', async () => {
    const older = content.split('\n').map((line) => line.split(',').slice(0, -1).join(','));
    const bytes = new TextEncoder().encode(older.map((line, i) => `${line},${i === 0 ? 'brand_new_column' : 'x'}`).join('\r\n'));
    const calls = recording.map((call) => (call.call === 'iam:GetCredentialReport' ? { ...call, pages: [{ Content: bytes }] } : call));
    expect([...(await read(calls)).values()]).toEqual([...(await read([...recording])).values()]);
  });
  test('a report without a needed column is no report', async () => {
    const found = await read(withReport((text) => text.replace('mfa_active', 'factor')));
    expect(found.get('alice')).toMatchObject({ mfaActive: expect.objectContaining({ unread: 'malformed' }) });
  });
  test('a report that IAM did not finish in time is not replaced by an older one', async () => {
    const calls = recording.map((call) =>
      call.call === 'iam:GenerateCredentialReport' ? { ...call, pages: [{ State: 'INPROGRESS' }] } : call,
    );
    expect((await read(calls)).get('alice')).toMatchObject({
      mfaActive: expect.objectContaining({ unread: 'malformed', call: 'iam:GenerateCredentialReport' }),
    });
  });
});
