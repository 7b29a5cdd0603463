import { z } from 'zod';
import { defineCollector, type Reply, type Unread } from '#collector';
import { awsAccount } from '#populations/aws-account';
import { booleanIn, type Row, readReport, reportLimits, reportReads, root } from './credential-report-replies.ts';
import { AccountSummary } from './iam-replies.ts';

const PasswordPolicy = z.object({
  PasswordPolicy: z.object({
    MinimumPasswordLength: z.int(),
    RequireUppercaseCharacters: z.boolean(),
    RequireLowercaseCharacters: z.boolean(),
    RequireNumbers: z.boolean(),
    RequireSymbols: z.boolean(),
    // Left out where passwords do not expire, and where old ones may be used again.
    MaxPasswordAge: z.int().optional(),
    PasswordReusePrevention: z.int().optional(),
  }),
});
const Block = z.object({
  PublicAccessBlockConfiguration: z.object({
    BlockPublicAcls: z.boolean(),
    BlockPublicPolicy: z.boolean(),
    IgnorePublicAcls: z.boolean(),
    RestrictPublicBuckets: z.boolean(),
  }),
});
const VirtualDevices = z.object({
  VirtualMFADevices: z.array(z.object({ SerialNumber: z.string(), User: z.object({ Arn: z.string() }).optional() })),
});
const Aliases = z.object({ AccountAliases: z.array(z.string()) });

export default defineCollector(awsAccount, {
  id: 'aws-account',
  title: 'The account itself: root, password policy, S3 Block Public Access',
  every: '1h',
  per: 'account',
  limits: `${reportLimits} What the account summary tells of root is of now, and goes first.`,
  reads: {
    'iam:GetAccountSummary': { needs: 'iam:GetAccountSummary', reply: AccountSummary },
    ...reportReads,
    'iam:ListVirtualMFADevices': { needs: 'iam:ListVirtualMFADevices', reply: VirtualDevices },
    'iam:GetAccountPasswordPolicy': { needs: 'iam:GetAccountPasswordPolicy', reply: PasswordPolicy, absent: ['NoSuchEntity'] },
    's3control:GetPublicAccessBlock': {
      needs: 's3:GetAccountPublicAccessBlock',
      reply: Block,
      absent: ['NoSuchPublicAccessBlockConfiguration'],
    },
    'iam:ListAccountAliases': { needs: 'iam:ListAccountAliases', reply: Aliases },
  },
  async *collect(api, { account, partition = 'aws' }) {
    const [summary, report, devices, policy, block, aliases] = await Promise.all([
      api.get('iam:GetAccountSummary', {}),
      readReport(api),
      api.all('iam:ListVirtualMFADevices', { AssignmentStatus: 'Assigned' }),
      api.get('iam:GetAccountPasswordPolicy', {}),
      api.get('s3control:GetPublicAccessBlock', { AccountId: account }),
      api.all('iam:ListAccountAliases', {}),
    ]);
    const row = rootRow(report, (detail) => api.unread('iam:GetCredentialReport', 'withheld', detail));
    const numbers: Told<Summary> = summary.ok ? summary.value.SummaryMap : summary.unread;
    const rootMfa = mfaOf(numbers, row, partition);
    yield {
      key: `arn:${partition}:iam::${account}:root`,
      name: account,
      alias: aliases.ok ? (aliases.value.flatMap((page) => page.AccountAliases)[0] ?? null) : aliases.unread,
      rootMfa,
      rootMfaDevice:
        typeof rootMfa !== 'string'
          ? rootMfa
          : rootMfa !== 'enabled'
            ? ('none' as const)
            : devices.ok
              ? deviceOf(devices.value)
              : devices.unread,
      rootAccessKeys: keysOf(numbers, row),
      rootSigningCertificate: certificateOf(numbers, row),
      passwordPolicy: policy.ok ? policy.value && policyOf(policy.value) : policy.unread,
      publicAccessBlock: block.ok ? block.value && blockOf(block.value) : block.unread,
    };
  },
});

