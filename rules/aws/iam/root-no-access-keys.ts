import { awsAccount } from '#populations/aws-account';
import { defineRule, fail, pass, z } from '#rule';

export default defineRule(awsAccount, {
  id: 'aws.iam.root-no-access-keys',
  title: 'Root has no active access key and no signing certificate',
  kind: 'state',
  severity: 'critical',
  rationale: 'A key of root works from anywhere, without a second factor, and nothing limits what it may do.',
  remediation: 'Delete the access keys and signing certificates of root. Give what used them a role.',
  inspects: ['rootAccessKeys', 'rootSigningCertificate'],
  parameters: z.object({}),
  messages: {
    none: 'Root has no access key and no signing certificate.',
    inactive: 'Root has an access key, which is inactive.',
    present: 'Root has an access key.',
    certificate: 'Root has an X.509 signing certificate.',
  },
  examples: {
    pass: [{}, { rootAccessKeys: 'inactive' }],
    fail: [{ rootAccessKeys: 'present' }, { rootSigningCertificate: true }],
  },
  evaluate({ rootAccessKeys, rootSigningCertificate }) {
    if (rootAccessKeys === 'present') return fail('present');
    if (rootSigningCertificate) return fail('certificate');
    return pass(rootAccessKeys);
  },
});
