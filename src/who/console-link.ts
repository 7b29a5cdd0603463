import type { Connection as Configured } from '#src/config.ts';
import type { Scope } from '#src/evidence/store.ts';

/** The address of an item in its provider's console, or null. */
export type ConsoleLink = (scope: Scope, item: string, snapshot: object) => string | null;

/**
 * Links into the consoles of the connections. Hosts are ours, or the configured one; what comes from a provider is checked for the shape of
 * an id and then encoded, and where it has another shape there is no link.
 */
export function consoleLinkOver(connections: readonly Configured[]): ConsoleLink {
  return (scope, item, snapshot) => {
    const connection = connections.find(({ id }) => id === scope.connection);
    const named = snapshot as Readonly<Record<string, unknown>>;
    if (connection?.provider === 'aws') return awsLink(scope, item, named);
    if (connection?.provider === 'github') return githubLink(connection.endpoint, connection.organization, scope.population, named);
    return null;
  };
}

const awsConsoles: Readonly<Record<string, string>> = {
  aws: 'https://console.aws.amazon.com',
  'aws-us-gov': 'https://console.amazonaws-us-gov.com',
  'aws-cn': 'https://console.amazonaws.cn',
};

/** Where the console of a service that belongs to no region opens. */
const awsHome: Readonly<Record<string, string>> = { aws: 'us-east-1', 'aws-us-gov': 'us-gov-west-1', 'aws-cn': 'cn-north-1' };

/** What the pages of the console are made of: the parts of the key, each checked. */
interface Parts {
  readonly arn: string;
  /** The last part of the ARN, behind its kind. */
  readonly id: string;
  readonly key: string;
  readonly snapshot: Readonly<Record<string, unknown>>;
}

type Page = (parts: Parts) => string | null;

const ec2 =
  (page: string, parameter: string, console = 'ec2'): Page =>
  ({ id }) =>
    /^[a-z]+-[0-9a-f]{8,40}$/.test(id) ? `${console}/home?region={region}#${page}:${parameter}=${id}` : null;
const iamName = /^[\w+=,.@-]{1,128}$/;
const iamPage =
  (kind: 'users' | 'roles' | 'groups', behind = ''): Page =>
  ({ id }) =>
    iamName.test(id) ? `iam/home?region={region}#/${kind}/details/${encodeURIComponent(id)}${behind}` : null;
const plain =
  (path: string): Page =>
  () =>
    path;
const database: Page = ({ id, arn }) =>
  /^[a-z][a-z0-9-]{0,62}$/i.test(id)
    ? `rds/home?region={region}#database:id=${encodeURIComponent(id)};is-cluster=${arn.includes(':cluster:')}`
    : null;
const uuid = /^[0-9a-zA-Z-]{8,64}$/;
const byUuid =
  (path: string): Page =>
  ({ id }) =>
    uuid.test(id) ? `${path}/${id}` : null;

