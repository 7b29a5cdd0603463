import { deployed, type Properties, type Resource } from './cloudformation.ts';

/**
 * What `GetAccountAuthorizationDetails` would answer of the users, groups and roles of a template, and of the policies that it puts into them.
 * A policy whose holder the template leaves out belongs to a role of its own.
 */
export function authorizations(resources: readonly Resource[]) {
  const of = (type: string) => resources.filter((resource) => resource.type === `AWS::IAM::${type}`);
  const policies = of('Policy');
  const heldBy = (list: 'Users' | 'Groups' | 'Roles', id: string) =>
    policies.filter(({ properties }) => properties[list]?.includes(id)).map(({ properties }) => properties);
  const unheld = policies.filter(({ properties }) => !properties.Roles && !properties.Users && !properties.Groups);
  return {
    UserDetailList: of('User').map(({ id, properties }) => ({
      ...principal('user', id, properties),
      UserName: id,
      UserId: `AIDA${id}`,
      UserPolicyList: inline(properties, heldBy('Users', id)),
      GroupList: [],
    })),
    GroupDetailList: of('Group').map(({ id, properties }) => ({
      ...principal('group', id, properties),
      GroupName: id,
      GroupId: `AGPA${id}`,
      GroupPolicyList: inline(properties, heldBy('Groups', id)),
    })),
    RoleDetailList: [
      ...of('Role').map(({ id, properties }) => role(id, properties, inline(properties, heldBy('Roles', id)))),
      ...unheld.map(({ id, properties }) => role(`holder-of-${id}`, {}, inline({}, [properties]))),
    ],
    Policies: [],
  };
}

const role = (id: string, properties: Properties, RolePolicyList: object[]) => ({
  ...principal('role', id, properties),
  RoleName: id,
  RoleId: `AROA${id}`,
  AssumeRolePolicyDocument: documentOf(properties.AssumeRolePolicyDocument ?? { Statement: [] }),
  RolePolicyList,
});

/** AWS attaches nothing that is no policy. */
function principal(kind: 'user' | 'group' | 'role', id: string, { Path = '/', ManagedPolicyArns = [] }: Properties) {
  const attached = (ManagedPolicyArns as string[]).filter((arn) => arn.includes(':policy/'));
  return {
    Arn: `arn:${deployed.partition}:iam::${deployed.account}:${kind}/${id}`,
    Path,
    CreateDate: deployed.at,
    AttachedManagedPolicies: attached.map((PolicyArn) => ({ PolicyArn, PolicyName: PolicyArn.slice(PolicyArn.lastIndexOf('/') + 1) })),
  };
}

const inline = ({ Policies = [] }: Properties, held: readonly Properties[]) =>
  [...(Policies as Properties[]), ...held].map(({ PolicyName = 'policy', PolicyDocument }) => ({
    PolicyName,
    PolicyDocument: documentOf(PolicyDocument),
  }));

const documentOf = (document: unknown): string => encodeURIComponent(typeof document === 'string' ? document : JSON.stringify(document));
