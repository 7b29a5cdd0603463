import { z } from 'zod';
import { definePopulation } from '#src/population.ts';

/** A statement of an IAM policy. Of an action or resource and its `Not` form one is given, the other null. */
export const statement = z.object({
  effect: z.enum(['Allow', 'Deny']),
  actions: z.array(z.string()).nullable(),
  notActions: z.array(z.string()).nullable(),
  resources: z.array(z.string()).nullable(),
  notResources: z.array(z.string()).nullable(),
  conditions: z.array(z.string()).describe('The keys of its conditions'),
});

export type Statement = z.infer<typeof statement>;

export const awsIamPolicy = definePopulation('aws.iam-policy', {
  title: "The company's own IAM policies",
  kind: 'state',
  fields: z.object({
    kind: z.enum(['customer-managed', 'inline']),
    attachments: z.int().min(0).describe('Users, groups and roles that it is attached to; an inline policy belongs to one'),
    owner: z.string().nullable().describe('The ARN of the user, group or role that an inline policy is part of'),
    statements: z.array(statement),
  }),
  example: {
    key: 'arn:aws:iam::123456789012:policy/deploy#ANPAEXAMPLE00000000001',
    name: 'deploy',
    kind: 'customer-managed',
    attachments: 1,
    owner: null,
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
});

/**
 * What in the statement allows `wanted` on everything, or null. `*` is every action of every service, `iam:*` every action of IAM,
 * `iam:PassRole` that one. A condition counts only where it says what may be done to which resource: one on the caller, the time or the
 * place does not make the power less.
 */
export function allowsEverywhere(
  { effect, actions, notActions, resources, notResources, conditions }: Statement,
  wanted: string,
): string | null {
  if (effect !== 'Allow' || conditions.some(restricts)) return null;
  const service = wanted === '*' ? 'probe' : wanted.split(':')[0]!.toLowerCase();
  // An action that no service has is matched only by a pattern for the whole service.
  const action = wanted.endsWith('*') ? `${service}:ProbeOfEverything` : wanted;
  const covers = (pattern: string) => coversResources(pattern, service);
  if (notResources ? notResources.some(covers) : !resources?.some(covers)) return null;
  if (!notActions) return actions?.find((pattern) => matches(pattern, action)) ?? null;
  // All but IAM is not everything.
  const spared = wanted === '*' ? [action, 'iam:ProbeOfEverything'] : [action];
  return notActions.some((pattern) => spared.some((one) => matches(pattern, one))) ? null : `all but ${notActions.join(', ')}`;
}

/** True where the pattern leaves out no kind of resource that the service is about, in the account that the policy names. */
function coversResources(pattern: string, service: string): boolean {
  const kinds = kindsOf[service] ?? [`${service}:probe:${account}:probe/probe`];
  const here = pattern.replace(/:\d{12}:/g, `:${account}:`);
  return ['aws', 'aws-cn', 'aws-us-gov'].some((partition) => kinds.every((kind) => matches(here, `arn:${partition}:${kind}`)));
}

const account = '123456789012';
const kindsOf: Readonly<Record<string, readonly string[]>> = {
  iam: [`iam::${account}:user/probe`, `iam::${account}:role/probe`],
  kms: [`kms:probe:${account}:key/probe`],
  s3: ['s3:::probe', 's3:::probe/probe'],
};

/** IAM's wildcards: `*` is any run of characters, `?` one. Actions are compared without regard to case. */
function matches(pattern: string, text: string): boolean {
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${expression}$`, 'is').test(text);
}

/** Conditions on who calls, when, from where and how; the power itself stays whole. */
const circumstances =
  /^aws:(?:MultiFactorAuth(?:Present|Age)|SecureTransport|SourceIp|VpcSourceIp|SourceVpc|SourceVpce|RequestedRegion|CurrentTime|EpochTime|TokenIssueTime|UserAgent|Referer|ViaAWSService|PrincipalOrgID|PrincipalOrgPaths|PrincipalAccount|PrincipalArn|PrincipalType|PrincipalIsAWSService|PrincipalTag\/.+|username|userid|FederatedProvider)$/i;
const restricts = (key: string): boolean => !circumstances.test(key);
