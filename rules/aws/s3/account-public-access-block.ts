import { awsAccount } from '#populations/aws-account';
import { defineRule, fail, notApplicable, pass, z } from '#rule';

export default defineRule(awsAccount, {
  id: 'aws.s3.account-public-access-block',
  title: 'S3 Block Public Access of the account is fully on',
  kind: 'state',
  severity: 'high',
  rationale: 'It keeps every bucket of the account private, whatever its own policy and access list say.',
  remediation: 'Switch all four settings on for the account. Where it must host public files, put them into an account of their own.',
  inspects: ['publicAccessBlock'],
  parameters: z.object({
    publicAccounts: z
      .array(z.object({ account: z.string().regex(/^\d{12}$/), reason: z.string().min(1) }))
      .default([])
      .describe('Accounts that host public files; there each bucket is judged by itself'),
  }),
  messages: {
    on: 'All four settings are on.',
    off: 'Off: {settings}.',
    never: 'Block Public Access was never set for the account.',
    'public-account': 'The account hosts public files: {reason}.',
  },
  examples: {
    pass: [{}],
    fail: [
      { publicAccessBlock: null },
      { publicAccessBlock: { blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: false } },
    ],
  },
  evaluate({ name, publicAccessBlock: block }, { parameters: { publicAccounts } }) {
    const listed = publicAccounts.find(({ account }) => account === name);
    if (listed) return notApplicable('public-account', { reason: listed.reason });
    if (block === null) return fail('never');
    const off = Object.entries(block)
      .filter(([, on]) => !on)
      .map(([setting]) => setting);
    return off.length === 0 ? pass('on') : fail('off', { settings: off.join(', ') });
  },
});
