/**
 * What the evidence store costs. By hand: node --expose-gc bench/store.ts [items] [cycles]
 * A year of hourly cycles over 10,000 items by default, of which 0.3 % change a day.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Judgement } from '#src/cycle/evaluate.ts';
import { openSqlite } from '#src/evidence/sqlite.ts';
import type { CycleRecord, EvidenceStore, ItemChange, RuleSet } from '#src/evidence/store.ts';
import { canonical } from '#src/ledger/canonical.ts';

const [items = 10_000, cycles = 8_760] = process.argv.slice(2).map(Number);
const scopes = 20;
const hour = 3_600_000;
const start = Date.UTC(2026, 0, 1);
const rules = Array.from({ length: 5 }, (_, i) => `example.bucket-rule-${i}`);
const ruleSet: RuleSet = {
  rules: Object.fromEntries(rules.map((rule) => [rule, { version: 'a'.repeat(64), parameters: {} }])),
  byPopulation: { 'example.bucket': rules },
};

const replies = new Map<string, string>();

const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
const file = join(folder, 'evidence.db');
try {
  await measure();
} finally {
  rmSync(folder, { recursive: true });
}

async function measure(): Promise<void> {
  let store = openSqlite(file);
  const first = cycle(0, everyItem());
  report('first cycle', await timed(() => store.commit(first)));
  report('  on disk', `${(await size(store)) / 1e6} MB`);
  const before = await size(store);
  const quiet: number[] = [];
  for (let n = 1; n <= 200; n++) quiet.push(await milliseconds(() => store.commit(cycle(n, new Map()))));
  quiet.sort((a, b) => a - b);
  report(
    'unchanged cycle',
    `p50 ${quiet[100]!.toFixed(1)} ms, p99 ${quiet[197]!.toFixed(1)} ms, ${Math.round(((await size(store)) - before) / 200)} B on disk`,
  );

  const random = randomFrom(7);
  const year = await milliseconds(async () => {
    for (let n = 201; n < cycles; n++) await store.commit(cycle(n, someItems(random, n)));
  });
  report(`the rest of ${cycles} hourly cycles`, `${(year / 1e3).toFixed(1)} s`);
  report('  on disk', `${(await size(store)) / 1e6} MB`);
  await store[Symbol.asyncDispose]();
  report('open', await timed(() => void (store = openSqlite(file))));
  report('all runs of the year', await timed(() => void [...store.runs({ from: 0, to: Infinity })].length));
  let complaints: string[] = [];
  report('check', await timed(() => void (complaints = store.check())));
  report('  complaints', String(complaints.length));
  await store[Symbol.asyncDispose]();
  const db = new DatabaseSync(file, { readOnly: true });
  for (const row of db.prepare('SELECT name, sum(pgsize) AS bytes FROM dbstat GROUP BY name ORDER BY bytes DESC LIMIT 12').all())
    report(`  ${String(row['name'])}`, `${Number(row['bytes']) / 1e6} MB`);
  db.close();
}

function cycle(n: number, changes: ReadonlyMap<number, ItemChange[]>): CycleRecord {
  const asOf = start + n * hour;
  return {
    connection: 'bench',
    asOf,
    ended: asOf + 60_000,
    ruleSet,
    retired: [],
    scopes: Array.from({ length: scopes }, (_, i) => ({
      scope: { connection: 'bench', account: '111122223333', region: `region-${i}`, population: 'example.bucket' },
      hold: 2 * hour,
      status: 'complete',
      items: Math.floor((items - i + scopes - 1) / scopes),
      changes: changes.get(i) ?? [],
      calls: Array.from({ length: 10 }, (_, call) => ({
        operation: 's3:ListBuckets',
        parameters: canonical({ MaxBuckets: 100, Prefix: `p${call}` }),
        page: 0,
        status: 200,
        requestId: `${n}-${i}-${call}-${'abcdef0123456789'.repeat(2)}`.slice(0, 36),
        reply: reply(i, call),
      })),
    })),
  };
}

function reply(scope: number, call: number): string {
  const key = `${scope} ${call}`;
  if (!replies.has(key))
    replies.set(
      key,
      canonical({
        Buckets: Array.from({ length: 100 }, (_, i) => ({
          Name: `bucket-${scope}-${call}-${i}`,
          CreationDate: '2024-05-01T00:00:00.000Z',
        })),
      }),
    );
  return replies.get(key)!;
}

function everyItem(): Map<number, ItemChange[]> {
  return Map.groupBy(
    Array.from({ length: items }, (_, i) => change(i, 0)),
    (_, i) => i % scopes,
  );
}

function someItems(random: () => number, n: number): Map<number, ItemChange[]> {
  const count = Math.floor((items * 0.003) / 24 + random());
  const chosen = new Set(Array.from({ length: count }, () => Math.floor(random() * items)));
  return new Map([...Map.groupBy(chosen, (i) => i % scopes)].map(([scope, own]) => [scope, own.map((i) => change(i, n))]));
}

function change(i: number, n: number): ItemChange {
  const key = `arn:aws:s3:::bucket-${i}`;
  const name = `bucket-${i}`;
  const tags = Array.from({ length: 18 }, (_, tag) => ({ key: `tag-${tag}`, value: `value ${(i * 31 + tag * 17) % 97} of ${i}` }));
  const snapshot = canonical({
    key,
    name,
    encryption: i % 3 ? 'aws:kms' : 'AES256',
    versioning: (i + n) % 7 !== 0,
    owner: `team-${i % 40}`,
    revision: n,
    tags,
    policy: { statements: i % 9, public: false },
  });
  const judgements = rules.map(
    (rule, r): Judgement => ({
      rule,
      result: (i + n + r) % 11 === 0 ? 'fail' : 'pass',
      message: `Bucket ${name} is as rule ${r} wants.`,
      severity: 'high',
    }),
  );
  return { key, name, at: null, snapshot, judgements };
}

async function size(_store: EvidenceStore): Promise<number> {
  const db = new DatabaseSync(file);
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  db.close();
  return statSync(file).size;
}

async function milliseconds(run: () => unknown): Promise<number> {
  const begin = performance.now();
  await run();
  return performance.now() - begin;
}

async function timed(run: () => unknown): Promise<string> {
  const taken = await milliseconds(run);
  return `${taken.toFixed(0)} ms, ${Math.round(process.memoryUsage().rss / 1e6)} MB resident`;
}

function report(what: string, value: string): void {
  console.log(`${what.padEnd(34)} ${value}`);
}

function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
