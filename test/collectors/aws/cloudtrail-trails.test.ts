import { expect, test } from '@jest/globals';
import collector from '#collectors/aws/cloudtrail-trails.ts';
import { itemsOf, recordingOf, replay, testCollector } from '#test/collector-replayer.ts';

const place = { account: '123456789012', region: 'global', partition: 'aws' };
const recording = recordingOf('aws/cloudtrail-trails.json');

testCollector(collector, {
  place,
  recording,
  expect: [
    {
      key: 'arn:aws:cloudtrail:ap-south-1:123456789012:trail/india',
      name: 'india',
      owner: '123456789012',
      ownTrail: true,
      homeRegion: 'ap-south-1',
      multiRegion: false,
      globalEvents: null,
      organization: false,
      logValidation: true,
      bucket: 'acme-india',
      kmsKeyId: null,
      logGroup: 'arn:aws:logs:ap-south-1:123456789012:log-group:trail:*',
      logging: null,
      delivered: null,
      deliveryError: null,
      managementEvents: null,
    },
    {
      key: 'arn:aws:cloudtrail:eu-central-1:123456789012:trail/own',
      name: 'own',
      owner: '123456789012',
      ownTrail: true,
      homeRegion: 'eu-central-1',
      multiRegion: true,
      globalEvents: true,
      organization: false,
      logValidation: false,
      bucket: 'acme-own',
      kmsKeyId: null,
      logGroup: null,
      logging: false,
      delivered: null,
      deliveryError: 'AccessDenied',
      managementEvents: { records: 'write', excludedSources: [] },
    },
    {
      key: 'arn:aws:cloudtrail:us-east-1:999999999999:trail/organization@123456789012',
      name: 'organization',
      owner: '999999999999',
      ownTrail: false,
      homeRegion: 'us-east-1',
      multiRegion: true,
      globalEvents: true,
      organization: true,
      logValidation: true,
      bucket: 'acme-trail',
      kmsKeyId: 'arn:aws:kms:us-east-1:999999999999:key/1b2c',
      logGroup: null,
      logging: true,
      delivered: '2026-01-14',
      deliveryError: null,
      managementEvents: { records: 'all', excludedSources: ['kms.amazonaws.com'] },
    },
  ],
});

const inIndia = (answer: object) =>
  recording.map((entry) => {
    const { pages: _, ...rest } = entry;
    return entry.parameters && 'trailNameList' in entry.parameters ? { ...rest, ...answer } : entry;
  });

test.each([
  ['does not describe', 'gone', { pages: [{ trailList: [] }] }],
  ['refuses to describe', 'denied', { error: { reason: 'denied', code: 'AccessDenied' } }],
])('a listed trail that its own region %s stays, unread; that it is of one region is known', async (_, reason, answer) => {
  const [india] = itemsOf(await replay(collector, { place, recording: inIndia(answer) }));
  expect(india).toMatchObject({
    name: 'india',
    ownTrail: true,
    multiRegion: false,
    logging: null,
    logValidation: { unread: reason },
    bucket: { unread: reason },
  });
});

test('no trail is a fact of a complete look', async () => {
  const none = [
    { call: 'cloudtrail:DescribeTrails', pages: [{ trailList: [] }] },
    { call: 'cloudtrail:ListTrails', pages: [{ Trails: [] }] },
  ];
  expect(itemsOf(await replay(collector, { place, recording: none }))).toEqual([]);
});
