import { AwsError } from './calls.ts';

interface Limits {
  /** The parameters that carry size and token. */
  readonly size?: string;
  readonly token: string;
  readonly least?: number;
  readonly most: number;
  /** How many an answer holds where no size is asked for. */
  readonly otherwise: number;
}

const byNextToken = (most: number, otherwise = most, least = 1): Limits => ({
  size: 'MaxResults',
  token: 'NextToken',
  least,
  most,
  otherwise,
});
const restByNextToken = (most: number, otherwise = most): Limits => ({ size: 'maxResults', token: 'nextToken', most, otherwise });
const iam: Limits = { size: 'MaxItems', token: 'Marker', most: 1000, otherwise: 100 };
const rds: Limits = { size: 'MaxRecords', token: 'Marker', least: 20, most: 100, otherwise: 100 };

/** AWS's own limits, from the API references. An operation that is not here has no pages. */
const limits: Readonly<Record<string, Limits>> = {
  'ec2:DescribeSecurityGroups': byNextToken(1000, 1000, 5),
  'ec2:DescribeNetworkInterfaces': byNextToken(1000, 1000, 5),
  'ec2:DescribeNetworkAcls': byNextToken(1000, 1000, 5),
  'ec2:DescribeVpcs': byNextToken(1000, 1000, 5),
  'ec2:DescribeSubnets': byNextToken(1000, 1000, 5),
  'ec2:DescribeFlowLogs': byNextToken(1000),
  'ec2:DescribeManagedPrefixLists': byNextToken(100),
  'ec2:GetManagedPrefixListEntries': byNextToken(100),
  'ec2:DescribeVolumes': byNextToken(500, 500, 5),
  'ec2:DescribeSnapshots': byNextToken(1000, 1000, 5),
  'iam:GetAccountAuthorizationDetails': iam,
  'iam:ListVirtualMFADevices': iam,
  'iam:ListAccountAliases': iam,
  'rds:DescribeDBInstances': rds,
  'rds:DescribeDBClusters': rds,
  'kms:ListKeys': { size: 'Limit', token: 'Marker', most: 1000, otherwise: 100 },
  'kms:ListAliases': { size: 'Limit', token: 'Marker', most: 100, otherwise: 50 },
  'cloudtrail:LookupEvents': byNextToken(50),
  'cloudtrail:ListTrails': { token: 'NextToken', most: 50, otherwise: 50 },
  'backup:ListBackupPlans': restByNextToken(1000),
  'backup:ListBackupSelections': restByNextToken(1000),
  'backup:ListBackupVaults': restByNextToken(1000),
  'backup:ListBackupJobs': restByNextToken(1000),
  'backup:ListRestoreJobs': restByNextToken(1000),
  'backup:ListProtectedResources': restByNextToken(1000),
  'guardduty:ListDetectors': restByNextToken(50),
  's3:ListBuckets': { size: 'max-buckets', token: 'continuation-token', most: 10_000, otherwise: 10_000 },
};

type Parameters = Readonly<Record<string, string | readonly string[]>>;

/** Where the page begins, and how long it may be. `shorter` lets a service answer fewer than asked for, as IAM may. */
export function pageOf(operation: string, parameters: Parameters, shorter?: number): { index: number; from: number; size: number } {
  const limit = limits[operation];
  if (!limit) return { index: 0, from: 0, size: Number.POSITIVE_INFINITY };
  const asked = limit.size === undefined ? undefined : parameters[limit.size];
  const size = asked === undefined ? limit.otherwise : Number(asked);
  const { least = 1, most } = limit;
  if (!Number.isInteger(size) || size < least || size > most)
    throw new AwsError('ValidationException', 400, `${limit.size} must be between ${least} and ${most}, not ${String(asked)}`);
  if (
    operation.startsWith('ec2:') &&
    asked !== undefined &&
    Object.keys(parameters).some((name) => /^(?!Owner)\w+Id$/.test(name) && name !== 'PrefixListId')
  )
    throw new AwsError('InvalidParameterCombination', 400, 'The ids cannot be used with the parameter maxResults');
  const token = parameters[limit.token];
  const [index, from] = token === undefined ? [0, 0] : readToken(operation, String(token));
  return { index, from, size: Math.min(size, shorter ?? size) };
}

export const tokenFor = (operation: string, index: number, from: number): string =>
  Buffer.from(JSON.stringify([operation, index, from])).toString('base64');

function readToken(operation: string, token: string): [index: number, from: number] {
  try {
    const [of, index, from] = JSON.parse(Buffer.from(token, 'base64').toString()) as [string, number, number];
    if (of === operation) return [index, from];
  } catch {
    // Not one of ours.
  }
  throw new AwsError('InvalidNextToken', 400, 'The token is invalid');
}
