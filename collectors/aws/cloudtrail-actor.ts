import { z } from 'zod';
import type { Actor } from '#investigator';

const text = z.string().optional().catch(undefined);

/** https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html */
export const Identity = z.object({
  type: text,
  principalId: text,
  arn: text,
  accountId: text,
  userName: text,
  invokedBy: text,
  onBehalfOf: z.object({ userId: text }).optional().catch(undefined),
  sessionContext: z
    .object({
      sessionIssuer: z.object({ type: text, arn: text, userName: text }).optional().catch(undefined),
      webIdFederationData: z.object({ federatedProvider: text }).optional().catch(undefined),
    })
    .optional()
    .catch(undefined),
});

type Identity = z.infer<typeof Identity>;

interface Told {
  readonly userAgent: string | null;
  readonly fromConsole: boolean;
  /** What CloudTrail itself writes beside the event. */
  readonly username: string | null;
}

/** Who acted, and by which way. */
export function actorOf(identity: Identity, told: Told): Actor {
  const { name, ...rest } = personOf(identity, told);
  return { name: shortened(name, 200), through: throughOf(identity, told), ...rest };
}

type Person = Omit<Actor, 'through'>;

function personOf(identity: Identity, { username }: Told): Person {
  const { type, userName, principalId = '', arn = '', accountId, invokedBy, onBehalfOf } = identity;
  const session = principalId.includes(':')
    ? principalId.slice(principalId.indexOf(':') + 1)
    : (/:assumed-role\/[^/]+\/(.+)$/s.exec(arn)?.[1] ?? '');
  if (type === 'Root') return { name: 'root', kind: 'root' };
  if (type === 'IAMUser') return { name: userName ?? arn.split('/').at(-1) ?? 'an IAM user', kind: 'person' };
  if (type === 'AssumedRole') return assumed(identity, session);
  if (type === 'FederatedUser') return { name: session || arn.split('/').at(-1) || 'a federated user', kind: 'person' };
  if (type === 'IdentityCenterUser')
    return { name: username ?? `Identity Center user ${onBehalfOf?.userId ?? principalId}`, kind: 'person' };
  if (type === 'SAMLUser' || type === 'WebIdentityUser') return { name: userName ?? session ?? principalId, kind: 'person' };
  if (type === 'AWSService') return { name: invokedBy ?? 'an AWS service', kind: 'service' };
  if (type === 'AWSAccount') return { name: `account ${accountId ?? 'unknown'}${session && `, session ${session}`}`, kind: 'role' };
  if (invokedBy !== undefined) return { name: invokedBy, kind: 'service' };
  return { name: username ?? userName ?? 'not told', kind: 'unknown' };
}

/** The name of a session is whatever the caller chose, unless Identity Center opened it: then it is the user's. */
function assumed({ sessionContext, arn = '', invokedBy }: Identity, session: string): Person {
  const issuer = sessionContext?.sessionIssuer;
  const role = issuer?.userName ?? /:assumed-role\/([^/]+)/.exec(arn)?.[1] ?? 'an unknown role';
  const inIdentityCenter = (issuer?.arn ?? '').includes('/aws-reserved/sso.amazonaws.com/');
  const permissionSet = /^AWSReservedSSO_(.+)_[0-9a-f]{6,}$/.exec(role)?.[1];
  if (permissionSet !== undefined && session !== '' && (inIdentityCenter || issuer?.arn === undefined)) {
    const email = /^[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+$/.test(session) && inIdentityCenter ? { email: session } : {};
    return { name: session, kind: 'person', ...email };
  }
  if (role.startsWith('AWSServiceRoleFor')) return { name: invokedBy ?? role, kind: 'service' };
  return { name: session === '' ? `role ${role}` : `role ${role}, session ${session}`, kind: 'role' };
}

function throughOf({ invokedBy, sessionContext }: Identity, { userAgent, fromConsole }: Told): string {
  const agent = (userAgent ?? '').replace(/^\[(.*)\]$/s, '$1');
  const service = [invokedBy, agent].find((each) => each !== undefined && /^[\w.-]+\.amazonaws\.com$/.test(each));
  if (service === 'cloudformation.amazonaws.com') return 'CloudFormation';
  if (fromConsole || /^(?:signin|console(?:\.[\w-]+)?|[\w-]+\.console)\.amazonaws\.com$/.test(agent) || agent.startsWith('S3Console/'))
    return 'the console';
  if (service !== undefined) return shortened(service, 60);
  const tool = toolIn(agent);
  if (sessionContext?.webIdFederationData?.federatedProvider?.includes('token.actions.githubusercontent.com'))
    return tool === 'not told' ? 'GitHub Actions' : `GitHub Actions, ${tool}`;
  return tool;
}

/** Programs by their own name, before the SDK that they use. */
const tools = [
  [/\bTerraform\/(\d[\w.-]*)/i, 'Terraform'],
  [/\bOpenTofu\/(\d[\w.-]*)/i, 'OpenTofu'],
  [/\bPulumi\b(?:\/(\d[\w.-]*))?/i, 'Pulumi'],
  [/\bexec-env\/CloudShell\b()/, 'CloudShell'],
  [/\baws-cli\/(\d[\w.-]*)/, 'aws-cli'],
  [/^Mozilla\/()/, 'a browser'],
  [/^(?:AWS|aws)[ -][Ii]nternal(?:\/\d+)?()/, 'a service of AWS'],
] as const;

function toolIn(agent: string): string {
  for (const [pattern, name] of tools) {
    const found = pattern.exec(agent);
    if (found) return shortened(found[1] ? `${name}/${found[1]}` : name, 60);
  }
  const first = agent.trim().split(/\s+/)[0] ?? '';
  return first === '' ? 'not told' : shortened(first, 60);
}

const shortened = (value: string, most: number): string => (value.length > most ? `${value.slice(0, most - 1)}…` : value);
