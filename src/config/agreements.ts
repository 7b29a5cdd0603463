import { existsSync } from 'node:fs';
import nodePath from 'node:path';
import { isLocalDate, monthsAfter } from '#src/config/local-date.ts';
import { listed, type Mistakes, shown, valueAt } from '#src/config/mistakes.ts';
import { checkPeople } from '#src/config/people.ts';
import type { Path } from '#src/config/yaml.ts';
import { nearestTo } from '#src/errors.ts';

/**
 * What several fields of holdfast.yaml must agree on. Looks at the values as they stand in the file, so that these mistakes
 * are told together with those of single fields; where a field itself does not fit, that is told instead.
 */
export function checkAgreements(
  mistakes: Mistakes,
  { folder, ...readers }: { folder: string; collectors: readonly string[] | undefined; investigators: readonly string[] },
): void {
  checkWindow(mistakes);
  checkCategories(mistakes);
  checkConnections(mistakes, readers);
  checkScope(mistakes);
  checkControls(mistakes, folder);
  checkOutside(mistakes);
  checkAlerts(mistakes);
  checkPeople(mistakes);
}

function checkWindow({ yaml, report }: Mistakes): void {
  const from = valueAt(yaml.value, ['window', 'from']);
  const to = valueAt(yaml.value, ['window', 'to']);
  if (typeof from !== 'string' || typeof to !== 'string' || !isLocalDate(from) || !isLocalDate(to)) return;
  if (to < from) {
    report(['window', 'to'], { expected: `a day not before the first, ${from}`, mend: 'Exchange the two days, or mend the year.' });
  } else if (to >= monthsAfter(from, 12)) {
    report(['window', 'to'], {
      expected: `a window of at most 12 months from ${from}`,
      mend: 'Split it; one report covers at most a year.',
    });
  }
}

function checkCategories({ yaml, report }: Mistakes): void {
  const chosen = valueAt(yaml.value, ['categories']);
  if (!Array.isArray(chosen)) return;
  reportRepeated(report, ['categories'], chosen, 'each category once');
  if (chosen.length > 0 && !chosen.includes('security')) {
    report(['categories'], {
      found: 'a list without security',
      expected: 'security among them',
      mend: 'Add security: every SOC 2 report covers it.',
    });
  }
}

interface Readers {
  readonly collectors: readonly string[] | undefined;
  readonly investigators: readonly string[];
}

function checkConnections({ yaml, report }: Mistakes, { collectors, investigators }: Readers): void {
  const connections = valueAt(yaml.value, ['connections']);
  if (!Array.isArray(connections)) return;
  reportRepeated(
    report,
    ['connections'],
    connections.map((connection) => valueAt(connection, ['id'])),
    'an id that no other connection has',
    'id',
  );
  for (const [index, connection] of connections.entries()) {
    const path: Path = ['connections', index];
    checkAccounts(report, [...path, 'accounts'], valueAt(connection, ['accounts']));
    const regions = valueAt(connection, ['regions']);
    if (Array.isArray(regions)) reportRepeated(report, [...path, 'regions'], regions, 'each region once');
    if (valueAt(connection, ['provider']) === 'github') checkGithubCredential(report, path, connection);
    if (collectors !== undefined) checkCollectors(report, path, connection, { collectors, investigators });
  }
}

function checkAccounts(report: Mistakes['report'], path: Path, accounts: unknown): void {
  if (!Array.isArray(accounts)) return;
  reportRepeated(
    report,
    path,
    accounts.map((account) => valueAt(account, ['id'])),
    'each account once',
    'id',
  );
  const direct = accounts.flatMap((account, index) => (valueAt(account, ['role']) === undefined ? [index] : []));
  for (const index of direct.slice(1)) {
    report([...path, index], {
      found: 'a second account without a role',
      expected: 'a role to assume in it',
      mend: 'Add `role`: credentials as they are reach one account only.',
    });
  }
  for (const [index, account] of accounts.entries()) {
    const id = valueAt(account, ['id']);
    const role = valueAt(account, ['role']);
    const owner = typeof role === 'string' ? /^arn:[a-z-]+:iam::(\d{12}):role\/./.exec(role)?.[1] : undefined;
    if (owner !== undefined && typeof id === 'string' && /^\d{12}$/.test(id) && owner !== id) {
      report([...path, index, 'role'], {
        expected: `a role of the account ${id}`,
        mend: `Write ${id} in the ARN, or give the account of the role as id.`,
      });
    }
    if (valueAt(account, ['externalId']) !== undefined && role === undefined) {
      report([...path, index, 'externalId'], {
        found: 'an external id without a role',
        expected: 'a role that asks for it',
        mend: 'Add `role`, or remove `externalId`.',
      });
    }
  }
}

function checkGithubCredential(report: Mistakes['report'], path: Path, connection: unknown): void {
  const [token, app] = [valueAt(connection, ['token']), valueAt(connection, ['app'])];
  if (token !== undefined && app !== undefined) {
    report([...path, 'app'], {
      found: 'both `token` and `app`',
      expected: 'one of the two',
      mend: 'Remove one; an app has the narrower permissions.',
    });
  } else if (token === undefined && app === undefined) {
    report(path, { found: 'neither `token` nor `app`', expected: 'one of the two', mend: 'Add for example `token: ${env:GITHUB_TOKEN}`.' });
  }
}

