import { awsKmsKey } from '#populations/aws-kms-key';
import { defineRule, fail, notApplicable, pass, z } from '#rule';

export default defineRule(awsKmsKey, {
  id: 'aws.kms.key-rotation',
  title: 'Customer managed keys rotate',
  kind: 'state',
  severity: 'medium',
  rationale: 'Rotation limits how much data one version of a key protects.',
  remediation: 'Switch automatic rotation on for the key, with the required period.',
  inspects: ['manager', 'state', 'spec', 'origin', 'multiRegion', 'rotation'],
  parameters: z.object({
    maxPeriodDays: z.int().min(90).max(2560).default(365).describe('Days after which a key has to rotate at the latest'),
  }),
  messages: {
    rotates: 'It rotates every {days} days.',
    off: 'It does not rotate.',
    slow: 'It rotates every {days} days, more than {allowed}.',
    managed: 'AWS manages and rotates it.',
    inactive: 'It is {state}, so it encrypts nothing.',
    kind: 'The service offers no automatic rotation for a key of kind {spec} with material from {origin}.',
    replica: 'It is a replica, and rotates with its primary.',
  },
  examples: {
    pass: [{ rotation: { enabled: true, periodDays: 365 } }],
    fail: [{ rotation: { enabled: false, periodDays: null } }, { rotation: { enabled: true, periodDays: 730 } }],
    notApplicable: [
      { manager: 'AWS' },
      { state: 'PendingDeletion', rotation: { enabled: false, periodDays: null } },
      { spec: 'RSA_4096', usage: 'SIGN_VERIFY', rotation: null },
      { multiRegion: 'replica' },
    ],
  },
  evaluate({ manager, state, spec, origin, multiRegion, rotation }, { parameters }) {
    if (manager !== 'CUSTOMER') return notApplicable('managed');
    if (spec !== 'SYMMETRIC_DEFAULT' || origin !== 'AWS_KMS') return notApplicable('kind', { spec, origin });
    if (state !== 'Enabled') return notApplicable('inactive', { state });
    if (multiRegion === 'replica') return notApplicable('replica');
    if (!rotation?.enabled || rotation.periodDays === null) return fail('off');
    const { periodDays } = rotation;
    return periodDays <= parameters.maxPeriodDays
      ? pass('rotates', { days: periodDays })
      : fail('slow', { days: periodDays, allowed: parameters.maxPeriodDays });
  },
});
