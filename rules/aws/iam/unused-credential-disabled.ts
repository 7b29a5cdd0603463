import { awsIamUser } from '#populations/aws-iam-user';
import { day, days, defineRule, fail, notApplicable, pass, z } from '#rule';

export default defineRule(awsIamUser, {
  id: 'aws.iam.unused-credential-disabled',
  title: 'Password and active access keys of an IAM user are in use',
  kind: 'state',
  severity: 'medium',
  rationale: 'Nobody notices when a credential that nobody uses is abused.',
  remediation: 'Delete the console password, and make the access key inactive, then delete it.',
  inspects: ['created', 'passwordEnabled', 'passwordChanged', 'passwordUsed', 'keys'],
  parameters: z.object({
    maxIdleDays: days(90).describe(
      'Days without use after which a credential must be gone; one that was never used counts from when it was made',
    ),
  }),
  messages: {
    used: 'Each credential was used or made within {limit} days: {credentials}.',
    idle: 'Not used for more than {limit} days: {credentials}.',
    none: 'The user has neither a console password nor an active access key.',
  },
  examples: {
    pass: [{}, { passwordUsed: null, passwordChanged: '2026-01-02T00:00:00.000Z' }],
    fail: [
      { passwordUsed: '2025-09-01T00:00:00.000Z' },
      { keys: [{ slot: 1, active: true, rotated: '2025-06-01T08:00:00.000Z', used: null }] },
    ],
    notApplicable: [{ passwordEnabled: false, keys: [{ slot: 1, active: false, rotated: '2024-06-01T08:00:00.000Z', used: null }] }],
  },
  evaluate({ created, passwordEnabled, passwordChanged, passwordUsed, keys }, { asOf, parameters: { maxIdleDays } }) {
    const credentials = [
      ...(passwordEnabled ? [{ what: 'the password', used: passwordUsed, made: passwordChanged ?? created }] : []),
      ...keys
        .filter(({ active }) => active)
        .map(({ slot, used, rotated }) => ({ what: `access key ${slot}`, used, made: rotated ?? created })),
    ].map((credential) => ({ ...credential, end: lastSign(credential) + maxIdleDays * day }));
    if (credentials.length === 0) return notApplicable('none');
    const idle = credentials.filter(({ end }) => asOf > end);
    const still = credentials.filter(({ end }) => asOf <= end).map(({ end }) => end + 1);
    const named = (some: typeof credentials) => ({ limit: maxIdleDays, credentials: some.map(describe).join('; ') });
    return idle.length > 0
      ? fail('idle', named(idle), still.length > 0 ? { until: Math.min(...still) } : {})
      : pass('used', named(credentials), { until: Math.min(...still) });
  },
});

interface Credential {
  readonly what: string;
  readonly used: string | null;
  readonly made: string;
}

/** A use is known by its day, so it counts to the end of that day. */
const lastSign = ({ used, made }: Credential): number => Math.max(Date.parse(made), used === null ? 0 : Date.parse(used) + day - 1);

const describe = ({ what, used, made }: Credential): string =>
  used === null ? `${what}, never used, of ${made.slice(0, 10)}` : `${what}, last used on ${used.slice(0, 10)}`;
