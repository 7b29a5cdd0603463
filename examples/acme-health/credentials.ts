import { account, day, each, hour, iso, region } from './moving.ts';
import type { Recording } from './recordings.ts';

interface Credential {
  readonly user: string;
  readonly created: string;
  /** Made with the user. */
  readonly password?: true;
  /** When the second factor was enrolled. */
  readonly factor?: string;
  /** When a new key took over, each time. */
  readonly keys?: readonly string[];
}

const credentials: readonly Credential[] = [
  { user: 'break-glass', created: '2025-03-18T08:20:00Z', password: true, factor: '2025-03-18T08:31:00Z' },
  { user: 'audit-export', created: '2025-06-02T09:00:00Z', password: true, factor: '2025-06-02T09:05:00Z' },
  {
    user: 'metrics-export',
    created: '2025-07-14T10:12:00Z',
    keys: ['2025-12-12T10:05:00Z', '2026-02-24T10:00:00Z', '2026-06-03T09:40:00Z'],
  },
  { user: 'mail-relay', created: '2025-03-24T13:40:00Z', keys: ['2026-01-15T08:10:00Z', '2026-04-09T08:30:00Z', '2026-07-02T08:20:00Z'] },
  { user: 'lab-import', created: '2025-09-30T07:55:00Z', keys: ['2025-12-29T12:00:00Z', '2026-03-24T13:10:00Z', '2026-06-18T12:45:00Z'] },
  { user: 'legacy-erp', created: '2025-04-11T11:30:00Z', keys: ['2026-01-08T07:30:00Z', '2026-04-02T07:35:00Z', '2026-06-29T07:50:00Z'] },
  { user: 'render-farm', created: '2025-10-20T08:00:00Z', keys: ['2026-01-20T15:00:00Z', '2026-04-15T15:20:00Z', '2026-07-09T14:55:00Z'] },
  { user: 't.reiter', created: '2026-04-02T11:58:40Z', password: true, factor: '2026-04-26T09:30:00Z' },
];

/** IAM makes a report at most every four hours. */
export const credentialReport: Recording = {
  call: 'iam:GetCredentialReport',
  pages: each(4 * hour, (made) => [{ Content: reportAt(made), ReportFormat: 'text/csv', GeneratedTime: iso(made) }]),
};

function reportAt(made: number): string {
  const users = credentials.filter(({ created }) => Date.parse(created) <= made);
  return [columns, root, ...users.map((credential) => rowOf(credential, made))].join('\n');
}

const keyColumns = [1, 2].flatMap((slot) =>
  ['active', 'last_rotated', 'last_used_date', 'last_used_region', 'last_used_service'].map((fact) => `access_key_${slot}_${fact}`),
);
const columns = [
  'user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active',
  ...keyColumns,
  'cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated',
].join(',');

const noKey = 'false,N/A,N/A,N/A,N/A';
const noCertificates = 'false,N/A,false,N/A';
const root = [
  `<root_account>,arn:aws:iam::${account}:root,2025-03-18T07:41:12+00:00,true,2025-03-18T08:02:00+00:00,2025-03-18T07:41:12+00:00,not_supported,true`,
  noKey,
  noKey,
  noCertificates,
].join(',');

function rowOf({ user, created, password, factor, keys = [] }: Credential, made: number): string {
  const enrolled = factor !== undefined && Date.parse(factor) <= made;
  const secret = password ? `true,${latest(lastUse(made), created)},${csvTime(created)},N/A` : 'false,N/A,N/A,N/A';
  const identity = `${user},arn:aws:iam::${account}:user/${user},${csvTime(created)}`;
  return [identity, secret, enrolled, keyIn(0, keys, made), keyIn(1, keys, made), noCertificates].join(',');
}

/** A user has two places for keys, used in turn. The key that was replaced is switched off at once and deleted a week later. */
function keyIn(slot: number, keys: readonly string[], made: number): string {
  const current = keys.findLastIndex((key) => Date.parse(key) <= made);
  const since = keys[current];
  if (since === undefined) return noKey;
  if (current % 2 === slot) return `true,${csvTime(since)},${latest(lastUse(made), since)},${region},s3`;
  const kept = current > 0 && made < Date.parse(since) + 7 * day;
  return kept ? `false,${csvTime(since)},${csvTime(since)},${region},s3` : noKey;
}

/** Everything is used on the third of each month. */
function lastUse(made: number): string {
  const date = new Date(made);
  const third = (monthsBack: number) => Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - monthsBack, 3, 4);
  return iso(third(0) <= made ? third(0) : third(1));
}

const latest = (one: string, other: string): string => csvTime(Date.parse(one) > Date.parse(other) ? one : other);
const csvTime = (time: string): string => `${new Date(time).toISOString().slice(0, 19)}+00:00`;
