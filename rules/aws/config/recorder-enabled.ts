import { awsConfigRecorder } from '#populations/aws-config-recorder';
import { defineRule, fail, pass, z } from '#rule';

export default defineRule(awsConfigRecorder, {
  id: 'aws.config.recorder-enabled',
  title: 'Configuration recording is on in every region',
  kind: 'state',
  severity: 'medium',
  rationale:
    'AWS Config keeps what a resource looked like at any past moment, which CloudTrail alone does not. Holdfast does not need it; use this rule if a control of yours names it. Whether IAM types are recorded in one of the regions is not judged.',
  remediation: 'Start a recorder for all supported resource types, with a delivery channel whose bucket it may write to.',
  inspects: ['recorder', 'recording', 'records', 'lastStatus', 'delivery'],
  parameters: z.object({
    allowExclusions: z.boolean().default(false).describe('Accepts a recorder with a list of excluded resource types'),
  }),
  messages: {
    recording: 'It records {records} and delivers to its bucket.',
    none: 'There is no recorder.',
    stopped: 'The recorder is stopped.',
    failing: 'The latest recording failed.',
    partial: 'It records only {records}.',
    channel: 'There is no delivery channel.',
    undelivered: 'The latest delivery to its {target} failed.',
  },
  examples: {
    pass: [{ records: 'all' }, { delivery: { history: null, stream: null } }],
    fail: [
      { recorder: null, recording: false, records: 'nothing', lastStatus: null, delivery: null },
      { recording: false },
      { lastStatus: 'failure' },
      { records: 'some' },
      { records: 'all-but-some' },
      { delivery: null },
      { delivery: { history: 'failure', stream: 'success' } },
      { delivery: { history: 'success', stream: 'failure' } },
    ],
  },
  evaluate({ recorder, recording, records, lastStatus, delivery }, { parameters }) {
    if (recorder === null) return fail('none');
    if (!recording) return fail('stopped');
    // A recorder that has just begun is pending; one that records nothing because the types are unsupported says so.
    if (lastStatus === 'failure') return fail('failing');
    const words = {
      all: 'all supported types',
      'all-but-some': 'all supported types but a list',
      some: 'a list of types',
      nothing: 'nothing',
    }[records];
    if (records !== 'all' && !(records === 'all-but-some' && parameters.allowExclusions)) return fail('partial', { records: words });
    if (delivery === null) return fail('channel');
    if (delivery.history === 'failure') return fail('undelivered', { target: 'bucket' });
    if (delivery.stream === 'failure') return fail('undelivered', { target: 'topic' });
    return pass('recording', { records: words });
  },
});
