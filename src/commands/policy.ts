import { providerOf } from '#src/collector.ts';
import type { Config } from '#src/config.ts';
import { HoldfastError } from '#src/errors.ts';
import { collectors, investigators, permissionsOf } from '#src/registry.ts';
import type { Command, Invocation } from './command.ts';

/** The permissions that finding accounts and regions needs, beside those of the collectors. */
const discovery: Readonly<Record<string, readonly string[]>> = {
  aws: ['ec2:DescribeRegions', 'sts:GetCallerIdentity'],
  github: [],
  scim: [],
};

export const policy: Command = {
  summary: 'The least privilege to grant, computed from the enabled collectors.',
  usage: 'policy aws|github|scim',
  operands: [1, 1],
  run: async (invocation) => {
    const provider = invocation.operands[0]!;
    if (!Object.hasOwn(discovery, provider))
      throw new HoldfastError('USAGE', {
        problem: `There is no provider "${provider}".`,
        mend: 'Use: holdfast policy aws, github or scim.',
      });
    const without = switchedOff(invocation, provider);
    const enabled = collectors.filter((collector) => providerOf(collector) === provider && !without.has(collector.id));
    const permissions = [...new Set([...discovery[provider]!, ...enabled.flatMap(permissionsOf)])].toSorted();
    // What tells who changed something may be left out, so it stands apart.
    const logs = investigators.filter((each) => providerOf(each) === provider && !without.has(each.id));
    const optional = [...new Set(logs.flatMap(permissionsOf))].filter((permission) => !permissions.includes(permission)).toSorted();
    if (provider === 'aws') {
      const whole = awsPolicy(permissions, optional, configured(invocation));
      invocation.answer(whole, () => `${JSON.stringify(whole, null, 2)}\n`);
    } else {
      const marked = optional.map((permission) => `${permission} (may be left out: tells who changed something)`);
      invocation.answer({ provider, permissions, optional }, () => `${[...permissions, ...marked].join('\n')}\n`);
    }
    return 0;
  },
};

/**
 * One statement of reads on `*`: every call of it describes, lists or gets configuration, and none has a finer resource that would still
 * list the whole population. What reads data is denied, whatever else the role is given; only our own checkpoints are not that. The ledger's
 * key and buckets, where they are configured, get what signing and anchoring need, and no more.
 */
function awsPolicy(actions: readonly string[], optional: readonly string[], config: Config | null) {
  const buckets = config?.anchors.filter((anchor) => anchor.kind === 's3') ?? [];
  const secrets = secretsIn(config);
  const checkpoints = buckets.map(({ bucket, prefix, region }) => `${s3Arn(region)}${bucket}/${prefix}*`);
  return {
    Version: '2012-10-17',
    Statement: [
      { Sid: 'HoldfastReadsConfiguration', Effect: 'Allow', Action: actions, Resource: '*' },
      ...signing(config),
      ...buckets.flatMap(anchoring),
      ...readingSecrets(secrets),
      ...(checkpoints.length > 0
        ? [{ Sid: 'HoldfastNeverReadsObjects', Effect: 'Deny', Action: readsObjects, NotResource: checkpoints }]
        : []),
      {
        Sid: 'HoldfastNeverReadsData',
        Effect: 'Deny',
        Action: [...(checkpoints.length > 0 ? [] : readsObjects), ...(secrets.length > 0 ? [] : readsSecrets), ...readsData],
        Resource: '*',
      },
      // Without it nobody is told who changed something; nothing else is lost.
      ...(optional.length > 0 ? [{ Sid: 'HoldfastFindsWhoChangedIt', Effect: 'Allow', Action: optional, Resource: '*' }] : []),
    ],
  };
}

const readsObjects = ['s3:GetObject', 's3:GetObjectVersion'];
const readsSecrets = ['secretsmanager:GetSecretValue', 'kms:Decrypt'];
const readsData = [
  'ssm:GetParameter',
  'ssm:GetParameters',
  'ssm:GetParametersByPath',
  'dynamodb:GetItem',
  'dynamodb:BatchGetItem',
  'dynamodb:Query',
  'dynamodb:Scan',
  'logs:GetLogEvents',
  'logs:FilterLogEvents',
  'sqs:ReceiveMessage',
  'lambda:GetFunction',
  'rds-data:ExecuteStatement',
];

