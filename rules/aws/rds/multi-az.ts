import { awsDatabase } from '#populations/aws-database';
import { defineRule, fail, notApplicable, pass, z } from '#rule';

export default defineRule(awsDatabase, {
  id: 'aws.rds.multi-az',
  title: 'Databases span two availability zones',
  kind: 'state',
  severity: 'medium',
  rationale: 'A database in one zone is gone while the zone is. A standby, or a cluster member in another zone, takes over within minutes.',
  remediation:
    'Switch Multi-AZ on, or add a cluster member in another zone. Name the tag of production databases, or the databases that need no standby, in the parameters.',
  inspects: ['form', 'arn', 'multiAz', 'replicaOf', 'tags'],
  parameters: z.object({
    onlyTagged: z
      .object({ key: z.string().min(1), value: z.string() })
      .nullable()
      .default(null)
      .describe('Judges only databases with this tag; null judges all'),
    exempt: z
      .array(z.object({ arn: z.string().min(1), reason: z.string().min(1) }))
      .default([])
      .describe('Databases that need no standby, by ARN, and why'),
  }),
  messages: {
    standby: 'It has a standby in another zone.',
    members: 'Its members are in two zones or more.',
    single: 'It runs in one zone.',
    replica: 'It copies {source}.',
    exempt: 'It needs no standby: {reason}.',
    untagged: 'It has no tag {tag}.',
  },
  examples: {
    pass: [{ multiAz: true }, { form: 'cluster', engine: 'aurora-postgresql', multiAz: true }],
    fail: [{ multiAz: false }, { form: 'cluster', engine: 'aurora-mysql', multiAz: false }],
    notApplicable: [{ multiAz: false, replicaOf: 'orders' }],
  },
  evaluate({ form, arn, multiAz, replicaOf, tags }, { parameters: { onlyTagged, exempt } }) {
    if (onlyTagged && !tags.some(({ key, value }) => key === onlyTagged.key && value === onlyTagged.value)) {
      return notApplicable('untagged', { tag: `${onlyTagged.key}=${onlyTagged.value}` });
    }
    if (replicaOf !== null) return notApplicable('replica', { source: replicaOf });
    if (multiAz) return form === 'cluster' ? pass('members') : pass('standby');
    const exemption = exempt.find((entry) => entry.arn === arn);
    return exemption ? notApplicable('exempt', { reason: exemption.reason }) : fail('single');
  },
});
