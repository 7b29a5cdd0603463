import { awsGuarddutyDetector } from '#populations/aws-guardduty-detector';
import { defineRule, fail, notApplicable, pass, z } from '#rule';

export default defineRule(awsGuarddutyDetector, {
  id: 'aws.guardduty.enabled-all-regions',
  title: 'Threat detection is on in every region',
  kind: 'state',
  severity: 'high',
  rationale:
    'Attackers choose the region that nobody watches. Detection belongs into the unused ones too; regions that the account has not opted into cannot be used.',
  remediation: 'Enable GuardDuty in the region, best for the whole organization, with the protections that are asked for.',
  inspects: ['status', 'features'],
  parameters: z.object({
    requiredFeatures: z
      .array(z.string().min(1))
      .default(['S3_DATA_EVENTS'])
      .describe("Protections that must be on, in GuardDuty's own names"),
    equivalents: z
      .array(z.object({ key: z.string().min(1), reason: z.string().min(1) }))
      .default([])
      .describe('Regions of accounts that another product watches, by item key, and which product does'),
  }),
  messages: {
    enabled: 'GuardDuty is on, with {features}.',
    none: 'There is no GuardDuty detector.',
    disabled: 'The GuardDuty detector is suspended.',
    incomplete: 'GuardDuty is on, without {missing}.',
    equivalent: 'Another product watches it: {reason}.',
  },
  examples: {
    pass: [{ status: 'enabled', features: ['S3_DATA_EVENTS'] }],
    fail: [
      { status: 'none', detector: null, features: [] },
      { status: 'disabled' },
      { features: ['CLOUD_TRAIL', 'DNS_LOGS', 'FLOW_LOGS'] },
    ],
  },
  evaluate({ key, status, features }, { parameters: { requiredFeatures, equivalents } }) {
    const missing = requiredFeatures.filter((feature) => !features.includes(feature));
    if (status === 'enabled' && missing.length === 0) return pass('enabled', { features: features.join(', ') || 'no further protection' });
    const equivalent = equivalents.find((entry) => entry.key === key);
    if (equivalent) return notApplicable('equivalent', { reason: equivalent.reason });
    return status === 'enabled' ? fail('incomplete', { missing: missing.join(', ') }) : fail(status);
  },
});
