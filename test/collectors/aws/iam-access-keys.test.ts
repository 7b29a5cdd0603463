import { describe, expect, test } from '@jest/globals';
import keys from '#collectors/aws/iam-access-keys.ts';
import { itemsOf, type RecordedCall, recordingOf, replay, testCollector } from '#test/collector-replayer.ts';

const place = { account: '123456789012', region: 'global', partition: 'aws' };
const recording = recordingOf('aws/iam-users.json');
const user = 'arn:aws:iam::123456789012:user/';

testCollector(keys, {
  place,
  recording,
  expect: [
    {
      key: `${user}bert#AIDAEXAMPLE00000000003/access-key/1`,
      name: 'bert, access key 1',
      user: 'bert',
      active: false,
      rotated: '2026-01-14T08:01:00.000Z',
      used: null,
      supersededAt: null,
    },
    {
      key: `${user}ci/deploy#AIDAEXAMPLE00000000002/access-key/1`,
      name: 'deploy, access key 1',
      user: 'deploy',
      active: true,
      rotated: '2025-06-01T08:00:00.000Z',
      used: '2026-01-14T00:00:00.000Z',
      supersededAt: '2025-12-20T08:00:00.000Z',
    },
    {
      key: `${user}ci/deploy#AIDAEXAMPLE00000000002/access-key/2`,
      name: 'deploy, access key 2',
      user: 'deploy',
      active: true,
      rotated: '2025-12-20T08:00:00.000Z',
      used: null,
      supersededAt: null,
    },
  ],
});

const withReport = (change: (text: string) => string): RecordedCall[] =>
  recording.map((call) =>
    call.call === 'iam:GetCredentialReport'
      ? { ...call, pages: [{ Content: change((call.pages![0] as { Content: string }).Content) }] }
      : call,
  );

describe('keys that cannot be told', () => {
  test('a user whom the report does not know may have keys, and one unread item says so', async () => {
    const items = itemsOf(await replay(keys, { place, recording: withReport((text) => text.replace(/\nalice,.*/, '')) }));
    expect(items.find((item) => (item as { key: string }).key === `${user}alice#AIDAEXAMPLE00000000001/access-key/untold`)).toMatchObject({
      user: 'alice',
      active: expect.objectContaining({ unread: 'withheld' }),
    });
  });
  test('further keys are one unread item beside the two that are told', async () => {
    const items = itemsOf(
      await replay(keys, { place, recording: withReport((text) => text.replace(/(\ndeploy,.*)N\/A\n/, '$11 more\n')) }),
    );
    expect(items.map((item) => (item as { key: string }).key.split('/access-key/')[1])).toEqual(['1', '1', '2', 'untold']);
  });
  test('a key of unknown age is unread, not young', async () => {
    const items = itemsOf(
      await replay(keys, { place, recording: withReport((text) => text.replace('true,2025-12-20T08:00:00+00:00', 'true,N/A')) }),
    );
    expect(items[2]).toMatchObject({ active: true, rotated: expect.objectContaining({ unread: 'withheld' }) });
  });
  test('without a report there is no population', async () => {
    const refused = recording.map(
      (call): RecordedCall =>
        call.call === 'iam:GenerateCredentialReport'
          ? { call: call.call, error: { reason: 'throttled', code: 'LimitExceeded', status: 409 } }
          : call,
    );
    expect(await replay(keys, { place, recording: refused })).toMatchObject({
      status: 'failed',
      unread: { unread: 'throttled', call: 'iam:GenerateCredentialReport' },
    });
  });
});
