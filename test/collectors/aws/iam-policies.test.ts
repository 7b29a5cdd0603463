import { expect, test } from '@jest/globals';
import policies from '#collectors/aws/iam-policies.ts';
import { itemsOf, recordingOf, replay, testCollector } from '#test/collector-replayer.ts';

const place = { account: '123456789012', region: 'global', partition: 'aws' };
const recording = recordingOf('aws/iam-principals.json');
const arn = 'arn:aws:iam::123456789012:';
const allow = { effect: 'Allow', actions: null, notActions: null, resources: ['*'], notResources: null, conditions: [] };
const sso = `${arn}role/aws-reserved/sso.amazonaws.com/eu-central-1/AWSReservedSSO_Admin_0123456789abcdef`;

testCollector(policies, {
  place,
  recording,
  expect: [
    {
      key: `${arn}policy/deploy#ANPAEXAMPLE00000000001`,
      name: 'deploy',
      kind: 'customer-managed',
      attachments: 1,
      owner: null,
      statements: [{ ...allow, actions: ['ecs:UpdateService'], resources: ['arn:aws:ecs:eu-central-1:123456789012:service/shop/*'] }],
    },
    {
      key: `${arn}policy/limit#ANPAEXAMPLE00000000002`,
      name: 'limit',
      kind: 'customer-managed',
      attachments: 0,
      owner: null,
      statements: [{ ...allow, notActions: ['iam:*', 'organizations:*'] }],
    },
    {
      key: `${sso}#AROAEXAMPLE00000000002/inline/AwsSSOInlinePolicy`,
      name: 'AwsSSOInlinePolicy in role/aws-reserved/sso.amazonaws.com/eu-central-1/AWSReservedSSO_Admin_0123456789abcdef',
      kind: 'inline',
      attachments: 1,
      owner: sso,
      statements: [{ ...allow, actions: ['*'] }],
    },
    {
      key: `${arn}user/ci/deploy#AIDAEXAMPLE00000000002/inline/push`,
      name: 'push in user/ci/deploy',
      kind: 'inline',
      attachments: 1,
      owner: `${arn}user/ci/deploy`,
      statements: [{ ...allow, actions: ['ecr:PutImage', 'ecr:UploadLayerPart'], conditions: ['aws:SecureTransport'] }],
    },
  ],
});

test('a policy without the version in force is unread', async () => {
  const text = JSON.stringify(recording).replace('"IsDefaultVersion":true', '"IsDefaultVersion":false');
  const items = itemsOf(await replay(policies, { place, recording: JSON.parse(text) as typeof recording }));
  expect(items[0]).toMatchObject({ name: 'deploy', statements: expect.objectContaining({ unread: 'withheld' }) });
});
