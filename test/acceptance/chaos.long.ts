import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openPostgres } from '#src/evidence/postgres.ts';
import { openSqlite } from '#src/evidence/sqlite.ts';
import { scopeKey } from '#src/evidence/store.ts';
import { startSlack } from '#test/doubles/slack.ts';
import { startPostgres } from '#test/evidence/postgres-server.ts';
import { startRedis } from '#test/schedule/redis-server.ts';
import { account, allDelivered } from './accounts-alerts.ts';
import { agentOf, salt, workersAt } from './many-accounts.ts';

/**
 * `chaos.long.ts [SECONDS] [ACCOUNTS]`: an agent over PostgreSQL and four workers over Redis; every second or two one of them is killed with
 * SIGKILL, Redis and PostgreSQL included, or Redis is emptied. Everything stays on this machine. Afterwards: every cycle tells of every scope, what was not read
 * has its reason, no acknowledged cycle is lost, none is there twice, what is held is what is there, and nothing was told twice or never.
 */
const seconds = Number(process.argv[2] ?? 60);
const size = { accounts: Number(process.argv[3] ?? 40), groups: 5, volumes: 3, latency: 15, lease: 3_000 };

const [redis, postgres] = await Promise.all([startRedis(), startPostgres({ fsync: 'on', synchronous_commit: 'on' })]);
const slack = await startSlack();
const workers = workersAt(redis.address, 'q', size);
const place = postgres.address('chaos');
const acknowledged = new Map<number, { ledger: number; failed: number }>();
const broken: string[] = [];
const tally = { agent: 0, worker: 0, redis: 0, postgres: 0, emptied: 0, agentEnded: 0 };
const over = new AbortController();

let agent: ChildProcess | undefined;
async function superviseAgent(): Promise<void> {
  while (!over.signal.aborted) {
    const child = spawn(
      process.execPath,
      [
        '--disable-warning=ExperimentalWarning',
        fileURLToPath(new URL('accounts-agent.ts', import.meta.url)),
        redis.address,
        place,
        workers.file,
        JSON.stringify(size),
        slack.endpoint,
      ],
      { stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, NODE_OPTIONS: '' } },
    );
    agent = child;
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const { asOf, ledger, failed } = JSON.parse(line) as { asOf: number; ledger: number; failed: number };
      if (acknowledged.has(asOf)) broken.push(`the cycle of ${asOf} was acknowledged twice`);
      acknowledged.set(asOf, { ledger, failed });
    });
    await once(child, 'close');
    if (child.signalCode === null) tally.agentEnded++;
    await sleep(300);
  }
}

const pick = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)]!;
const supervising = superviseAgent();
await Promise.all([1, 2, 3, 4].map(() => workers.start()));
const end = Date.now() + seconds * 1_000;
for (let turn = 1; Date.now() < end; turn++) {
  await sleep(500 + Math.random() * 2_000);
  workers.set(turn);
  const what = pick(['agent', 'worker', 'worker', 'redis', 'postgres', 'emptied'] as const);
  tally[what]++;
  if (what === 'agent') agent?.kill('SIGKILL');
  else if (what === 'worker') {
    const alive = workers.list.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
    pick(alive)?.kill('SIGKILL');
    await workers.start();
  } else if (what === 'emptied') await redis.ask('FLUSHALL').catch(() => undefined);
  else {
    const server = what === 'redis' ? redis : postgres;
    await server.kill();
    await sleep(Math.random() * 2_000);
    await server.start();
  }
  // Now and then there is peace for a cycle.
  if (turn % 6 === 0) await sleep(6_000);
}

// Peace: the next cycle reads everything.
workers.set(7);
const before = acknowledged.size;
for (let waited = 0; acknowledged.size < before + 2 && waited < 90; waited++) await sleep(1_000);
if (acknowledged.size < before + 2) broken.push('no cycle came through after it was over');
await allDelivered(place, 120_000);
over.abort();
agent?.kill('SIGKILL');
await supervising;
await workers.stop();

const store = openPostgres(place, { salt });
for (const line of store.check()) broken.push(`the evidence: ${line}`);
const cycles = store.cycles(0, Number.MAX_SAFE_INTEGER);
const instants = cycles.map(({ asOf }) => asOf);
if (new Set(instants).size !== instants.length) broken.push('a cycle is there twice');
for (const [asOf] of acknowledged) if (!instants.includes(asOf)) broken.push(`the acknowledged cycle of ${asOf} is lost`);
const expected = size.accounts * 4 + 1;
let failedScopes = 0;
const reasons = new Map<string, number>();
for (const { asOf, looks } of store.told())
  for (const { unread } of looks.looks) {
    if (!unread) continue;
    failedScopes++;
    if (unread.detail === '') broken.push(`a scope of ${asOf} failed without a reason`);
    const kind = unread.detail.replaceAll(/\d+/g, 'N').slice(0, 90);
    reasons.set(kind, (reasons.get(kind) ?? 0) + 1);
  }
for (const { asOf, scopes } of cycles)
  if (scopes !== expected) broken.push(`the cycle of ${asOf} tells of ${scopes} scopes, not of ${expected}`);

// What is held is what one process would hold that looked now.
const fresh = openSqlite(':memory:', { salt });
await agentOf(fresh, { ...size, latency: 0 }, () => 7)(Date.now());
for (const [key, { items, scope }] of fresh.held) {
  const held = store.held.get(key);
  if (held?.failing && !key.startsWith('aws/100000000001/')) broken.push(`${scopeKey(scope)} is not read after it was over`);
  for (const [item, { hash }] of items)
    if (!held?.failing && held?.items.get(item)?.hash !== hash) broken.push(`${key} ${item} is not what is there`);
}
const told = account(place, store, slack.posted);
broken.push(...told.wrong, ...slack.faults);
await store[Symbol.asyncDispose]();
await fresh[Symbol.asyncDispose]();
await slack.close();
await redis.remove();
await postgres.remove();

const whole = [...acknowledged.values()].filter(({ failed }) => failed <= 4).length;
console.log(
  JSON.stringify(
    {
      seconds,
      scopes: expected,
      kills: tally,
      cycles: cycles.length,
      acknowledged: acknowledged.size,
      whole,
      failedScopes,
      alerts: told.alerts,
      letters: told.letters,
      messages: told.messages,
      reasons: Object.fromEntries(reasons),
      broken: broken.slice(0, 20),
    },
    null,
    2,
  ),
);
if (broken.length > 0 || whole === 0) process.exitCode = 1;
