import { awsCloudtrailTrail } from '#populations/aws-cloudtrail-trail';
import { defineRule, fail, notApplicable, pass, z } from '#rule';

export default defineRule(awsCloudtrailTrail, {
  id: 'aws.cloudtrail.log-validation',
  title: 'Trails sign their log files',
  kind: 'state',
  severity: 'medium',
  rationale: 'Signed digests show whether a log file was changed, deleted or forged after it was delivered.',
  remediation: 'Switch log file validation on for the trail.',
  inspects: ['logValidation', 'ownTrail', 'owner'],
  parameters: z.object({}),
  messages: {
    signed: 'Log file validation is on.',
    unsigned: 'Log file validation is off.',
    elsewhere: 'The trail belongs to account {owner}, and is judged there.',
  },
  examples: {
    pass: [{ logValidation: true }],
    fail: [{ logValidation: false }],
    notApplicable: [{ ownTrail: false, owner: '999999999999', logValidation: false }],
  },
  evaluate({ logValidation, ownTrail, owner }) {
    if (!ownTrail) return notApplicable('elsewhere', { owner });
    return logValidation ? pass('signed') : fail('unsigned');
  },
});
