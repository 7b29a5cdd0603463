import { createHash } from 'node:crypto';
import { afterEach, describe, expect, test } from '@jest/globals';
import { loadControls, parametersAt } from '#src/controls.ts';
import { type CollectDue, collectHere } from '#src/cycle/collecting.ts';
import { type CycleOutcome, runCycle } from '#src/cycle/cycle.ts';
import { scopeDeclaration } from '#src/cycle/declared.ts';
import { newMemory } from '#src/cycle/judge-cycle.ts';
import { openSqlite } from '#src/evidence/sqlite.ts';
import type { CycleRecord, EvidenceStore } from '#src/evidence/store.ts';
import { openOperations } from '#src/operations/operations.ts';
import { learnSecret } from '#src/redaction.ts';
import { ruleSetOf, rules, ruleVersions } from '#src/registry.ts';
import { openEmbedded, queuePart } from '#src/schedule/embedded.ts';
import { writeLook } from '#src/schedule/question.ts';
import type { Queue, Working } from '#src/schedule/queue.ts';
import { collectByWorkers, type Spreading } from '#src/schedule/spread.ts';
import { startWorker } from '#src/schedule/worker.ts';
import { brisk } from '#test/contracts/brisk.ts';
import { type AccountsOptions, accountsCollectors, manyAccounts } from '#test/doubles/accounts.ts';

const hour = 3_600_000;
const start = Date.parse('2026-03-02T10:00:00Z');
const controls = loadControls([], { timeZone: 'UTC', rules });
const ruleSet = ruleSetOf(ruleVersions(), (rule) => parametersAt(controls, rule, start));

/** Two that saw the same make the same documents where salts are not random. */
const salt = (text: string) => createHash('sha256').update(`salt ${text}`).digest();

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

interface Company {
  readonly store: EvidenceStore;
  /** What is true from now on. */
  set(tick: number): void;
  cycle(over?: { again?: ReadonlySet<string>; sooner?: number }): Promise<CycleOutcome | null>;
}

function company(collect: CollectDue, options: Partial<AccountsOptions> = {}): Company {
  let tick = 0;
  let now = start;
  const connection = manyAccounts({ accounts: 6, groups: 20, volumes: 5, tick: () => tick, ...options });
  const store = openSqlite(':memory:', { salt });
  closing.push(() => store[Symbol.asyncDispose]());
  const memory = newMemory();
  return {
    store,
    set: (to) => (tick = to),
    async cycle({ again, sooner } = {}) {
      const outcome = await runCycle(connection, store, {
        collectors: accountsCollectors,
        rules,
        ruleSet,
        declaration: scopeDeclaration({}),
        memory,
        now: () => now,
        collect,
        ...(again && { again }),
      });
      now += sooner ?? hour;
      return outcome;
    },
  };
}

function jobs(spreading: Partial<Spreading> = {}): { queue: Queue; collect: CollectDue; said: string[] } {
  const operations = openOperations(':memory:', [queuePart]);
  closing.push(() => operations[Symbol.dispose]());
  const queue = openEmbedded(operations, Date.now, brisk);
  const said: string[] = [];
  const collect = collectByWorkers({
    queue,
    program: 'p',
    patience: 20_000,
    silence: 2_000,
    poll: 5,
    warn: (reason) => said.push(reason),
    ...spreading,
  });
  return { queue, collect, said };
}

function work(queue: Queue, options: Partial<AccountsOptions> & { tick: () => number }, program = 'p'): Working {
  const connections = [manyAccounts({ accounts: 6, groups: 20, volumes: 5, ...options })];
  const working = startWorker({ queue, name: 'w', program, connections, collectors: accountsCollectors });
  closing.push(() => working.drain(500));
  return working;
}

/** What is recorded, without what differs between two who ask: the ids of requests. */
const without = (record: CycleRecord) =>
  JSON.parse(JSON.stringify(record, (name, value: unknown) => (name === 'requestId' ? '' : value))) as unknown;

const leaves = (store: EvidenceStore) =>
  Array.from({ length: store.head().size }, (_, i) => {
    const { state, changes } = JSON.parse(store.leaf(i)) as { state?: unknown; changes?: unknown };
    return { state, changes };
  });

