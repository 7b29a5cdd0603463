import { allowsEverywhere, awsIamPolicy } from '#populations/aws-iam-policy';
import { defineRule, fail, notApplicable, pass, z } from '#rule';

export default defineRule(awsIamPolicy, {
  id: 'aws.iam.no-wildcard-admin-policy',
  title: "No policy of the company's own grants everything, or everything of a service that grants power",
  kind: 'state',
  severity: 'high',
  rationale: 'Whoever gets hold of one principal with such a policy owns the account.',
  remediation:
    'List the actions and resources that are needed. Let administrators use the policy that AWS manages, which is watched for who holds it.',
  inspects: ['attachments', 'statements'],
  parameters: z.object({
    alsoFlag: z
      .array(z.string().regex(/^[a-z0-9-]+:\*$/))
      .default(['iam:*', 'organizations:*', 'kms:*'])
      .describe('Services of which nobody may be granted every action on every resource, besides everything'),
  }),
  messages: {
    limited: 'No statement grants everything.',
    everything: 'A statement allows every action on every resource ({action}).',
    service: 'A statement allows {service} on every resource ({action}).',
    unattached: 'The policy is attached to nobody.',
  },
  examples: {
    pass: [{}],
    fail: [{ statements: [{ effect: 'Allow', actions: ['*'], notActions: null, resources: ['*'], notResources: null, conditions: [] }] }],
    notApplicable: [{ attachments: 0 }],
  },
  evaluate({ attachments, statements }, { parameters: { alsoFlag } }) {
    if (attachments === 0) return notApplicable('unattached');
    for (const statement of statements) {
      const action = allowsEverywhere(statement, '*');
      if (action !== null) return fail('everything', { action });
    }
    for (const service of alsoFlag) {
      for (const statement of statements) {
        const action = allowsEverywhere(statement, service);
        if (action !== null) return fail('service', { service, action });
      }
    }
    return pass('limited');
  },
});
