import { z } from 'zod';
import { instant } from '#collector';
import { type Statement, statement } from '#populations/aws-iam-policy';

/** What GetAccountAuthorizationDetails is always asked with, so that one answer serves every collector of a cycle. */
export const everyone = { Filter: ['User', 'Role', 'Group', 'LocalManagedPolicy'] } as const satisfies { Filter: readonly string[] };

/** Policy documents come URL-encoded; what is kept are their statements in one form. */
const document = z.preprocess((value) => (typeof value === 'string' ? statementsOf(value) : value), z.array(statement));
/** The trust policy of a role: whom it lets in, `AWS arn:…`, `Service ec2.amazonaws.com`. */
const trust = z.preprocess((value) => (typeof value === 'string' ? trustedBy(value) : value), z.array(z.string()));

const attached = z.array(z.object({ PolicyName: z.string(), PolicyArn: z.string() }));
const inline = z.array(z.object({ PolicyName: z.string(), PolicyDocument: document }));
const boundary = z.object({ PermissionsBoundaryArn: z.string() }).optional();
const whose = { Arn: z.string(), Path: z.string(), CreateDate: instant };

/**
 * Users, groups, roles and the company's own policies, in one reading. The lists are required: an answer without one is no answer.
 * Within a user IAM leaves out `UserPolicyList` and `PermissionsBoundary` where there are none.
 */
export const AuthorizationDetails = z.object({
  UserDetailList: z.array(
    z.object({
      ...whose,
      UserName: z.string(),
      UserId: z.string(),
      UserPolicyList: inline.optional(),
      GroupList: z.array(z.string()),
      AttachedManagedPolicies: attached,
      PermissionsBoundary: boundary,
    }),
  ),
  GroupDetailList: z.array(
    z.object({ ...whose, GroupName: z.string(), GroupId: z.string(), GroupPolicyList: inline, AttachedManagedPolicies: attached }),
  ),
  RoleDetailList: z.array(
    z.object({
      ...whose,
      RoleName: z.string(),
      RoleId: z.string(),
      AssumeRolePolicyDocument: trust,
      RolePolicyList: inline,
      AttachedManagedPolicies: attached,
      PermissionsBoundary: boundary,
    }),
  ),
  Policies: z.array(
    z.object({
      Arn: z.string(),
      PolicyId: z.string().optional(),
      CreateDate: instant,
      AttachmentCount: z.int(),
      PolicyVersionList: z.array(z.object({ IsDefaultVersion: z.boolean(), Document: document })),
    }),
  ),
});
export type AuthorizationDetails = z.infer<typeof AuthorizationDetails>;

/** Who exists, for collectors that need no more of it. */
export const UserIds = z.object({
  UserDetailList: z.array(z.object({ Arn: z.string(), UserName: z.string(), UserId: z.string(), CreateDate: instant })),
});

export const AccountSummary = z.object({
  SummaryMap: z.object({
    AccountMFAEnabled: z.int(),
    AccountAccessKeysPresent: z.int(),
    AccountSigningCertificatesPresent: z.int().optional(),
    AccountPasswordPresent: z.int().optional(),
  }),
});

function parseDocument(text: string): Record<string, unknown>[] | null {
  try {
    const { Statement } = JSON.parse(text.trimStart().startsWith('{') ? text : decodeURIComponent(text)) as { Statement: unknown };
    const statements = [Statement].flat();
    return statements.every((one) => typeof one === 'object' && one !== null) ? (statements as Record<string, unknown>[]) : null;
  } catch {
    return null;
  }
}

/** Null where the text is no policy, so that the answer is refused as a whole. */
function statementsOf(text: string): Statement[] | null {
  const statements = parseDocument(text);
  return (
    statements?.map(({ Effect, Action, NotAction, Resource, NotResource, Condition }): Statement => {
      const list = (value: unknown) => (value === undefined ? null : ([value].flat() as string[]).toSorted());
      return {
        effect: Effect as Statement['effect'],
        actions: list(Action),
        notActions: list(NotAction),
        resources: list(Resource),
        notResources: list(NotResource),
        conditions: [...new Set(Object.values((Condition ?? {}) as Record<string, object>).flatMap((keys) => Object.keys(keys)))].sort(),
      };
    }) ?? null
  );
}

function trustedBy(text: string): string[] | null {
  const statements = parseDocument(text);
  if (!statements) return null;
  const allowed = statements.filter(({ Effect }) => Effect === 'Allow');
  return [
    ...new Set(
      allowed.flatMap(({ Principal, NotPrincipal }) => [...principals(Principal), ...(NotPrincipal === undefined ? [] : ['AWS *'])]),
    ),
  ].sort();
}

function principals(principal: unknown): string[] {
  if (typeof principal === 'string') return [`AWS ${principal}`];
  return Object.entries((principal ?? {}) as Record<string, string | string[]>).flatMap(([kind, names]) =>
    [names].flat().map((name) => `${kind} ${name}`),
  );
}
