import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { openSqlite } from '#src/evidence/sqlite.ts';
import { type BackfillRecord, type EvidenceStore, scopeKey } from '#src/evidence/store.ts';
import { canonical } from '#src/ledger/canonical.ts';
import { verifyPackage } from '#src/package/verifiers/verify.mjs';
import { openReport } from '#src/report/report.ts';
import { defineCadenceRule, fail, judgedBy, pass } from '#src/rule.ts';
import { hour, minute, recordOf, start } from '#test/evidence/world.ts';
import { exampleRules, sourceOf } from './corrected-world.ts';
import { packageOf } from './world.ts';

const scope = { connection: 'first', account: '111111111111', region: 'global', population: 'example.bucket' };
const ruleSet = {
  rules: { 'example.a': { version: 'v1', parameters: {} } },
  byPopulation: { 'example.bucket': ['example.a'], 'example.change': ['example.event'] },
};
const item = (key: string) => ({
  key,
  name: key,
  at: null,
  snapshot: canonical({ key, name: key }),
  judgements: [{ rule: 'example.a', result: 'pass', message: 'Fine.', severity: 'low' } as const],
});
const call = (requestId: string) => ({ operation: 'List', parameters: '{}', page: 0, status: 200, requestId, reply: '{}' });
const unread = { unread: 'denied', call: 'List', needs: 'list', detail: '' } as const;
const failed = { ...call('refused'), status: 403, reply: null, failure: { reason: 'denied', code: '', detail: '' } as const };

/** A look of three items, then time in which the scope was not looked at, though another connection was. */
async function quietStore(): Promise<EvidenceStore> {
  const store = openSqlite(':memory:');
  const items = ['x', 'y', 'z'].map(item);
  const cycle = { ruleSet, retired: [] };
  await store.commit(
    recordOf({ ...cycle, connection: 'first', asOf: start, scopes: [{ scope, hold: 3 * hour, items, listed: 3 }] }, store.held),
  );
  await store.commit(recordOf({ ...cycle, connection: 'second', asOf: start + 2 * hour, scopes: [] }, store.held));
  return store;
}

const late = (looks: BackfillRecord['looks']): BackfillRecord => {
  const [from, to] = [start + minute, start + 2 * hour];
  return { at: to + 1, scope, from, to, reason: 'late', run: 'import-7', ruleSet, looks };
};

test('after a correction, the latest look and its calls are those of its last look that counts and is complete', async () => {
  await using store = await quietStore();
  await store.backfill(
    late([
      { asOf: start + 10 * minute, hold: hour, calls: [call('first')], items: [item('x')] },
      { asOf: start + 20 * minute, hold: hour, calls: [call('second')], items: [item('x'), item('y')] },
      { asOf: start + 30 * minute, hold: hour, calls: [failed], unread },
    ]),
  );
  const source = sourceOf(store, { from: start, to: start + 2 * hour });
  const report = openReport({ ...source.reporting, store: store.reading() });
  expect(report.item('example.a', scopeKey(scope), 'x')!.calls).toMatchObject([{ requestId: 'second' }]);
  const { files, bytes } = await packageOf(source);
  expect(files.get('ipe/reconciliations.csv')).toContain(
    `${scopeKey(scope)},items that the latest complete look listed,2,items that follow from the change log,2,agree,leaf 2 brought that look`,
  );
  expect((await verifyPackage(bytes, { judge: 'none' })).checks.flatMap(({ faults }) => faults)).toEqual([]);
});

const changes = { ...scope, population: 'example.change' };
const event = (key: string, result: 'pass' | 'fail', minutes: number) => ({
  key,
  name: key,
  at: start - minutes * minute,
  snapshot: canonical({ key, name: key }),
  judgements: [{ rule: 'example.event', result, message: `It is ${result}.`, severity: 'high' } as const],
});

/** Something must be done every hour; only the event `two` is none of that. */
const hourly = defineCadenceRule(exampleRules.map(judgedBy).find(({ type }) => type === 'example.change')!, {
  id: 'example.hourly',
  title: 'Hourly',
  severity: 'low',
  rationale: '',
  remediation: '',
  owedBy: 'everything',
  inspects: [],
  parameters: z.object({}),
  messages: { done: 'Done.', not: 'Not done.' },
  examples: { pass: [{}], fail: [] },
  schedule: () => ({ mode: 'rolling', days: 1 / 24 }),
  evaluate: ({ key }) => (key === 'two' ? fail('not') : pass('done')),
});

/** Two looks at events, the second of which first saw one that failed; then the scope ends, or only another connection is looked at. */
async function eventStore(ends: boolean): Promise<EvidenceStore> {
  const store = openSqlite(':memory:');
  const rules = { ...ruleSet.rules, 'example.event': { version: 'v1', parameters: {} } };
  const cycle = { ruleSet: { ...ruleSet, rules }, retired: [], connection: 'first' };
  const [one, two] = [event('one', 'pass', 10), event('two', 'fail', 5)];
  const hold = 3 * hour;
  await store.commit(recordOf({ ...cycle, asOf: start, scopes: [{ scope: changes, hold, items: [one], listed: 1 }] }, store.held));
  await store.commit(
    recordOf({ ...cycle, asOf: start + hour, scopes: [{ scope: changes, hold, items: [one, two], listed: 2 }] }, store.held),
  );
  const last = { ...cycle, asOf: start + 2 * hour, scopes: [] };
  await store.commit(recordOf(ends ? { ...last, retired: [changes] } : { ...last, connection: 'second' }, store.held));
  return store;
}

