import { allowsEverywhere } from '#populations/aws-iam-policy';
import { awsIamPrincipal, type Grant } from '#populations/aws-iam-principal';
import { defineRule, fail, notApplicable, pass, z } from '#rule';

export default defineRule(awsIamPrincipal, {
  id: 'aws.iam.admin-principal-authorized',
  title: 'User or role with administrative power is on the list of approved administrators',
  kind: 'state',
  severity: 'critical',
  rationale: 'Administrative power is limited to named people and pipelines, so that each holder was decided on.',
  remediation: 'Take the policy away, or have the holder approved and put on the list.',
  inspects: ['kind', 'arn', 'serviceLinked', 'identityCenter', 'grants', 'boundary', 'trusts'],
  parameters: z.object({
    approved: z
      .array(
        z.object({
          match: z.string().regex(/[^*]/).describe('An ARN; `*` stands for anything, and not for everything'),
          reason: z.string().min(1),
          until: z.iso.date().optional().describe('The last day of the approval'),
        }),
      )
      .default([])
      .describe('The approved holders of administrative power: users, roles, or everyone whom a role trusts'),
    adminPolicies: z
      .array(z.string().min(1))
      .default(['AdministratorAccess', 'IAMFullAccess', 'AWSOrganizationsFullAccess'])
      .describe(
        'Policies managed by AWS that give administrative power, by name; PowerUserAccess does together with a grant on identities',
      ),
    escalations: z
      .array(z.string().min(1))
      .default([
        'iam:AddUserToGroup',
        'iam:AttachGroupPolicy',
        'iam:AttachRolePolicy',
        'iam:AttachUserPolicy',
        'iam:CreateAccessKey',
        'iam:CreateLoginProfile',
        'iam:CreatePolicyVersion',
        'iam:PassRole',
        'iam:PutGroupPolicy',
        'iam:PutRolePolicy',
        'iam:PutUserPolicy',
        'iam:SetDefaultPolicyVersion',
        'iam:UpdateAssumeRolePolicy',
        'iam:UpdateLoginProfile',
      ])
      .describe('Actions on identities that, allowed on everything, turn PowerUserAccess into administrative power'),
  }),
  messages: {
    approved: 'Administrative power by {policy}; approved: {reason}.',
    'trusts-approved': 'Administrative power by {policy}; everyone whom the role trusts is approved.',
    unapproved: 'Administrative power by {policy}; not on the list of approved administrators.',
    bounded: 'Administrative power by {policy}, within the boundary {boundary}; not on the list of approved administrators.',
    expired: 'Administrative power by {policy}; the approval ended on {until}.',
    'permission-set':
      'Administrative power by {policy} for everyone assigned to this permission set; not on the list of approved administrators.',
    ordinary: 'No administrative power.',
    group: 'A group acts through its members, who are judged themselves.',
    service: 'Linked to a service of AWS, which alone can use it.',
  },
  examples: {
    pass: [{}],
    fail: [{ grants: [{ policy: 'arn:aws:iam::aws:policy/AdministratorAccess', group: null, statements: null }] }],
    notApplicable: [
      { kind: 'group', arn: 'arn:aws:iam::123456789012:group/developers' },
      { kind: 'role', serviceLinked: true },
    ],
  },
  evaluate({ kind, arn, serviceLinked, identityCenter, grants, boundary, trusts }, { asOf, parameters }) {
    if (kind === 'group') return notApplicable('group');
    if (serviceLinked) return notApplicable('service');
    const policy = adminPower(grants, parameters);
    if (policy === null) return pass('ordinary');

    const own = approvalOf(arn, parameters.approved, asOf);
    if (own?.valid) return pass('approved', { policy, reason: own.reason }, untilOf([own]));
    const guests = trusts.map((trusted) => approvalOf(trusted.slice(trusted.indexOf(' ') + 1), parameters.approved, asOf));
    if (guests.length > 0 && guests.every((guest) => guest?.valid)) return pass('trusts-approved', { policy }, untilOf(guests));
    if (own) return fail('expired', { policy, until: own.until });
    if (identityCenter) return fail('permission-set', { policy });
    return boundary === null ? fail('unapproved', { policy }) : fail('bounded', { policy, boundary }, { severity: 'high' });
  },
});

interface Parameters {
  readonly adminPolicies: readonly string[];
  readonly escalations: readonly string[];
}

/** By what the principal is an administrator, or null. */
function adminPower(grants: readonly Grant[], { adminPolicies, escalations }: Parameters): string | null {
  const named = (grant: Grant, names: readonly string[]) =>
    grant.statements === null && names.includes(grant.policy.slice(grant.policy.lastIndexOf('/') + 1));
  const allowing = (wanted: readonly string[]) =>
    grants.find(({ statements }) => statements?.some((statement) => wanted.some((one) => allowsEverywhere(statement, one) !== null)));
  const whole = grants.find((grant) => named(grant, adminPolicies)) ?? allowing(['*', 'iam:*']);
  if (whole) return describe(whole);
  const power = grants.find((grant) => named(grant, ['PowerUserAccess']));
  const identities = power && allowing(escalations);
  return identities ? `${describe(power)} and ${describe(identities)}` : null;
}

const describe = ({ policy, group }: Grant): string => (group === null ? policy : `${policy} through group ${group}`);

interface Approval {
  readonly match: string;
  readonly reason: string;
  readonly until?: string | undefined;
}
interface Found {
  readonly valid: boolean;
  readonly reason: string;
  readonly until: string;
  readonly end: number;
}

/** The longest approval of an ARN. The last day counts whole, in UTC. */
function approvalOf(arn: string, approved: readonly Approval[], asOf: number): Found | undefined {
  return approved
    .filter(({ match }) => covers(match, arn))
    .map(({ reason, until }) => {
      const end = until === undefined ? Number.POSITIVE_INFINITY : Date.parse(`${until}T00:00:00Z`) + 86_400_000;
      return { reason, until: until ?? '', end, valid: asOf < end };
    })
    .toSorted((a, b) => b.end - a.end)[0];
}

function covers(pattern: string, arn: string): boolean {
  const expression = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${expression.join('.*')}$`).test(arn);
}

function untilOf(approvals: readonly (Found | undefined)[]): { until?: number } {
  const until = Math.min(...approvals.map((approval) => approval?.end ?? Number.POSITIVE_INFINITY));
  return Number.isFinite(until) ? { until } : {};
}
