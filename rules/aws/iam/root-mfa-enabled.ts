import { awsAccount } from '#populations/aws-account';
import { defineRule, fail, notApplicable, pass, z } from '#rule';

export default defineRule(awsAccount, {
  id: 'aws.iam.root-mfa-enabled',
  title: 'Root has a second factor, or no credentials at all',
  kind: 'state',
  severity: 'critical',
  rationale: 'Root can do everything, and no policy limits it. A stolen password alone must not be enough.',
  remediation:
    'Sign in as root and add a passkey or a hardware key, or remove the credentials of root from the member account by central management.',
  inspects: ['rootMfa', 'rootMfaDevice'],
  parameters: z.object({
    requireHardware: z.boolean().default(false).describe('Asks for a passkey or a hardware key; an app that shows codes is not enough'),
  }),
  messages: {
    enabled: 'Root has a second factor: {device}.',
    removed: 'Root has neither a password nor an access key.',
    elsewhere: 'Root cannot sign in to this account.',
    none: 'Root has credentials and no second factor.',
    virtual: 'The second factor of root is virtual.',
  },
  examples: {
    pass: [{}, { rootMfa: 'no-credentials', rootMfaDevice: 'none' }],
    fail: [{ rootMfa: 'not-enabled', rootMfaDevice: 'none' }],
    notApplicable: [{ rootMfa: 'no-sign-in', rootMfaDevice: 'none' }],
  },
  evaluate({ rootMfa, rootMfaDevice: device }, { parameters: { requireHardware } }) {
    if (rootMfa === 'no-sign-in') return notApplicable('elsewhere');
    if (rootMfa === 'no-credentials') return pass('removed');
    if (rootMfa === 'not-enabled') return fail('none');
    return requireHardware && device !== 'hardware' ? fail('virtual') : pass('enabled', { device });
  },
});
