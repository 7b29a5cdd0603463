import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ResultRow } from '#src/report/types.ts';
import { company, main, mainRegion, other, present, production, staging } from '#test/doubles/aws/company.ts';
import { type AwsDouble, type Session, startAws } from '#test/doubles/aws/server.ts';
import type { World } from '#test/doubles/aws/world.ts';
import { asCaller, type Folder, type FolderOptions, newFolder } from './company.ts';

/** Places that are not known from the start, that come to be known, and that end; and single things that refuse by themselves. */
const hour = 3_600_000;
let aws: AwsDouble;
beforeAll(async () => {
  aws = await startAws();
});
afterAll(() => aws.close());

/** A company of its own, looked at by the commands hour after hour. */
async function looking(
  options: FolderOptions,
  tell: (at: { session: Session; look(): Promise<ResultRow[]>; folder: Folder }) => Promise<void>,
): Promise<void> {
  const session = aws.session({ world: company, account: production });
  const folder = newFolder(aws.endpoint, options);
  let hours = 0;
  const look = async () => {
    asCaller(session.credentials);
    const now = present + hours++ * hour;
    const { code, err } = await folder.command(['run', '--once'], now);
    if (code !== 0 && code !== 3) throw new Error(err);
    return folder.json<ResultRow[]>(['results'], now + 1000);
  };
  await tell({ session, look, folder });
  await folder.remove();
}

const rulesUnobserved = (rows: readonly ResultRow[]): string[] =>
  [...new Set(rows.filter(({ result }) => result === 'unobserved').map(({ rule }) => rule))].toSorted();
const unknown = (rows: readonly ResultRow[]): ResultRow[] => rows.filter(({ scope }) => scope.includes('/unknown/'));
const vague = (account: string) => (row: ResultRow) => row.scope.includes(`/${account}/`);

test(
  'regions that cannot be listed from the start are unobserved, rule by rule, until they can be',
  () =>
    looking({}, async ({ session, look }) => {
      session.policy = {
        Statement: [
          { Effect: 'Allow', Action: '*' },
          { Effect: 'Deny', Action: 'ec2:DescribeRegions' },
        ],
      };
      const blind = await look();
      const regional = new Set(blind.filter(({ scope }) => scope.includes('/unknown/')).map(({ rule }) => rule));
      expect([...regional]).toEqual(
        expect.arrayContaining([
          'aws.ebs.volume-encrypted',
          'aws.guardduty.enabled-all-regions',
          'aws.backup.job-succeeded',
          'aws.backup.restore-test-completed',
        ]),
      );
      for (const { result, reason } of unknown(blind).filter(({ rule }) => !rule.startsWith('meta.')))
        expect({ result, reason }).toMatchObject({ result: 'unobserved', reason: { reason: 'denied', call: 'ec2:DescribeRegions' } });
      expect(blind.filter(({ result }) => result === 'pass').map(({ population }) => population)).not.toContain('aws.ebs-volume');
      expect(rulesUnobserved(blind)).toContain('meta.scope-complete');

      session.policy = { Statement: [{ Effect: 'Allow', Action: '*' }] };
      const sighted = await look();
      expect(unknown(sighted)).toEqual([]);
      expect(rulesUnobserved(sighted)).toEqual([]);
    }),
  60_000,
);

test(
  'an account that cannot be entered from the start is unobserved until it can be',
  () =>
    looking(
      {
        accounts: [{ id: production }, { id: staging, role: `arn:aws:iam::${staging}:role/holdfast`, externalId: '${env:EXTERNAL_ID}' }],
        env: { EXTERNAL_ID: 'a guess' },
      },
      async ({ session, look }) => {
        const blind = await look();
        const there = blind.filter(vague(staging)).filter(({ rule }) => !rule.startsWith('meta.'));
        expect(there.length).toBeGreaterThan(20);
        for (const { result, reason } of there)
          expect({ result, reason }).toMatchObject({
            result: 'unobserved',
            reason: { reason: 'denied', call: 'sts:AssumeRole', needs: 'sts:AssumeRole' },
          });

        const role = { name: 'holdfast', externalId: 'a guess' };
        session.world = { ...company, accounts: { ...company.accounts, [staging]: { ...company.accounts[staging]!, role } } };
        const sighted = await look();
        expect(unknown(sighted)).toEqual([]);
        expect(rulesUnobserved(sighted)).toEqual([]);
        expect(sighted.filter(vague(staging)).some(({ result }) => result === 'fail')).toBe(true);
      },
    ),
  60_000,
);

test(
  'a region that the account gives up ends, and is not unobserved',
  () =>
    looking({}, async ({ session, look, folder }) => {
      const before = await look();
      expect(before.some(({ scope }) => scope.includes(`/${other}/`))).toBe(true);
      session.world = { ...company, regions: { ...company.regions, [other]: 'not-opted-in' } };
      const after = await look();
      expect(after.filter(({ scope }) => scope.includes(`/${other}/`))).toEqual([]);
      const then = await folder.json<ResultRow[]>(['results', '--at', new Date(present + 1000).toISOString()], present + 2 * hour);
      expect(then.some(({ scope, result }) => scope.includes(`/${other}/`) && result === 'fail')).toBe(true);
    }),
  60_000,
);

test(
  'a key whose own policy refuses us is unobserved by itself',
  () =>
    looking({ regions: [main] }, async ({ session, look }) => {
      const keys = mainRegion.keys!.map((key) => (key.metadata.KeyId === 'rotated' ? { ...key, refuses: true as const } : key));
      session.world = inMain({ keys });
      const rotation = Object.fromEntries(
        (await look())
          .filter(({ rule }) => rule === 'aws.kms.key-rotation')
          .map(({ name, result, reason }) => [name, reason ? `${result}: ${reason.reason}` : result]),
      );
      expect(rotation).toEqual({ 'alias/rotated': 'unobserved: denied', 'alias/still': 'fail', 'alias/signing': 'not-applicable' });
    }),
  60_000,
);

const inMain = (over: Partial<typeof mainRegion>): World => ({
  ...company,
  accounts: { ...company.accounts, [production]: { ...company.accounts[production]!, regions: { [main]: { ...mainRegion, ...over } } } },
});
