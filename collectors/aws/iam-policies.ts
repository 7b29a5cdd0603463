import { defineCollector } from '#collector';
import { awsIamPolicy } from '#populations/aws-iam-policy';
import { AuthorizationDetails, everyone } from './iam-replies.ts';

export default defineCollector(awsIamPolicy, {
  id: 'aws-iam-policies',
  title: 'Customer-managed and inline IAM policies',
  every: '1h',
  per: 'account',
  reads: {
    'iam:GetAccountAuthorizationDetails': { needs: 'iam:GetAccountAuthorizationDetails', reply: AuthorizationDetails },
  },
  async *collect(api) {
    for await (const page of api.pages('iam:GetAccountAuthorizationDetails', { Filter: [...everyone.Filter] })) {
      for (const { Arn, PolicyId, CreateDate, AttachmentCount, PolicyVersionList } of page.Policies) {
        const inForce = PolicyVersionList.find(({ IsDefaultVersion }) => IsDefaultVersion);
        yield {
          key: `${Arn}#${PolicyId ?? CreateDate}`,
          name: Arn.slice(Arn.lastIndexOf('/') + 1),
          kind: 'customer-managed' as const,
          attachments: AttachmentCount,
          owner: null,
          statements:
            inForce?.Document ?? api.unread('iam:GetAccountAuthorizationDetails', 'withheld', 'the version in force is not in the answer'),
        };
      }
      for (const { arn, id, policies } of owners(page)) {
        for (const { PolicyName, PolicyDocument } of policies) {
          yield {
            key: `${arn}#${id}/inline/${PolicyName}`,
            name: `${PolicyName} in ${arn.slice(arn.lastIndexOf(':') + 1)}`,
            kind: 'inline' as const,
            attachments: 1,
            owner: arn,
            statements: PolicyDocument,
          };
        }
      }
    }
  },
});

function* owners({ UserDetailList, GroupDetailList, RoleDetailList }: AuthorizationDetails) {
  for (const { Arn, UserId, UserPolicyList } of UserDetailList) yield { arn: Arn, id: UserId, policies: UserPolicyList ?? [] };
  for (const { Arn, GroupId, GroupPolicyList } of GroupDetailList) yield { arn: Arn, id: GroupId, policies: GroupPolicyList };
  for (const { Arn, RoleId, RolePolicyList } of RoleDetailList) yield { arn: Arn, id: RoleId, policies: RolePolicyList };
}
