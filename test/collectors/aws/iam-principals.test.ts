import { describe, expect, test } from '@jest/globals';
import principals from '#collectors/aws/iam-principals.ts';
import { itemsOf, recordingOf, replay, testCollector } from '#test/collector-replayer.ts';

const place = { account: '123456789012', region: 'global', partition: 'aws' };
const recording = recordingOf('aws/iam-principals.json');
const arn = 'arn:aws:iam::123456789012:';
const administrator = { policy: 'arn:aws:iam::aws:policy/AdministratorAccess', statements: null };
const plain = { serviceLinked: false, identityCenter: false, groups: [], grants: [], boundary: null, trusts: [] };
const everything = { effect: 'Allow', actions: ['*'], notActions: null, resources: ['*'], notResources: null, conditions: [] };

testCollector(principals, {
  place,
  recording,
  expect: [
    {
      ...plain,
      key: `${arn}group/admins#AGPAEXAMPLE00000000001`,
      name: 'group admins',
      kind: 'group',
      arn: `${arn}group/admins`,
      grants: [{ ...administrator, group: null }],
    },
    {
      ...plain,
      key: `${arn}role/aws-reserved/sso.amazonaws.com/eu-central-1/AWSReservedSSO_Admin_0123456789abcdef#AROAEXAMPLE00000000002`,
      name: 'role AWSReservedSSO_Admin_0123456789abcdef',
      kind: 'role',
      arn: `${arn}role/aws-reserved/sso.amazonaws.com/eu-central-1/AWSReservedSSO_Admin_0123456789abcdef`,
      identityCenter: true,
      grants: [{ policy: 'inline AwsSSOInlinePolicy', group: null, statements: [everything] }],
      trusts: [`Federated ${arn}saml-provider/AWSSSO_0123456789abcdef_DO_NOT_DELETE`],
    },
    {
      ...plain,
      key: `${arn}role/aws-service-role/support.amazonaws.com/AWSServiceRoleForSupport#AROAEXAMPLE00000000001`,
      name: 'role AWSServiceRoleForSupport',
      kind: 'role',
      arn: `${arn}role/aws-service-role/support.amazonaws.com/AWSServiceRoleForSupport`,
      serviceLinked: true,
      grants: [{ policy: 'arn:aws:iam::aws:policy/aws-service-role/AWSSupportServiceRolePolicy', group: null, statements: null }],
      trusts: ['Service support.amazonaws.com'],
    },
    {
      ...plain,
      key: `${arn}user/alice#AIDAEXAMPLE00000000001`,
      name: 'user alice',
      kind: 'user',
      arn: `${arn}user/alice`,
      groups: ['admins'],
      grants: [{ ...administrator, group: 'admins' }],
    },
    { ...plain, key: `${arn}user/bert#AIDAEXAMPLE00000000003`, name: 'user bert', kind: 'user', arn: `${arn}user/bert` },
    {
      ...plain,
      key: `${arn}user/ci/deploy#AIDAEXAMPLE00000000002`,
      name: 'user deploy',
      kind: 'user',
      arn: `${arn}user/ci/deploy`,
      boundary: `${arn}policy/limit`,
      grants: [
        {
          policy: `${arn}policy/deploy`,
          group: null,
          statements: [
            {
              effect: 'Allow',
              actions: ['ecs:UpdateService'],
              notActions: null,
              resources: ['arn:aws:ecs:eu-central-1:123456789012:service/shop/*'],
              notResources: null,
              conditions: [],
            },
          ],
        },
        {
          policy: 'inline push',
          group: null,
          statements: [
            {
              effect: 'Allow',
              actions: ['ecr:PutImage', 'ecr:UploadLayerPart'],
              notActions: null,
              resources: ['*'],
              notResources: null,
              conditions: ['aws:SecureTransport'],
            },
          ],
        },
      ],
    },
  ],
});

/** The recording with a text of it changed. */
const changed = (from: string, to: string) => {
  const text = JSON.stringify(recording);
  expect(text).toContain(from);
  return replay(principals, { place, recording: JSON.parse(text.replace(from, to)) as typeof recording });
};

describe('an answer with a part missing is refused as a whole', () => {
  test('the document of an attached policy', async () => {
    expect(await changed(`"Arn":"${arn}policy/deploy"`, `"Arn":"${arn}policy/other"`)).toMatchObject({
      status: 'failed',
      unread: { unread: 'partial' },
    });
  });
  test('a group that has members', async () => {
    expect(await changed('"GroupName":"admins"', '"GroupName":"others"')).toMatchObject({
      status: 'failed',
      unread: { unread: 'partial' },
    });
  });
  test('a document that is no policy', async () => {
    expect(await changed('"PolicyDocument":"%7B', '"PolicyDocument":"%')).toMatchObject({
      status: 'failed',
      unread: { unread: 'malformed' },
    });
  });
  test('a list', async () => {
    expect(await changed('"RoleDetailList":[]', '"Roles":[]')).toMatchObject({ status: 'failed', unread: { unread: 'malformed' } });
  });
});

test('whoever is not named in a trust policy is let in', async () => {
  const document = encodeURIComponent(
    JSON.stringify({ Statement: { Effect: 'Allow', NotPrincipal: { AWS: '999999999999' }, Action: 'sts:AssumeRole' } }),
  );
  const found = itemsOf(
    await changed(/"AssumeRolePolicyDocument":"[^"]*"/.exec(JSON.stringify(recording))![0], `"AssumeRolePolicyDocument":"${document}"`),
  );
  expect(found[2]).toMatchObject({ trusts: ['AWS *'] });
});
