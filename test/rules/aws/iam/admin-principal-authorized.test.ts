import rule from '#rules/aws/iam/admin-principal-authorized.ts';
import { testRule } from '#test/rule-tester.ts';

const statement = {
  effect: 'Allow' as const,
  actions: ['*'] as string[] | null,
  notActions: null as string[] | null,
  resources: ['*'],
  notResources: null,
  conditions: [] as string[],
};
const managed = (name: string, group: string | null = null, partition = 'aws') => ({
  policy: `arn:${partition}:iam::aws:policy/${name}`,
  group,
  statements: null,
});
const own = (patch: Partial<typeof statement> = {}, group: string | null = null) => ({
  policy: 'inline own',
  group,
  statements: [{ ...statement, ...patch }],
});
const admin = { grants: [managed('AdministratorAccess')] };
const alice = 'arn:aws:iam::123456789012:user/alice';
const role = {
  kind: 'role' as const,
  arn: 'arn:aws:iam::123456789012:role/ops',
  key: 'arn:aws:iam::123456789012:role/ops#AROA1',
  name: 'role ops',
  groups: [],
};
const approve = (match: string, until?: string) => ({ approved: [{ match, reason: 'on call', ...(until !== undefined && { until }) }] });

testRule(rule, {
  pass: [
    { $message: 'approved', ...admin, $parameters: approve(alice) },
    { $message: 'approved', ...admin, $parameters: approve(alice, '2026-01-15') },
    { $message: 'approved', ...role, ...admin, $parameters: approve('arn:aws:iam::*:role/ops') },
    { $message: 'trusts-approved', ...role, ...admin, trusts: [`AWS ${alice}`], $parameters: approve(alice, '2026-02-01') },
    { $message: 'ordinary', grants: [] },
    { $message: 'ordinary', grants: [managed('PowerUserAccess')] },
    { $message: 'ordinary', grants: [managed('PowerUserAccess'), own({ actions: ['s3:*'] })] },
    // A company's own policy of that name is judged by what it says.
    {
      $message: 'ordinary',
      grants: [
        {
          policy: 'arn:aws:iam::123456789012:policy/AdministratorAccess',
          group: null,
          statements: [{ ...statement, actions: ['s3:GetObject'] }],
        },
      ],
    },
    { $message: 'ordinary', grants: [own({ effect: 'Deny' as never })] },
    { $message: 'ordinary', grants: [own({ conditions: ['aws:ResourceTag/team'] })] },
    { $message: 'ordinary', ...admin, $parameters: { adminPolicies: ['IAMFullAccess'] } },
  ],
  fail: [
    { $message: 'unapproved', grants: [managed('IAMFullAccess')] },
    { $message: 'unapproved', grants: [managed('AdministratorAccess', null, 'aws-us-gov')] },
    { $message: 'unapproved', grants: [managed('AdministratorAccess', 'admins')] },
    { $message: 'unapproved', grants: [own()] },
    { $message: 'unapproved', grants: [own({ actions: ['iam:*'] })] },
    { $message: 'unapproved', grants: [own({ conditions: ['aws:MultiFactorAuthPresent'] })] },
    { $message: 'unapproved', grants: [own({ actions: null, notActions: ['s3:DeleteBucket'] }, 'developers')] },
    { $message: 'unapproved', grants: [managed('PowerUserAccess'), own({ actions: ['iam:PassRole'] })] },
    { $message: 'unapproved', ...admin, $parameters: approve('arn:aws:iam::123456789012:user/bob') },
    { $message: 'expired', ...admin, $parameters: approve(alice, '2026-01-14') },
    { $message: 'bounded', ...admin, boundary: 'arn:aws:iam::123456789012:policy/limit' },
    {
      $message: 'permission-set',
      ...role,
      ...admin,
      identityCenter: true,
      trusts: ['Federated arn:aws:iam::123456789012:saml-provider/AWSSSO'],
    },
    // One of those whom the role trusts is enough.
    {
      $message: 'unapproved',
      ...role,
      ...admin,
      trusts: [`AWS ${alice}`, 'AWS arn:aws:iam::999999999999:root'],
      $parameters: approve(alice),
    },
    { $message: 'unapproved', ...role, ...admin, trusts: [] },
  ],
  notApplicable: [
    { $message: 'group', kind: 'group', ...admin },
    { $message: 'service', ...role, serviceLinked: true, ...admin },
  ],
});
