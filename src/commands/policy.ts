import { providerOf } from '#src/collector.ts';
import { HoldfastError } from '#src/errors.ts';
import { collectors, permissionsOf } from '#src/registry.ts';
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
    if (provider === 'aws') invocation.answer(awsPolicy(permissions), () => `${JSON.stringify(awsPolicy(permissions), null, 2)}\n`);
    else invocation.answer({ provider, permissions }, () => `${permissions.join('\n')}\n`);
    return 0;
  },
};

/**
 * One statement of reads on `*`: every call of it describes, lists or gets configuration, and none has a finer resource that would still
 * list the whole population. What reads data is denied, whatever else the role is given.
 */
function awsPolicy(actions: readonly string[]) {
  return {
    Version: '2012-10-17',
    Statement: [
      { Sid: 'HoldfastReadsConfiguration', Effect: 'Allow', Action: actions, Resource: '*' },
      {
        Sid: 'HoldfastNeverReadsData',
        Effect: 'Deny',
        Action: [
          's3:GetObject',
          's3:GetObjectVersion',
          'secretsmanager:GetSecretValue',
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
          'kms:Decrypt',
          'lambda:GetFunction',
          'rds-data:ExecuteStatement',
        ],
        Resource: '*',
      },
    ],
  };
}

/** Collectors that every connection of the provider has switched off. Without a configuration nothing is. */
function switchedOff({ config }: Invocation, provider: string): Set<string> {
  try {
    const own = config().connections.filter((connection) => connection.provider === provider);
    return new Set(own.length === 0 ? [] : own[0]!.without.filter((id) => own.every(({ without }) => without.includes(id))));
  } catch (error) {
    if ((error as { code?: string }).code === 'CONFIG_FILE_MISSING') return new Set();
    throw error;
  }
}
