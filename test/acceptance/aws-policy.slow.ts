import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isUnread } from '#src/population.ts';
import type { ResultRow } from '#src/report/types.ts';
import { company, present, production } from '#test/doubles/aws/company.ts';
import { actionOf, type Policy } from '#test/doubles/aws/permissions.ts';
import { type AwsDouble, startAws } from '#test/doubles/aws/server.ts';
import { asCaller, inTurns, lookAs, newFolder } from './company.ts';
import { losses } from './dependents.ts';
import { expectLoss, rowsAfter, type Starting, startingFrom } from './starting.ts';

/** The policy that `holdfast policy aws` prints is enough, and no action in it is too many: enforced by a double with its own table of actions. */
const later = present + 3_600_000;
let aws: AwsDouble;
let policy: Policy & { Statement: readonly { Action: readonly string[] }[] };
let starting: Starting;
let unread: string[];

/** The actions that are allowed, known before anything runs so that each is a test of its own. */
const actions = Object.keys(losses);

beforeAll(async () => {
  aws = await startAws();
  const nobody = aws.session({ world: company, account: production, policy: { Statement: [] } });
  asCaller(nobody.credentials);
  const folder = newFolder(aws.endpoint);
  policy = await folder.json<typeof policy>(['policy', 'aws'], present);
  const customer = aws.session({ world: company, account: production, policy });
  asCaller(customer.credentials);
  expect(await folder.command(['run', '--once'], present)).toMatchObject({ code: 0, err: '' });
  starting = await startingFrom(folder, customer.credentials, later);
  unread = starting.held.flatMap(({ items }) =>
    [...items.values()].flatMap(({ item }) =>
      Object.values(item)
        .filter(isUnread)
        .map(({ call, unread }) => `${item.key}: ${call} ${unread}`),
    ),
  );
}, 60_000);

afterAll(async () => {
  await starting?.folder.remove();
  await aws?.close();
});

const allowed = (): readonly string[] =>
  policy.Statement.filter(({ Effect }) => Effect === 'Allow')
    .flatMap(({ Action }) => Action)
    .toSorted();

describe('the policy of AWS', () => {
  test('is enough: every population is read, and every field', () => {
    expect(starting.held.filter(({ failing, lastLook }) => failing !== null || lastLook !== later).map(({ scope }) => scope)).toEqual([]);
    expect(unread).toEqual([]);
    expect(starting.control.filter(({ result }) => result === 'unobserved')).toEqual([]);
  });

  test('names actions of AWS alone, each once and in order, and none that the double does not know', () => {
    expect(allowed()).toEqual([...new Set(allowed())].toSorted());
    const known = new Set(Object.values(actionOf));
    expect(allowed().filter((action) => !known.has(action))).toEqual(['sts:GetCallerIdentity']);
    expect(allowed()).toEqual([...actions].toSorted());
  });

  test('without permission nothing is read, and the program says so', async () => {
    const nobody = aws.session({ world: company, account: production, policy: { Statement: [] } });
    asCaller(nobody.credentials);
    const folder = newFolder(aws.endpoint);
    const { code, err } = await folder.command(['run', '--once'], present);
    expect({ code, err }).toEqual({ code: 3, err: expect.stringContaining('denied') });
    const rows = await folder.json<ResultRow[]>(['results'], present + 1000);
    expect(rows.filter(({ rule, result }) => result !== 'unobserved' && !rule.startsWith('meta.') && result !== 'pending')).toEqual([]);
    await folder.remove();
  }, 30_000);
});

describe('the policy without one action: what depends on it is unobserved, and names it', () => {
  let told: Map<string, ResultRow[]>;
  let lacking: Map<string, number>;

  beforeAll(async () => {
    lacking = new Map();
    told = await inTurns(actions, 8, async (action) => {
      const rest = { Statement: [{ Effect: 'Allow', Action: allowed().filter((each) => each !== action) }] };
      const customer = aws.session({ world: company, account: production, policy: rest });
      const twin = starting.folder.copy();
      const rows = await lookAs(twin, customer.credentials, later, ({ rows, agent }) => {
        const held = [...agent.store.held.values()];
        const naming = held.filter(({ failing }) => failing?.unread.needs === action).length;
        lacking.set(
          action,
          naming +
            held.flatMap(({ items }) =>
              [...items.values()].flatMap(({ item }) => Object.values(item).filter((field) => isUnread(field) && field.needs === action)),
            ).length,
        );
        return rows;
      });
      await twin.remove();
      return rows;
    });
  }, 120_000);

  test.each(actions)('%s', (action) => {
    const operations = Object.keys(actionOf).filter((operation) => actionOf[operation] === action);
    expectLoss(starting, told.get(action)!, {
      loss: losses[action]!,
      reason: 'denied',
      says: { call: operations.join('|'), needs: action },
    });
    // Every action is needed for something, but for the one that AWS asks nobody for, and the one that tells who changed something.
    expect(lacking.get(action)! > 0).toBe(!['sts:GetCallerIdentity', 'cloudtrail:LookupEvents'].includes(action));
  });
});

test('a denial beats what is allowed', async () => {
  const denied = { Statement: [...policy.Statement, { Effect: 'Deny', Action: 'kms:*' }] };
  const customer = aws.session({ world: company, account: production, policy: denied });
  expectLoss(starting, await rowsAfter(starting, customer.credentials), {
    loss: losses['kms:ListKeys']!,
    reason: 'denied',
    says: { call: 'kms:ListAliases', needs: 'kms:ListAliases' },
  });
}, 30_000);
