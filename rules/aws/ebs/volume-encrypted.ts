import { awsEbsVolume } from '#populations/aws-ebs-volume';
import { defineRule, fail, notApplicable, pass, z } from '#rule';

export default defineRule(awsEbsVolume, {
  id: 'aws.ebs.volume-encrypted',
  title: 'EBS volume is encrypted',
  kind: 'state',
  severity: 'high',
  rationale: 'Data on a lost or wrongly shared copy of an encrypted volume stays unreadable without the key.',
  remediation: 'Copy a snapshot of the volume with encryption on, make a volume of the copy, and put it in place of this one.',
  inspects: ['encrypted', 'state', 'createdAt', 'attachedTo'],
  parameters: z.object({}),
  messages: {
    encrypted: 'The volume is encrypted.',
    clear: 'The volume is not encrypted. It was created {created} and is {state}; attached to: {attachedTo}.',
    deleted: 'The volume is being deleted.',
  },
  examples: {
    pass: [{}],
    fail: [
      { encrypted: false, kmsKeyId: null },
      { encrypted: false, kmsKeyId: null, state: 'available', attachedTo: [] },
    ],
    notApplicable: [{ encrypted: false, kmsKeyId: null, state: 'deleting', attachedTo: [] }],
  },
  evaluate({ encrypted, state, createdAt, attachedTo }) {
    if (encrypted) return pass('encrypted');
    if (state === 'deleting' || state === 'deleted') return notApplicable('deleted');
    return fail('clear', { created: createdAt.slice(0, 10), state, attachedTo: attachedTo.join(', ') || 'nothing' });
  },
});
