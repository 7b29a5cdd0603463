import { defineCollector } from '#collector';
import { awsIamPrincipal, type Grant } from '#populations/aws-iam-principal';
import { AuthorizationDetails, everyone } from './iam-replies.ts';

export default defineCollector(awsIamPrincipal, {
  id: 'aws-iam-principals',
  title: 'IAM users, groups and roles, with the policies in force for them',
  every: '1h',
  per: 'account',
  limits:
    'Assignments in IAM Identity Center are not read: the role of a permission set stands for everyone who is assigned to it. Policies that AWS manages are judged by name.',
  reads: {
    'iam:GetAccountAuthorizationDetails': { needs: 'iam:GetAccountAuthorizationDetails', reply: AuthorizationDetails },
  },
  async *collect(api) {
    const pages = await Array.fromAsync(api.pages('iam:GetAccountAuthorizationDetails', { Filter: [...everyone.Filter] }));
    const documents = new Map(
      pages
        .flatMap(({ Policies }) => Policies)
        .map(({ Arn, PolicyVersionList }) => [Arn, PolicyVersionList.find((one) => one.IsDefaultVersion)?.Document]),
    );
    const missing = (policy: string) =>
      api.fail(api.unread('iam:GetAccountAuthorizationDetails', 'partial', `${policy} is attached, and its document is not in the answer`));

    const grantsOf = (attached: Attached, inline: Inline | undefined, group: string | null): Grant[] => [
      ...attached.map(({ PolicyArn: policy }) => ({
        policy,
        group,
        statements: isManagedByAws(policy) ? null : (documents.get(policy) ?? missing(policy)),
      })),
      ...(inline ?? []).map(({ PolicyName, PolicyDocument }) => ({ policy: `inline ${PolicyName}`, group, statements: PolicyDocument })),
    ];
    const groups = new Map(
      pages
        .flatMap((page) => page.GroupDetailList)
        .map((one) => [one.GroupName, grantsOf(one.AttachedManagedPolicies, one.GroupPolicyList, one.GroupName)]),
    );
    const unknownGroup = (group: string) =>
      api.fail(api.unread('iam:GetAccountAuthorizationDetails', 'partial', `the group ${group} has members and is not in the answer`));

    for (const { UserDetailList, GroupDetailList, RoleDetailList } of pages) {
      for (const user of UserDetailList) {
        yield {
          ...plain,
          key: `${user.Arn}#${user.UserId}`,
          name: `user ${user.UserName}`,
          kind: 'user' as const,
          arn: user.Arn,
          groups: user.GroupList.toSorted(),
          grants: sorted([
            ...grantsOf(user.AttachedManagedPolicies, user.UserPolicyList, null),
            ...user.GroupList.flatMap((group) => groups.get(group) ?? unknownGroup(group)),
          ]),
          boundary: user.PermissionsBoundary?.PermissionsBoundaryArn ?? null,
        };
      }
      for (const group of GroupDetailList) {
        yield {
          ...plain,
          key: `${group.Arn}#${group.GroupId}`,
          name: `group ${group.GroupName}`,
          kind: 'group' as const,
          arn: group.Arn,
          grants: sorted(grantsOf(group.AttachedManagedPolicies, group.GroupPolicyList, null)),
        };
      }
      for (const role of RoleDetailList) {
        yield {
          ...plain,
          key: `${role.Arn}#${role.RoleId}`,
          name: `role ${role.RoleName}`,
          kind: 'role' as const,
          arn: role.Arn,
          serviceLinked: role.Path.startsWith('/aws-service-role/'),
          identityCenter: role.Path.startsWith('/aws-reserved/sso.amazonaws.com/'),
          grants: sorted(grantsOf(role.AttachedManagedPolicies, role.RolePolicyList, null)),
          boundary: role.PermissionsBoundary?.PermissionsBoundaryArn ?? null,
          trusts: role.AssumeRolePolicyDocument,
        };
      }
    }
  },
});

type Attached = AuthorizationDetails['UserDetailList'][number]['AttachedManagedPolicies'];
type Inline = AuthorizationDetails['UserDetailList'][number]['UserPolicyList'];

const plain = { serviceLinked: false, identityCenter: false, groups: [], boundary: null, trusts: [] };

/** `arn:aws:iam::aws:policy/…` in every partition. */
const isManagedByAws = (arn: string): boolean => /^arn:[^:]+:iam::aws:policy\//.test(arn);

const sorted = (grants: Grant[]): Grant[] => grants.toSorted((a, b) => (order(a) < order(b) ? -1 : 1));
const order = ({ policy, group }: Grant): string => `${policy} ${group ?? ''}`;
