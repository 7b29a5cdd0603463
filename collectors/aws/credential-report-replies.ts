import { z } from 'zod';
import type { Api, Read, Reply, Unread } from '#collector';

/** The credential report: a CSV file with a row per user and one for root. */
const columns = {
  user: z.string(),
  arn: z.string(),
  user_creation_time: z.string(),
  password_enabled: z.string(),
  password_last_used: z.string(),
  password_last_changed: z.string(),
  mfa_active: z.enum(['true', 'false']),
  access_key_1_active: z.enum(['true', 'false']),
  access_key_1_last_rotated: z.string(),
  access_key_1_last_used_date: z.string(),
  access_key_2_active: z.enum(['true', 'false']),
  access_key_2_last_rotated: z.string(),
  access_key_2_last_used_date: z.string(),
  cert_1_active: z.enum(['true', 'false']),
  cert_2_active: z.enum(['true', 'false']),
  // Newer reports name further keys here, and only their number.
  additional_credentials_info: z.string().optional(),
};
const Row = z.object(columns);
export type Row = z.infer<typeof Row>;
const CredentialReport = z.object({
  Content: z.preprocess(
    (value) => (typeof value === 'string' || ArrayBuffer.isView(value) ? rowsOf(value as string | Uint8Array) : value),
    z.array(Row),
  ),
});
const ReportMade = z.object({ State: z.literal('COMPLETE') });

/** The calls behind a credential report. */
export const reportReads = {
  'iam:GenerateCredentialReport': { needs: 'iam:GenerateCredentialReport', reply: ReportMade },
  'iam:GetCredentialReport': { needs: 'iam:GetCredentialReport', reply: CredentialReport },
} satisfies Record<string, Read>;

export const reportLimits =
  'IAM makes a new credential report at most every four hours: what it tells of passwords and keys may be that old, and a user created since is not in it.';

/**
 * The newest credential report there can be. Without having had it made, an older one proves nothing of today, so it is not used:
 * the client has waited a minute for IAM to make it.
 */
export async function readReport(api: Api<typeof reportReads>): Promise<Reply<readonly Row[]>> {
  const made = await api.get('iam:GenerateCredentialReport', {});
  if (!made.ok) return made;
  const report = await api.get('iam:GetCredentialReport', {});
  return report.ok ? { ok: true, value: report.value.Content } : report;
}

interface Credentials {
  readonly created: string | null;
  readonly passwordEnabled: boolean | null;
  readonly passwordChanged: string | null;
  readonly passwordUsed: string | null;
  readonly mfaActive: boolean;
  readonly keys: readonly Key[];
  /** There are more keys than the two of which the report tells. */
  readonly more: boolean;
}
export interface Key {
  readonly slot: number;
  readonly active: boolean;
  readonly rotated: string | null;
  readonly used: string | null;
}
interface User {
  readonly Arn: string;
  readonly UserName: string;
  readonly UserId: string;
  readonly CreateDate: string;
}
interface Told {
  readonly key: string;
  readonly name: string;
  readonly created: string | Unread;
  readonly told: Credentials | Unread;
}

/**
 * Every user there is, with what the report tells of its credentials. The list is of now and the report up to four hours old: a user made
 * since is told of without credentials, and one removed since stays, unread, until the report forgets it too. Nobody is left out.
 */
export function* credentialsOf(
  users: readonly User[],
  report: Reply<readonly Row[]>,
  unread: (reason: 'gone' | 'withheld' | 'malformed', detail: string) => Unread,
): Generator<Told> {
  const rows = Map.groupBy(report.ok ? report.value.filter(({ user }) => user !== root) : [], ({ arn }) => arn);
  const known = new Set<string>();
  for (const { Arn, UserName, UserId, CreateDate } of users) {
    const [row, ...twins] = rows.get(Arn) ?? [];
    known.add(Arn);
    yield {
      key: `${Arn}#${UserId}`,
      name: UserName,
      created: CreateDate,
      told: report.ok ? credentialsIn(row, twins, CreateDate) : report.unread,
    };
  }
  for (const [arn, [row]] of rows) {
    if (known.has(arn)) continue;
    const told = unread('gone', 'the credential report tells of this user, and the list of users does not');
    yield { key: `${arn}#created ${row?.user_creation_time}`, name: row?.user ?? arn, created: told, told };
  }

  function credentialsIn(row: Row | undefined, twins: readonly Row[], createdAt: string): Credentials | Unread {
    if (!row) return unread('withheld', 'the credential report does not tell of this user, who may be newer');
    // Some reports hold a row twice.
    if (twins.some((twin) => JSON.stringify(twin) !== JSON.stringify(row)))
      return unread('malformed', 'the report has two different rows for the user');
    const credentials = parse(row);
    if (credentials.created?.slice(0, 19) !== createdAt.slice(0, 19))
      return unread('withheld', 'the report tells of an earlier user of the same name');
    return credentials;
  }
}

export const root = '<root_account>';

function parse(row: Row): Credentials {
  const keys = [
    keyIn(1, row.access_key_1_active, row.access_key_1_last_rotated, row.access_key_1_last_used_date),
    keyIn(2, row.access_key_2_active, row.access_key_2_last_rotated, row.access_key_2_last_used_date),
  ];
  return {
    created: timeIn(row.user_creation_time),
    passwordEnabled: booleanIn(row.password_enabled),
    passwordChanged: timeIn(row.password_last_changed),
    passwordUsed: dayOf(timeIn(row.password_last_used)),
    mfaActive: row.mfa_active === 'true',
    keys: keys.filter(({ active, rotated }) => active || rotated !== null),
    more: !/^(?:|N\/A|no_information|not_supported)$/.test(row.additional_credentials_info ?? ''),
  };
}

const keyIn = (slot: number, active: string, rotated: string, used: string): Key => ({
  slot,
  active: active === 'true',
  rotated: timeIn(rotated),
  used: dayOf(timeIn(used)),
});

export const booleanIn = (text: string): boolean | null => (text === 'true' ? true : text === 'false' ? false : null);

/** An instant of the report. `N/A`, `no_information` and `not_supported` tell of none. */
const timeIn = (text: string): string | null => (Number.isNaN(Date.parse(text)) ? null : new Date(text).toISOString());

/** The day of an instant that moves with every use. */
const dayOf = (time: string | null): string | null => (time === null ? null : `${time.slice(0, 10)}T00:00:00.000Z`);

function rowsOf(content: string | Uint8Array): unknown {
  const text = typeof content === 'string' ? content : new TextDecoder().decode(content);
  const [header = [], ...records] = text
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .map(cellsOf);
  return records.map((cells) => Object.fromEntries(header.map((name, i) => [name, cells[i]])));
}

/** The cells of a line of CSV. */
const cellsOf = (line: string): string[] =>
  [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '');