/** The ARNs of the secrets that the configuration refers to. */
const secretsIn = (config: Config | null): string[] => [
  ...new Set((config?.secrets ?? []).flatMap(({ ref }) => /^\$\{aws-sm:([^#}]+)/.exec(ref)?.[1] ?? [])),
];

/** Our own secrets and no other, and the key behind them only on behalf of Secrets Manager and for one of them. */
function readingSecrets(secrets: readonly string[]) {
  if (secrets.length === 0) return [];
  const services = [
    ...new Set(secrets.map((arn) => `secretsmanager.${arn.split(':')[3]}.amazonaws.com${arn.startsWith('arn:aws-cn:') ? '.cn' : ''}`)),
  ];
  return [
    { Sid: 'HoldfastReadsOwnSecrets', Effect: 'Allow', Action: ['secretsmanager:GetSecretValue'], Resource: secrets },
    {
      Sid: 'HoldfastDecryptsOwnSecrets',
      Effect: 'Allow',
      Action: ['kms:Decrypt'],
      Resource: '*',
      Condition: { StringEquals: { 'kms:ViaService': services, 'kms:EncryptionContext:SecretARN': secrets } },
    },
    { Sid: 'HoldfastNeverReadsOtherSecrets', Effect: 'Deny', Action: ['secretsmanager:GetSecretValue'], NotResource: secrets },
    {
      Sid: 'HoldfastNeverDecryptsElsewhere',
      Effect: 'Deny',
      Action: ['kms:Decrypt'],
      Resource: '*',
      Condition: { StringNotEquals: { 'kms:ViaService': services } },
    },
  ];
}

/** A key is named by itself; an alias is no resource of a policy, but a condition on the request. */
function signing(config: Config | null) {
  const sources = config?.ledger ? [config.ledger.source, ...config.ledger.previous] : [];
  return sources.flatMap((source, index) => {
    if (!('kms' in source)) return [];
    const [, key, alias] = /^(.*:key\/.*)$|:(alias\/.*)$/.exec(source.kms) ?? [];
    const resource = key ?? source.kms.replace(/alias\/.*$/, 'key/*');
    const requested = alias === undefined ? {} : { 'kms:RequestAlias': alias };
    const suffix = index === 0 ? '' : String(index + 1);
    return [
      {
        Sid: `HoldfastSignsLedger${suffix}`,
        Effect: 'Allow',
        Action: ['kms:Sign'],
        Resource: resource,
        Condition: { StringEquals: { 'kms:SigningAlgorithm': 'ED25519_SHA_512', ...requested } },
      },
      {
        Sid: `HoldfastReadsPublicKey${suffix}`,
        Effect: 'Allow',
        Action: ['kms:GetPublicKey'],
        Resource: resource,
        ...(alias !== undefined && { Condition: { StringEquals: requested } }),
      },
    ];
  });
}

/** Puts locked checkpoints, reads them back, and looks for later ones; deletes nothing, and unlocks nothing. */
function anchoring({ bucket, prefix, region }: { bucket: string; prefix: string; region: string }, index: number) {
  const arn = `${s3Arn(region)}${bucket}`;
  const suffix = index === 0 ? '' : String(index + 1);
  return [
    {
      Sid: `HoldfastPutsCheckpoints${suffix}`,
      Effect: 'Allow',
      Action: ['s3:GetObject', 's3:GetObjectRetention', 's3:GetObjectVersion', 's3:PutObject', 's3:PutObjectRetention'],
      Resource: `${arn}/${prefix}*`,
    },
    {
      Sid: `HoldfastFindsCheckpoints${suffix}`,
      Effect: 'Allow',
      Action: ['s3:GetBucketObjectLockConfiguration', 's3:ListBucketVersions'],
      Resource: arn,
    },
  ];
}

const s3Arn = (region: string): string =>
  `arn:${region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws'}:s3:::`;

/** Collectors that every connection of the provider has switched off. Without a configuration nothing is. */
function switchedOff(invocation: Invocation, provider: string): Set<string> {
  const own = configured(invocation)?.connections.filter((connection) => connection.provider === provider) ?? [];
  return new Set(own.length === 0 ? [] : own[0]!.without.filter((id) => own.every(({ without }) => without.includes(id))));
}

function configured({ config }: Invocation): Config | null {
  try {
    return config();
  } catch (error) {
    if ((error as { code?: string }).code === 'CONFIG_FILE_MISSING') return null;
    throw error;
  }
}