type Told<T> = T | Unread;
type Summary = z.infer<typeof AccountSummary>['SummaryMap'];
const untold = (value: object): value is Unread => 'unread' in value;

function rootRow(report: Reply<readonly Row[]>, unread: (detail: string) => Unread): Told<Row> {
  if (!report.ok) return report.unread;
  return report.value.find(({ user }) => user === root) ?? unread('the report has no row for root');
}

/** Whether root has a second factor, by the summary alone; where it has none, whether it has anything to protect. */
function mfaOf(
  summary: Told<Summary>,
  row: Told<Row>,
  partition: string,
): 'enabled' | 'not-enabled' | 'no-credentials' | 'no-sign-in' | Unread {
  if (untold(summary)) return summary;
  if (summary.AccountMFAEnabled > 0) return 'enabled';
  if (partition === 'aws-us-gov') return 'no-sign-in';
  const keys = keysOf(summary, row);
  const password = passwordOf(summary, row);
  if (keys === 'present' || keys === 'inactive' || password === true) return 'not-enabled';
  if (typeof password === 'object') return password;
  return typeof keys === 'object' ? keys : 'no-credentials';
}

/** Reports of old say `not_supported` of root's password; every root had one then. */
function passwordOf(summary: Told<Summary>, row: Told<Row>): boolean | Unread {
  if (!untold(summary) && summary.AccountPasswordPresent !== undefined) return summary.AccountPasswordPresent > 0;
  return untold(row) ? row : (booleanIn(row.password_enabled) ?? true);
}

/** The summary counts keys of root and is of now; the report tells whether they are active. */
function keysOf(summary: Told<Summary>, row: Told<Row>): 'none' | 'inactive' | 'present' | Unread {
  const reported = untold(row) ? row : keysIn(row);
  if (untold(summary)) return reported;
  if (summary.AccountAccessKeysPresent === 0) return 'none';
  return reported === 'none' ? 'present' : reported;
}

function keysIn(row: Row): 'none' | 'inactive' | 'present' {
  if (row.access_key_1_active === 'true' || row.access_key_2_active === 'true') return 'present';
  return [row.access_key_1_last_rotated, row.access_key_2_last_rotated].every((time) => Number.isNaN(Date.parse(time)))
    ? 'none'
    : 'inactive';
}

function certificateOf(summary: Told<Summary>, row: Told<Row>): boolean | Unread {
  if (!untold(summary) && summary.AccountSigningCertificatesPresent !== undefined) return summary.AccountSigningCertificatesPresent > 0;
  return untold(row) ? row : row.cert_1_active === 'true' || row.cert_2_active === 'true';
}

const deviceOf = (pages: readonly z.infer<typeof VirtualDevices>[]): 'virtual' | 'hardware' =>
  pages
    .flatMap((page) => page.VirtualMFADevices)
    .some(({ SerialNumber, User }) => SerialNumber.endsWith(':mfa/root-account-mfa-device') || User?.Arn.endsWith(':root'))
    ? 'virtual'
    : 'hardware';

const policyOf = ({ PasswordPolicy: policy }: z.infer<typeof PasswordPolicy>) => ({
  minimumLength: policy.MinimumPasswordLength,
  requireUppercase: policy.RequireUppercaseCharacters,
  requireLowercase: policy.RequireLowercaseCharacters,
  requireNumbers: policy.RequireNumbers,
  requireSymbols: policy.RequireSymbols,
  maxAgeDays: policy.MaxPasswordAge ?? null,
  reusePrevention: policy.PasswordReusePrevention ?? null,
});

const blockOf = ({ PublicAccessBlockConfiguration: block }: z.infer<typeof Block>) => ({
  blockPublicAcls: block.BlockPublicAcls,
  blockPublicPolicy: block.BlockPublicPolicy,
  ignorePublicAcls: block.IgnorePublicAcls,
  restrictPublicBuckets: block.RestrictPublicBuckets,
});