describe('a cycle whose scopes are collected by workers', () => {
  test('is the cycle of one process, byte for byte but for the ids of requests: changes, events, people, refusals', async () => {
    let tick = 0;
    const { queue, collect } = jobs();
    work(queue, { tick: () => tick });
    work(queue, { tick: () => tick });
    const [here, spread] = [company(collectHere()), company(collect)];
    for (tick of [0, 0, 1, 1, 2, 5, 5, 0]) {
      here.set(tick);
      const [one, other] = [await here.cycle(), await spread.cycle()];
      expect(without(other!.record)).toEqual(without(one!.record));
      expect(other!.record.scopes).toHaveLength(6 * 4 + 1);
    }
    expect(leaves(spread.store)).toEqual(leaves(here.store));
    expect(spread.store.check()).toEqual([]);
  });

  test('asks no call that one process would not, and is told of an unchanged scope in few words', async () => {
    const counted = { here: 0, spread: 0 };
    const { queue } = jobs();
    let told = 0;
    const listening: Queue = {
      ...queue,
      told: async (group) => {
        const heard = await queue.told(group);
        for (const each of heard) if ('answer' in each) told += each.answer.length;
        return heard;
      },
    };
    work(queue, { tick: () => 0, called: () => counted.spread++ });
    const here = company(collectHere(), { called: () => counted.here++ });
    const spread = company(collectByWorkers({ queue: listening, program: 'p', patience: 20_000, poll: 5, warn: () => undefined }));
    const sizes: number[] = [];
    for (let i = 0; i < 3; i++) {
      await here.cycle();
      await spread.cycle();
      sizes.push(told);
      told = 0;
    }
    expect(counted.spread).toBe(counted.here);
    expect(sizes[1]!).toBeLessThan(sizes[0]! / 2);
  });

  test('what no worker collects in time has failed, with the reason; the next cycle reads it', async () => {
    const { queue, collect, said } = jobs({ silence: 300 });
    const spread = company(collect);
    const working = work(queue, { tick: () => 0 });
    await spread.cycle();
    await working.drain(500);
    const lost = await spread.cycle();
    const failed = lost!.record.scopes.filter(({ status }) => status === 'failed');
    expect(failed).toHaveLength(24);
    for (const scope of failed)
      expect(scope).toMatchObject({
        unread: { unread: 'unavailable', detail: expect.stringMatching(/^no worker collected it within \d+ s: there is no worker$/) },
      });
    const failing = () => [...spread.store.held.values()].filter((scope) => scope.failing).length;
    expect(failing()).toBe(24);
    expect(await queue.counts()).toMatchObject({ waiting: 0 });
    expect(said).toEqual([]);
    work(queue, { tick: () => 0 });
    const read = await spread.cycle();
    expect(read!.record.scopes.filter(({ status }) => status === 'failed')).toEqual([]);
    expect(failing()).toBe(0);
  });

  test('what is paused until patience ends is recorded as not read for the pause, never as lost', async () => {
    const { queue, collect } = jobs({ silence: 100, patience: 700 });
    work(queue, { tick: () => 0 });
    await queue.pause();
    const spread = company(collect);
    const unread = (await spread.cycle())!.record.scopes.filter(({ status }) => status === 'failed');
    expect(unread).toHaveLength(24);
    for (const scope of unread)
      expect(scope).toMatchObject({
        unread: { unread: 'unavailable', detail: expect.stringMatching(/^no worker collected it within 1 s: the queue is paused$/) },
      });
    expect(await queue.counts()).toMatchObject({ waiting: 0, paused: true });
    await queue.resume();
    expect((await spread.cycle())!.record.scopes.filter(({ status }) => status === 'failed')).toEqual([]);
  });

  test('a pause that ends in time costs nothing, however silent it was, and whatever the queue forgot of it', async () => {
    const { queue } = jobs();
    let added = 0;
    const forgetful: Queue = {
      ...queue,
      async add(some) {
        added++;
        if (!(await queue.counts()).paused) await queue.add(some);
        else if (added === 12) await queue.resume();
      },
    };
    work(queue, { tick: () => 0 });
    await queue.pause();
    const spread = company(
      collectByWorkers({ queue: forgetful, program: 'p', patience: 20_000, silence: 200, poll: 5, warn: () => undefined }),
    );
    const read = await spread.cycle();
    expect(added).toBeGreaterThan(12);
    expect(read!.record.scopes.filter(({ status }) => status === 'failed')).toEqual([]);
  });

  test('a queue that is away holds a cycle up no longer than the silence, and is told', async () => {
    const { queue, said } = jobs();
    const away: Queue = {
      ...queue,
      add: () => Promise.reject(new Error('away')),
      clear: () => Promise.reject(new Error('away')),
      told: () => Promise.reject(new Error('away')),
      counts: () => Promise.reject(new Error('away')),
    };
    const spread = company(
      collectByWorkers({ queue: away, program: 'p', patience: 20_000, silence: 200, poll: 5, warn: (reason) => said.push(reason) }),
    );
    const lost = await spread.cycle();
    expect(lost!.record.scopes.filter(({ status }) => status === 'failed')).toHaveLength(24);
    expect(said).toEqual(['away']);
  });

  test('a queue that forgets everything in the middle of it is given the rest again', async () => {
    const { queue } = jobs();
    let first = true;
    const forgetful: Queue = {
      ...queue,
      async add(some) {
        // The first time all is lost.
        if (!first) return queue.add(some);
        first = false;
      },
    };
    work(queue, { tick: () => 0 });
    const spread = company(
      collectByWorkers({ queue: forgetful, program: 'p', patience: 20_000, silence: 2_000, poll: 5, warn: () => undefined }),
    );
    const read = await spread.cycle();
    expect(read!.record.scopes.filter(({ status }) => status === 'failed')).toEqual([]);
  });

  test('a worker of another version collects nothing, and what it could not do is told', async () => {
    const { queue, collect } = jobs();
    work(queue, { tick: () => 0 }, 'another');
    const spread = company(collect);
    const lost = await spread.cycle();
    const failed = lost!.record.scopes.filter(({ status }) => status === 'failed');
    expect(failed).toHaveLength(24);
    expect(failed[0]).toMatchObject({ unread: { detail: 'worker w is of another version than the agent' } });
  });

  test('a secret that only the agent knows is in no record, wherever a worker tells it', async () => {
    const canary = 'c4nary-of-the-agent-0123456789';
    learnSecret(canary);
    const { queue, collect } = jobs();
    const told = writeLook({
      status: 'complete',
      calls: [{ operation: 'ec2:DescribeVolumes', parameters: '{}', page: 0, status: 200, requestId: 'r', reply: `["${canary}"]` }],
      items: [],
      looked: { answers: new Map(), asked: null },
    });
    const working = queue.work({ name: 'w', atOnce: 4 }, async ({ tell }) => {
      await tell('aws-ebs-volumes', told);
      throw new Error(`the provider said ${canary}`);
    });
    closing.push(() => working.drain(500));
    const { record } = (await company(collect).cycle())!;
    expect(JSON.stringify(record)).not.toContain('c4nary');
    const details = record.scopes.flatMap((scope) => (scope.status === 'failed' ? [scope.unread.detail] : []));
    expect(new Set(details)).toEqual(new Set(['what a worker told seems to hold a secret of ours', 'the provider said (secret)']));
  });

  test('what is no answer to the question is not taken for one', async () => {
    const { queue, collect } = jobs();
    const working = queue.work({ name: 'w', atOnce: 4 }, ({ tell }) =>
      tell('aws-ebs-volumes', Buffer.from('not compressed'))
        .then(() => tell('aws-security-groups', Buffer.from('no')))
        .then(() => tell('aws-backup-jobs', Buffer.from('')))
        .then(() => tell('aws-test-people', Buffer.from('x'))),
    );
    closing.push(() => working.drain(500));
    const spread = company(collect);
    const lost = await spread.cycle();
    const failed = lost!.record.scopes.filter(({ status }) => status === 'failed');
    expect(failed).toHaveLength(24);
    expect(failed[0]).toMatchObject({ unread: { detail: expect.stringContaining('what a worker told cannot be read') } });
  });
});

describe('a scope that is to be read again', () => {
  test('is read out of its period, alone, without asking what exists; its look is recorded', async () => {
    const calls: string[] = [];
    const here = company(collectHere(), { called: ({ account, region }, operation) => calls.push(`${account}/${region} ${operation}`) });
    await here.cycle({ sooner: 60_000 });
    calls.length = 0;
    expect(await here.cycle({ sooner: 60_000 })).toBeNull();
    const key = 'aws/100000000003/eu-central-1/aws.ebs-volume';
    here.set(1);
    const again = await here.cycle({ again: new Set([key, 'aws/none/eu-central-1/aws.ebs-volume', 'other/x/y/z']), sooner: 60_000 });
    expect(again!.record.scopes.map(({ scope }) => scope.population)).toEqual(['aws.ebs-volume']);
    expect(again!.record.retired).toEqual([]);
    expect(calls).toEqual(['100000000003/eu-central-1 ec2:DescribeVolumes']);
    expect(here.store.held.get(key)!.lastLook).toBe(start + 120_000);
  });
});
