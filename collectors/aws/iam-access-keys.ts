import { defineCollector } from '#collector';
import { awsIamAccessKey } from '#populations/aws-iam-access-key';
import { credentialsOf, type Key, readReport, reportLimits, reportReads } from './credential-report-replies.ts';
import { everyone, UserIds } from './iam-replies.ts';

export default defineCollector(awsIamAccessKey, {
  id: 'aws-iam-access-keys',
  title: 'Access keys of IAM users, one item for each of the two places a user has for them',
  every: '1h',
  per: 'account',
  limits: reportLimits,
  reads: {
    'iam:GetAccountAuthorizationDetails': { needs: 'iam:GetAccountAuthorizationDetails', reply: UserIds },
    ...reportReads,
  },
  async *collect(api) {
    const report = await readReport(api);
    if (!report.ok) api.fail(report.unread);
    const pages = await Array.fromAsync(api.pages('iam:GetAccountAuthorizationDetails', { Filter: [...everyone.Filter] }));
    const unread = (reason: 'gone' | 'withheld' | 'malformed' | 'partial', detail: string) =>
      api.unread('iam:GetCredentialReport', reason, detail);
    for (const { key: owner, name: user, told } of credentialsOf(
      pages.flatMap((page) => page.UserDetailList),
      report,
      unread,
    )) {
      const untold = 'unread' in told ? told : told.more ? unread('partial', 'the user has more keys than the report tells of') : null;
      // What keys such a user has, if any, cannot be told: one item says so.
      if (untold) {
        yield {
          key: `${owner}/access-key/untold`,
          name: `${user}, other access keys`,
          user,
          active: untold,
          rotated: untold,
          used: untold,
          supersededAt: untold,
        };
      }
      for (const key of 'unread' in told ? [] : told.keys) {
        const { slot, active, rotated, used } = key;
        yield {
          key: `${owner}/access-key/${slot}`,
          name: `${user}, access key ${slot}`,
          user,
          active,
          rotated: rotated ?? unread('withheld', 'the report does not tell when the key was made'),
          used,
          supersededAt: supersededAt(key, 'unread' in told ? [] : told.keys),
        };
      }
    }
  },
});

/** When the newer of two active keys was made. */
function supersededAt({ slot, active, rotated }: Key, keys: readonly Key[]): string | null {
  const other = keys.find((key) => key.slot !== slot && key.active);
  return active && other?.rotated && rotated && other.rotated > rotated ? other.rotated : null;
}