const awsPages: Readonly<Record<string, Page>> = {
  'aws.account': plain('iam/home?region={region}#/account_settings'),
  'aws.backup-job': byUuid('backup/home?region={region}#/jobs/backup/details'),
  'aws.backup-plan': byUuid('backup/home?region={region}#/backupplan/details'),
  'aws.backup-vault': ({ id }) =>
    /^[\w-]{2,50}$/.test(id) ? `backup/home?region={region}#/backupvaults/details/${encodeURIComponent(id)}` : null,
  'aws.cloudtrail-trail': ({ arn }) => `cloudtrailv2/home?region={region}#/trails/${encodeURIComponent(arn)}`,
  'aws.config-recorder': plain('config/home?region={region}#/settings'),
  'aws.database': database,
  'aws.ebs-snapshot': ec2('SnapshotDetails', 'snapshotId'),
  'aws.ebs-volume': ec2('VolumeDetails', 'volumeId'),
  'aws.guardduty-detector': plain('guardduty/home?region={region}#/settings'),
  'aws.iam-access-key': iamPage('users', '?section=security_credentials'),
  'aws.iam-policy': ({ arn, key }) =>
    key.includes('/inline/') ? principal(arn) : `iam/home?region={region}#/policies/details/${encodeURIComponent(arn)}`,
  'aws.iam-principal': ({ arn }) => principal(arn),
  'aws.iam-user': iamPage('users', '?section=security_credentials'),
  'aws.kms-key': ({ id }) => (uuid.test(id) ? `kms/home?region={region}#/kms/keys/${id}` : null),
  'aws.network-acl': ec2('NetworkAclDetails', 'networkAclId', 'vpcconsole'),
  'aws.protected-resource': ({ arn }) => `backup/home?region={region}#/resources/${encodeURIComponent(arn)}`,
  'aws.rds-instance': database,
  'aws.region': plain('ec2/home?region={region}#Settings:'),
  'aws.restore-job': byUuid('backup/home?region={region}#/jobs/restore/details'),
  'aws.s3-bucket': ({ id }) => (/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(id) ? `s3/buckets/${id}?region={region}` : null),
  'aws.security-group': ec2('SecurityGroup', 'groupId'),
  'aws.vpc': ec2('VpcDetails', 'VpcId', 'vpcconsole'),
};

function principal(arn: string): string | null {
  const kind = /:(user|role|group)\//.exec(arn)?.[1];
  const id = arn.split('/').at(-1)!;
  return kind && iamName.test(id) ? `iam/home?region={region}#/${kind}s/details/${encodeURIComponent(id)}` : null;
}

const region = /^[a-z]{2}(?:-[a-z]+){1,3}-\d{1,2}$/;
const wholeArn = /^arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:\d{0,12}:[\w+=,.@:/*-]{1,512}$/;

/** The key of an item is its ARN, or begins with it; regions are named otherwise. */
function awsLink(scope: Scope, key: string, snapshot: Readonly<Record<string, unknown>>): string | null {
  const page = awsPages[scope.population];
  const arn = key.split('#')[0]!.replace(/@\d{12}$/, '');
  const partition = scope.population === 'aws.region' ? key.split(':')[0]! : (arn.split(':')[1] ?? '');
  const host = awsConsoles[partition];
  if (!page || host === undefined || (scope.population !== 'aws.region' && !wholeArn.test(arn))) return null;
  const at = [snapshot.homeRegion, snapshot.region, scope.region].find(
    (each): each is string => typeof each === 'string' && each !== 'global',
  );
  const where = at ?? awsHome[partition]!;
  const path = page({ arn, id: arn.split(/[:/]/).at(-1) ?? '', key, snapshot });
  return path === null || !region.test(where) ? null : `${host}/${path.replace('{region}', where)}`;
}

const login = /^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98})$/;
const repository = /^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98})\/(?!\.{1,2}$)[\w.-]{1,100}$/;

/** Pages for people beside the API: of github.com, of a company's own subdomain of ghe.com, or of GitHub Enterprise Server. */
function githubLink(
  endpoint: string | undefined,
  organization: string,
  population: string,
  { name }: Readonly<Record<string, unknown>>,
): string | null {
  const web = webOf(endpoint);
  if (web === null || typeof name !== 'string' || !login.test(organization)) return null;
  const org = encodeURIComponent(organization);
  if (population === 'github.repository')
    return repository.test(name) ? `${web}/${name.split('/').map(encodeURIComponent).join('/')}/settings` : null;
  if (population === 'github.member')
    return login.test(name.replace(/\[bot\]$/, '')) ? `${web}/orgs/${org}/people?query=${encodeURIComponent(name)}` : null;
  return population === 'github.organization' ? `${web}/organizations/${org}/settings/security` : null;
}

function webOf(endpoint: string | undefined): string | null {
  if (endpoint === undefined) return 'https://github.com';
  const { protocol, host } = new URL(endpoint);
  if (protocol !== 'https:') return null;
  if (host === 'api.github.com') return 'https://github.com';
  return `https://${host.endsWith('.ghe.com') ? host.replace(/^api\./, '') : host}`;
}
