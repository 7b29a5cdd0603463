import { afterAll, describe, expect, test } from '@jest/globals';
import type { Case, Ran } from './cases.ts';
import { custodianCases } from './custodian-cases.ts';
import { type Disagreement, reportOn } from './report.ts';
import { templateCases } from './template-cases.ts';

const cases = [...custodianCases(), ...templateCases()];
const ran = new Map<Case, Ran>();
const numbered = (check: string, ...numbers: (number | string)[]): string[] => numbers.map((number) => `${check}/${number}`);

/** Every case in which we say something else than its author, with the reason why ours is right. Nothing else may differ, and each of these must. */
const disagreements: readonly Disagreement[] = [
  {
    theirs: 'nothing',
    ours: 'fail',
    reason:
      'The author suppresses the check in the metadata of the template. AWS does not know of that, and what is accepted is no less a deviation: we say it, and a waiver with a reason and an end stands beside it.',
    cases: [
      'INCOMING_SSH_DISABLED/6',
      'CLOUD_TRAIL_ENABLED/6',
      'MULTI_REGION_CLOUD_TRAIL_ENABLED/6',
      'RDS_MULTI_AZ_SUPPORT/6/no-replica',
      'IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS/8',
      ...numbered('IAM_ROLE_ADMINISTRATOR_ACCESS_POLICY_RULE', 7, 8, 9),
      ...numbered('S3_BUCKET_PUBLIC_READ_ACL', 6, 7, 8),
      'S3_BUCKET_VERSIONING_ENABLED/6',
    ],
  },
  {
    theirs: 'nothing',
    ours: 'pass',
    reason:
      'Suppressed by the author, too; but the resource itself is in order by our rule, for the reasons given here for the same resource without the suppression.',
    cases: [
      'RESTRICTED_INCOMING_TRAFFIC/6',
      ...numbered('SECURITY_GROUP_INGRESS_PORT_RANGE_RULE', 7, 8, 9),
      ...numbered('EC2_NETWORK_ACL_ENTRY_INEFFECTIVE_DENY_RULE', 10, 11, 12),
      ...numbered('DB_INSTANCE_BACKUP_ENABLED', '8/no-replica', '9/no-replica'),
      'S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED/6',
      'S3_BUCKET_PUBLIC_READ_PROHIBITED/6',
      ...numbered('S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED', 6, 7),
    ],
  },
  {
    theirs: 'nothing',
    ours: 'fail',
    reason:
      'Ports 0 to 65535 are open to 0.0.0.0/0, and port 22 with them. Guard looks for a permission from 22 to 22; and the template misspells IpProtocol.',
    cases: ['INCOMING_SSH_DISABLED/3'],
  },
  {
    theirs: 'pass',
    ours: 'fail',
    reason: 'Ports 0 to 65535 are open to 0.0.0.0/0 beside a narrow permission for 22; guard looks at the latter only.',
    cases: ['INCOMING_SSH_DISABLED/4'],
  },
  {
    theirs: 'nothing',
    ours: 'pass',
    reason: 'A group that lets in ICMP only keeps the ports closed; guard has nothing to say where there is neither tcp nor udp.',
    cases: ['RESTRICTED_INCOMING_TRAFFIC/3'],
  },
  {
    theirs: 'fail',
    ours: 'pass',
    reason: 'Port 20 is open to 192.168.0.0/16, which is private. Guard does not look at the source; our rule is about the internet.',
    cases: ['RESTRICTED_INCOMING_TRAFFIC/5'],
  },
  {
    theirs: 'pass',
    ours: 'nothing',
    reason: 'Nothing is open to the internet, so that there is no open port whose registration could be judged. Both find nothing wrong.',
    cases: [
      'EC2_SECURITY_GROUP_INGRESS_OPEN_TO_WORLD_RULE/3',
      'SecurityGroupUnrestrictedIngress80/SecurityGroupUnrestrictedIngress80-PASSED.yaml',
    ],
  },
  {
    theirs: 'fail',
    ours: 'pass',
    reason:
      'The range 35 to 45 is open to another security group. Guard asks for single ports, from wherever; our rule is about the internet.',
    cases: ['SECURITY_GROUP_INGRESS_PORT_RANGE_RULE/6'],
  },
  {
    theirs: 'fail',
    ours: 'pass',
    reason:
      'The entry denies ICMP to a part of the world, and nothing is allowed: no administration port is open. That a denial ought to be for everyone is another question, which we do not ask; one for a part is how an exception is made.',
    cases: numbered('EC2_NETWORK_ACL_ENTRY_INEFFECTIVE_DENY_RULE', 7, 8, 9),
  },
  {
    theirs: 'nothing',
    ours: 'fail',
    reason: 'Without any trail there is nothing to check in a template; in an account it is the deviation itself.',
    cases: [...numbered('CLOUD_TRAIL_ENABLED', 1, 2), ...numbered('MULTI_REGION_CLOUD_TRAIL_ENABLED', 1, 2)],
  },
  {
    theirs: 'pass',
    ours: 'nothing',
    reason:
      'The template makes a read replica: the backups and the standby of its source count. As a database of its own, ours is pass too.',
    cases: [...numbered('DB_INSTANCE_BACKUP_ENABLED', 3, 4, 5), 'RDS_MULTI_AZ_SUPPORT/3'],
  },
  {
    theirs: 'fail',
    ours: 'nothing',
    reason: 'A read replica again. As databases of their own, each is judged below or in agreement.',
    cases: [...numbered('DB_INSTANCE_BACKUP_ENABLED', 6, 7), ...numbered('RDS_MULTI_AZ_SUPPORT', 4, 5)],
  },
  {
    theirs: 'fail',
    ours: 'pass',
    reason:
      'A retention period that is left out is one day by default, and one day is what is asked for here. By our own default of seven days it would fail.',
    cases: ['DB_INSTANCE_BACKUP_ENABLED/7/no-replica'],
  },
  {
    theirs: 'pass',
    ours: 'fail',
    reason:
      'The role allows every action on every resource by an inline policy. Guard looks for the name AdministratorAccess among the managed ones.',
    cases: numbered('IAM_ROLE_ADMINISTRATOR_ACCESS_POLICY_RULE', 3, 4),
  },
  {
    theirs: 'fail',
    ours: 'pass',
    reason:
      'Nothing is granted to the public, so the bucket is not public, whether or not a block would take a grant away. The block of the account has a rule of its own.',
    cases: [...numbered('S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED', 4, 5), ...numbered('S3_BUCKET_PUBLIC_READ_PROHIBITED', 4, 5)],
  },
  {
    theirs: 'pass',
    ours: 'fail',
    reason: 'PublicReadWrite lets everyone read, and write as well. Guard looks for PublicRead only.',
    cases: ['S3_BUCKET_PUBLIC_READ_ACL/4'],
  },
  {
    theirs: 'fail',
    ours: 'pass',
    reason:
      'Since January 2023 S3 encrypts every bucket by default, and says so when asked. Who needs a key of their own asks for it by the parameter.',
    cases: ['S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED/5'],
  },
  {
    theirs: 'unobserved',
    ours: 'fail',
    reason: 'Checkov does not resolve the condition, which compares 0 with 0. What is deployed has the policy, and that we see.',
    cases: ['IAMAdminPolicyDocument/iam_role.unknown.yaml', 'IAMStarActionPolicyDocument/iam_role.unknown.yaml'],
  },
  {
    theirs: 'pass',
    ours: 'unobserved',
    reason: 'The document is a list and no policy; AWS refuses it. An answer with such a thing in it is malformed, and passes nothing.',
    cases: ['IAMStarActionPolicyDocument/cfn_bad_iam_pass.yaml'],
  },
  {
    theirs: 'pass',
    ours: 'unobserved',
    reason: 'From 23 to 21 is no range; AWS refuses it. An answer with such a thing in it is malformed, and not taken for closed.',
    cases: ['SecurityGroupUnrestrictedIngress22/SecurityGroupRangeInvalid-PASSED.yaml'],
  },
  {
    theirs: 'fail',
    ours: 'unobserved',
    reason:
      'The recording is put together from two accounts: the report is of 619193117841, the list of users of 644160558196. Custodian joins them by name; we join by ARN, since a name says nothing of whose key it is. The same report with its own users is in agreement.',
    cases: ['Hazmat', 'kapilt'].map((user) => `test_iam_user_unused_keys/aws.iam.unused-credential-disabled/644160558196:user/${user}#`),
  },
  {
    theirs: 'pass',
    ours: 'unobserved',
    reason: 'The same two accounts: no report tells of this user either.',
    cases: ['test_iam_user_unused_keys/aws.iam.unused-credential-disabled/644160558196:user/rome#'],
  },
  {
    theirs: 'fail',
    ours: 'pass',
    reason:
      'Signed in on 26 October at 13:14; thirty days later it is 25 November at 20:27. We keep the day of a sign-in and count it whole, so ours fails from the 26th on.',
    cases: ['test_iam_user_console_old/aws.iam.unused-credential-disabled/anthony'],
  },
  {
    theirs: 'pass',
    ours: 'fail',
    reason: 'Custodian asks here for users without access keys only. Both active keys of this one lie unused for more than 30 days.',
    cases: ['test_iam_user_console_old/aws.iam.unused-credential-disabled/andrew'],
  },
  {
    theirs: 'fail',
    ours: 'pass',
    reason:
      'Custodian asks for global resource types in this region. They belong into one region of an account, so that a region without them is not at fault; our rule says that it does not judge this.',
    cases: ['test_account_config_global/aws.config.recorder-enabled/us-east-1'],
  },
  {
    theirs: 'pass',
    ours: 'fail',
    reason: 'Custodian asks for the selectors only, and there we read the same. The recorded trail had not delivered a single log file.',
    cases: ['test_cloudtrail_success_cloudtrail_include_management_events/aws.cloudtrail.multi-region-enabled/root'],
  },
  {
    theirs: 'fail',
    ours: 'pass',
    reason:
      'Custodian asks for a certain log group. A flow log of all traffic is active without an error; where records are to arrive is not judged.',
    cases: ['test_vpc_flow_logs_misconfigured/aws.vpc.flow-logs-enabled/vpc-4a9ff72e'],
  },
];