function checkCollectors(
  report: Mistakes['report'],
  path: Path,
  connection: unknown,
  { collectors, investigators }: { collectors: readonly string[]; investigators: readonly string[] },
): void {
  const provider = valueAt(connection, ['provider']);
  if (typeof provider !== 'string') return;
  const own = (ids: readonly string[]) => ids.filter((id) => id.startsWith(`${provider}-`));
  const reportUnknown = (at: Path, id: string, known: readonly string[]): void => {
    if (known.includes(id)) return;
    const nearest = nearestTo(id, known);
    report(at, {
      found: shown(id),
      expected: `a collector of ${provider}: ${listed(known)}`,
      mend: nearest === undefined ? 'Name one of them.' : `Did you mean "${nearest}"?`,
    });
  };
  const without = valueAt(connection, ['without']);
  if (Array.isArray(without)) {
    for (const [index, id] of without.entries())
      if (typeof id === 'string') reportUnknown([...path, 'without', index], id, own([...collectors, ...investigators]));
  }
  const every = valueAt(connection, ['every']);
  if (typeof every === 'object' && every !== null && !Array.isArray(every))
    for (const id of Object.keys(every)) reportUnknown([...path, 'every', id], id, own(collectors));
}

function checkScope({ yaml, report }: Mistakes): void {
  const [inside, outside] = [valueAt(yaml.value, ['scope', 'in']), valueAt(yaml.value, ['scope', 'out'])];
  if (!Array.isArray(inside) || !Array.isArray(outside)) return;
  for (const [index, entry] of outside.entries()) {
    const match = valueAt(entry, ['match']);
    if (typeof match === 'string' && inside.includes(match)) {
      report(['scope', 'out', index, 'match'], { expected: 'a place that is not also in scope', mend: 'Keep it in one of the two lists.' });
    }
  }
}

function checkControls({ yaml, report }: Mistakes, folder: string): void {
  const file = valueAt(yaml.value, ['controls']);
  if (typeof file !== 'string' || file.includes('://') || file.trim() === '') return;
  const path = nodePath.resolve(folder, file);
  if (!existsSync(path))
    report(['controls'], { expected: 'a file that exists', mend: `Put the file at ${path}, or leave \`controls\` out.` });
}

function checkOutside({ yaml, report }: Mistakes): void {
  const ledger = valueAt(yaml.value, ['ledger']);
  const previous = valueAt(ledger, ['previous']);
  const sources: [Path, unknown][] = Array.isArray(previous) ? previous.map((each, index) => [['ledger', 'previous', index], each]) : [];
  if (typeof ledger === 'object' && ledger !== null && !Array.isArray(ledger)) sources.unshift([['ledger'], ledger]);
  for (const [path, source] of sources) {
    const [key, kms] = [valueAt(source, ['key']), valueAt(source, ['kms'])];
    if (key !== undefined && kms !== undefined)
      report([...path, 'kms'], {
        found: 'both `key` and `kms`',
        expected: 'one of the two',
        mend: 'Remove one; a key in KMS cannot be copied.',
      });
    else if (key === undefined && kms === undefined && typeof source === 'object')
      report(path, {
        found: 'neither `key` nor `kms`',
        expected: 'one of the two',
        mend: 'Add for example `key: ${file:/run/secrets/ledger.pem}`; make one with `holdfast key --new FILE`.',
      });
  }
  const anchors = valueAt(yaml.value, ['anchors']);
  if (!Array.isArray(anchors)) return;
  const names = anchors.map((anchor) => valueAt(anchor, ['name']));
  reportRepeated(report, ['anchors'], names, 'a name that no other anchor has', 'name');
}

function checkAlerts({ yaml, report }: Mistakes): void {
  const alerts = valueAt(yaml.value, ['alerts']);
  if (typeof alerts !== 'object' || alerts === null || Array.isArray(alerts)) return;
  if (valueAt(alerts, ['slack']) === undefined && valueAt(alerts, ['webhook']) === undefined)
    report(['alerts'], {
      found: 'neither `slack` nor `webhook`',
      expected: 'at least one of the two',
      mend: 'Say where alerts go, or leave `alerts` out.',
    });
  if (valueAt(alerts, ['slack']) === undefined && valueAt(alerts, ['routes']) !== undefined)
    report(['alerts', 'routes'], {
      found: 'routes without `slack`',
      expected: 'a way that reaches more than one channel',
      mend: 'Add `slack`, or remove the routes: a webhook belongs to one channel.',
    });
}

function reportRepeated(report: Mistakes['report'], path: Path, values: readonly unknown[], expected: string, key?: string): void {
  for (const [index, value] of values.entries()) {
    if (typeof value === 'string' && values.indexOf(value) < index) {
      report([...path, index, ...(key === undefined ? [] : [key])], {
        found: `${shown(value)} a second time`,
        expected,
        mend: 'Remove it, or give another.',
      });
    }
  }
}
