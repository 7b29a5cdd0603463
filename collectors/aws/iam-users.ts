import { defineCollector } from '#collector';
import { awsIamUser } from '#populations/aws-iam-user';
import { credentialsOf, readReport, reportLimits, reportReads } from './credential-report-replies.ts';
import { everyone, UserIds } from './iam-replies.ts';

export default defineCollector(awsIamUser, {
  id: 'aws-iam-users',
  title: 'IAM users with their passwords, factors and keys',
  every: '1h',
  per: 'account',
  limits: reportLimits,
  reads: {
    'iam:GetAccountAuthorizationDetails': { needs: 'iam:GetAccountAuthorizationDetails', reply: UserIds },
    ...reportReads,
  },
  async *collect(api) {
    const report = await readReport(api);
    const pages = await Array.fromAsync(api.pages('iam:GetAccountAuthorizationDetails', { Filter: [...everyone.Filter] }));
    const unread = (reason: 'gone' | 'withheld' | 'malformed' | 'partial', detail: string) =>
      api.unread('iam:GetCredentialReport', reason, detail);
    for (const { key, name, created, told } of credentialsOf(
      pages.flatMap((page) => page.UserDetailList),
      report,
      unread,
    )) {
      if ('unread' in told) {
        yield { key, name, created, passwordEnabled: told, passwordChanged: told, passwordUsed: told, mfaActive: told, keys: told };
        continue;
      }
      const { passwordEnabled, passwordChanged, passwordUsed, mfaActive, keys, more } = told;
      yield {
        key,
        name,
        created,
        passwordEnabled: passwordEnabled ?? unread('withheld', 'the report does not tell whether there is a password'),
        passwordChanged,
        passwordUsed,
        mfaActive,
        keys: more ? unread('partial', 'the user has more keys than the report tells of') : [...keys],
      };
    }
  },
});