const listed = new Map(disagreements.flatMap((one) => one.cases.map((id) => [id, one])));

describe.each(['custodian', 'guard', 'checkov'] as const)('%s', (source) => {
  test.each(cases.filter((one) => one.source === source).map((one) => [`${one.id}: ${one.title}`, one] as const))('%s', async (_, one) => {
    const outcome = await one.run();
    ran.set(one, outcome);
    const { theirs, ours } = listed.get(one.id) ?? { theirs: one.expected, ours: one.expected };
    expect({ theirs: one.expected, ours: outcome.verdict, said: outcome.said }).toEqual({ theirs, ours, said: outcome.said });
    expect(`${outcome.said} ${outcome.before?.said ?? ''}`).not.toMatch(/collector-fault|rule-fault/);
  });
});

test('each listed disagreement is about one case, and is one', () => {
  const ids = cases.map(({ id }) => id);
  expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
  expect([...listed.keys()].filter((id) => !ids.includes(id))).toEqual([]);
  expect(disagreements.flatMap((one) => one.cases).filter((id, i, all) => all.indexOf(id) !== i)).toEqual([]);
  expect(disagreements.filter(({ theirs, ours }) => theirs === ours)).toEqual([]);
});

afterAll(() => {
  process.stdout.write(reportOn(ran, disagreements));
});