test.each([
  ['that lasts to the last cycle', false],
  ['up to the end of the scope', true],
])('an event that failed stays after a correction %s, unless what was brought lists it as another', async (_, ends) => {
  const known = async (items: ReturnType<typeof event>[]) => {
    await using store = await eventStore(ends);
    const { ruleSet: rules } = await rulesOf(store);
    const brought = items.map((each) => ({ ...each, name: each.key }));
    const looks = [{ asOf: start + 10 * minute, hold: hour, calls: [call('late')], items: brought }];
    await store.backfill({ ...late(looks), scope: changes, ruleSet: rules, to: start + 2 * hour - 1 });
    const { files, bytes } = await packageOf(sourceOf(store, { from: start - hour, to: start + 3 * hour }));
    expect((await verifyPackage(bytes, { judge: 'none' })).checks.flatMap(({ faults }) => faults)).toEqual([]);
    expect(store.check()).toEqual([]);
    return {
      files,
      rows: files
        .get('results/populations/example.event.csv')!
        .split('\n')
        .slice(1, -1)
        .map((row) => row.split(',').slice(1)),
    };
  };
  const one = ['one', 'one', '2025-12-31T23:50:00.000Z', 'pass', 'high', 'It is pass.'];
  const two = ['two', 'two', '2025-12-31T23:55:00.000Z', 'fail', 'high', 'It is fail.', ''];
  const head = 'rule,scope,item,at,severity,message,backfilled\n';
  const first = await known([event('one', 'pass', 10)]);
  expect(first.files.get('results/set-aside-events.csv')).toBe(head);
  expect(first.rows).toEqual([[...one, expect.anything()], two]);
  const other = await known([event('one', 'pass', 10), event('two', 'pass', 5)]);
  expect(other.rows).toEqual([
    [...one, expect.anything()],
    ['two', 'two', '2025-12-31T23:55:00.000Z', 'pass', 'high', 'It is pass.', '3'],
  ]);
  expect(other.files.get('results/set-aside-events.csv')).toBe(
    `${head}example.event,${scopeKey(changes)},two,2025-12-31T23:55:00.000Z,high,It is fail.,3\n`,
  );
  expect(other.files.get('00_README.html')!.replaceAll('\u00a0', ' ')).toContain('1 event that failed');
});

test('an event that failed, and that what was brought dates otherwise, is set aside of a window in which it is not any more', async () => {
  await using store = await eventStore(false);
  const { ruleSet: rules } = await rulesOf(store);
  const items = [event('one', 'pass', 10), event('two', 'fail', 90)];
  const looks = [{ asOf: start + 10 * minute, hold: hour, calls: [call('late')], items }];
  await store.backfill({ ...late(looks), scope: changes, ruleSet: rules, to: start + 2 * hour - 1 });
  const { files, bytes } = await packageOf(sourceOf(store, { from: start - hour, to: start + 3 * hour }));
  expect((await verifyPackage(bytes, { judge: 'none' })).checks.flatMap(({ faults }) => faults)).toEqual([]);
  expect(files.get('results/set-aside-events.csv')).toContain(',two,2025-12-31T23:55:00.000Z,high,It is fail.,3\n');
});

test('an obligation that was missed, and that what was brought meets, is set aside', async () => {
  await using store = await eventStore(false);
  const { ruleSet: rules } = await rulesOf(store);
  const items = [event('one', 'pass', 10), event('three', 'pass', -5)];
  const looks = [{ asOf: start + 10 * minute, hold: hour, calls: [call('late')], items }];
  await store.backfill({ ...late(looks), scope: changes, ruleSet: rules, to: start + 2 * hour - 1 });
  const source = sourceOf(store, { from: start - hour, to: start + 3 * hour });
  const { reporting } = source;
  const { files, bytes } = await packageOf({ ...source, reporting: { ...reporting, rules: [...reporting.rules, hourly] } });
  expect((await verifyPackage(bytes, { judge: 'none' })).checks.flatMap(({ faults }) => faults)).toEqual([]);
  expect(files.get('results/set-aside-obligations.csv')!.split('\n').slice(0, -1)).toEqual([
    'rule,subject,period,from,to,due,recorded,told',
    'example.hourly,the company,2025-12-31T23:50:00.000Z,2025-12-31T23:50:00.000Z,2026-01-01T00:50:00.000Z,2026-01-01T00:50:00.000Z,missed,met',
  ]);
  expect(files.get('00_README.html')!.replaceAll('\u00a0', ' ')).toContain('1 obligation late or missed');
});

const rulesOf = async (store: EvidenceStore) => ({ ruleSet: [...store.told()].at(-1)!.ruleSet });
