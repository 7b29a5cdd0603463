import { awsAccount } from '#populations/aws-account';
import { awsCloudtrailTrail, type ManagementEvents } from '#populations/aws-cloudtrail-trail';
import { day, definePopulationRule, fail, pass, type Verdict, z } from '#rule';

export default definePopulationRule(
  { accounts: awsAccount, trails: awsCloudtrailTrail },
  {
    id: 'aws.cloudtrail.multi-region-enabled',
    title: 'Management events of every region are logged',
    kind: 'state',
    severity: 'critical',
    within: 'account',
    rationale:
      'Without a trail that covers all regions, what was done and by whom is forgotten after 90 days, and nobody looks where no one works. A trail of the organization counts. An event data store of CloudTrail Lake is not seen.',
    remediation:
      'Create a trail of the organization for all regions, with management events of reads and writes, into a bucket of the log account.',
    inspects: { accounts: [], trails: ['multiRegion', 'globalEvents', 'logging', 'delivered', 'deliveryError', 'managementEvents'] },
    parameters: z.object({
      readEvents: z.boolean().default(true).describe('Asks for events that only read, besides those that write'),
      maxSilentDays: z.int().min(1).max(90).default(1).describe('Whole days (UTC) that may pass without a log file delivered'),
      allowedExclusions: z
        .array(z.string().min(1))
        .default(['kms.amazonaws.com', 'rdsdata.amazonaws.com'])
        .describe('Services whose events may be left out because of their number'),
    }),
    messages: {
      logged: 'Trail {trail} logs {events} of all regions, {exclusions}; delivered on {delivered}.',
      none: 'No trail records for the account.',
      regional: 'No trail covers all regions. {trail} covers one.',
      unglobal: 'Trail {trail} leaves out the events of global services.',
      stopped: 'Trail {trail} is stopped.',
      events: 'Trail {trail} records {events} of the management events.',
      excluded: 'Trail {trail} leaves out the events of {sources}.',
      undelivered: 'Trail {trail} cannot deliver: {error}.',
      undeliverable: 'Trail {trail} never delivered a log file.',
      silent: 'Trail {trail} last delivered a log file on {delivered}.',
    },
    examples: [
      {
        title: 'one trail for all regions',
        given: { accounts: [{ key: 'acme' }], trails: [{}] },
        expect: { acme: { result: 'pass', message: 'logged' } },
      },
      {
        title: 'no trail at all',
        given: { accounts: [{ key: 'acme' }], trails: [] },
        expect: { acme: { result: 'fail', message: 'none' } },
      },
      {
        title: 'a stopped trail',
        given: { accounts: [{ key: 'acme' }], trails: [{ logging: false }] },
        expect: { acme: { result: 'fail', message: 'stopped' } },
      },
    ],
    *evaluate({ accounts, trails }, { asOf, parameters }) {
      const judged = trails.toSorted((a, b) => (a.key < b.key ? -1 : 1)).map((trail) => judge(trail, asOf, parameters));
      const verdict = judged.toSorted((a, b) => b.reached - a.reached)[0]?.verdict ?? fail('none');
      for (const { key } of accounts) yield { key, ...verdict };
    },
  },
);

interface Trail {
  readonly name: string;
  readonly multiRegion: boolean;
  readonly globalEvents: boolean | null;
  readonly logging: boolean | null;
  readonly delivered: string | null;
  readonly deliveryError: string | null;
  readonly managementEvents: ManagementEvents | null;
}

interface Parameters {
  readonly readEvents: boolean;
  readonly maxSilentDays: number;
  readonly allowedExclusions: readonly string[];
}

type Message = 'logged' | 'none' | 'regional' | 'unglobal' | 'stopped' | 'events' | 'excluded' | 'undelivered' | 'undeliverable' | 'silent';

/** What one trail gives, and how many conditions it meets: the account is judged by the best. */
function judge(trail: Trail, asOf: number, parameters: Parameters): { reached: number; verdict: Verdict<Message> } {
  const { name, delivered, deliveryError, managementEvents } = trail;
  const at = (reached: number, verdict: Verdict<Message>) => ({ reached, verdict });
  if (!trail.multiRegion) return at(0, fail('regional', { trail: name }));
  if (!trail.globalEvents) return at(1, fail('unglobal', { trail: name }));
  if (!trail.logging) return at(2, fail('stopped', { trail: name }));
  const records = managementEvents?.records ?? 'none';
  if (records !== 'all' && !(records === 'write' && !parameters.readEvents))
    return at(3, fail('events', { trail: name, events: shares[records] }));
  const excluded = managementEvents?.excludedSources ?? [];
  const sources = excluded.filter((source) => !parameters.allowedExclusions.includes(source));
  if (sources.length > 0) return at(4, fail('excluded', { trail: name, sources: sources.join(', ') }));
  if (deliveryError !== null) return at(5, fail('undelivered', { trail: name, error: deliveryError }));
  if (delivered === null) return at(6, fail('undeliverable', { trail: name }));
  const until = Date.parse(delivered) + (parameters.maxSilentDays + 1) * day;
  if (asOf >= until) return at(7, fail('silent', { trail: name, delivered }));
  const exclusions = excluded.length === 0 ? 'of every service' : `without ${excluded.join(', ')}`;
  return at(
    8,
    pass('logged', { trail: name, events: records === 'all' ? 'reads and writes' : 'writes', exclusions, delivered }, { until }),
  );
}

const shares = { all: 'all', write: 'only the writes', read: 'only the reads', some: 'only some', none: 'none' } as const;
