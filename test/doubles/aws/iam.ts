import { AwsError, type Operation } from './calls.ts';
import type { Account } from './world.ts';

/** IAM and STS: the query protocol, whose lists hold members. */
export const iam: Readonly<Record<string, Operation>> = {
  GenerateCredentialReport: () => ({ State: 'COMPLETE' }),
  GetCredentialReport: ({ here }) => ({
    Content: Buffer.from(reportOf(here)).toString('base64'),
    ReportFormat: 'text/csv',
    GeneratedTime: new Date('2026-03-02T09:00:00Z'),
  }),
  GetAccountSummary: ({ here }) => ({ SummaryMap: Object.entries(here.iam.SummaryMap).map(([key, value]) => ({ key, value })) }),
  GetAccountPasswordPolicy: ({ here, account }) => {
    if (here.iam.PasswordPolicy === null)
      throw new AwsError('NoSuchEntity', 404, `The Password Policy with domain name ${account} cannot be found.`);
    return { PasswordPolicy: here.iam.PasswordPolicy };
  },
  GetAccountAuthorizationDetails: (told) => {
    const { UserDetailList, GroupDetailList, RoleDetailList, Policies } = told.here.iam;
    const all = Object.entries({ UserDetailList, GroupDetailList, RoleDetailList, Policies }).flatMap(([list, entities]) =>
      entities.map((entity) => ({ list, entity })),
    );
    const { part, next } = told.paged(all);
    const of = (list: string) => part.filter((one) => one.list === list).map(({ entity }) => entity);
    return {
      UserDetailList: of('UserDetailList'),
      GroupDetailList: of('GroupDetailList'),
      RoleDetailList: of('RoleDetailList'),
      Policies: of('Policies'),
      IsTruncated: next !== undefined,
      Marker: next,
    };
  },
  ListVirtualMFADevices: (told) => {
    const { part, next } = told.paged(told.here.iam.VirtualMFADevices);
    return { VirtualMFADevices: part, IsTruncated: next !== undefined, Marker: next };
  },
  ListAccountAliases: (told) => {
    const { part, next } = told.paged(told.here.iam.AccountAliases);
    return { AccountAliases: part, IsTruncated: next !== undefined, Marker: next };
  },
};

const columns = [
  'user',
  'arn',
  'user_creation_time',
  'password_enabled',
  'password_last_used',
  'password_last_changed',
  'password_next_rotation',
  'mfa_active',
  'access_key_1_active',
  'access_key_1_last_rotated',
  'access_key_1_last_used_date',
  'access_key_1_last_used_region',
  'access_key_1_last_used_service',
  'access_key_2_active',
  'access_key_2_last_rotated',
  'access_key_2_last_used_date',
  'access_key_2_last_used_region',
  'access_key_2_last_used_service',
  'cert_1_active',
  'cert_1_last_rotated',
  'cert_2_active',
  'cert_2_last_rotated',
  'additional_credentials_info',
];

function reportOf({ iam: { report } }: Account): string {
  const otherwise = (column: string) => (column.endsWith('_active') ? 'false' : 'N/A');
  return [columns.join(','), ...report.map((row) => columns.map((column) => row[column] ?? otherwise(column)).join(','))].join('\n');
}

export const memberNaming = {
  name: (field: string): string => field,
  item: (field: string): string => (field === 'SummaryMap' ? 'entry' : 'member'),
};
