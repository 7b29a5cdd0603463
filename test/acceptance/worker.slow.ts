import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { collectors } from '#src/registry.ts';
import type { ResultRow } from '#src/report/types.ts';
import { company, main, present, production, staging } from '#test/doubles/aws/company.ts';
import { type AwsDouble, type Credentials, startAws } from '#test/doubles/aws/server.ts';
import { redisIsThere, startRedis } from '#test/schedule/redis-server.ts';
import { asCaller, type Folder, newFolder } from './company.ts';
import { freePort } from './stop.ts';

const program = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
let aws: AwsDouble;
beforeAll(async () => {
  aws = await startAws();
});
afterAll(() => aws.close());

interface Process {
  readonly child: ChildProcess;
  /** Where it says how it is. */
  readonly url: string;
  readonly lines: { readonly msg?: string; readonly level?: number }[];
  stop(): Promise<number | null>;
}

/** `holdfast worker` in the folder, with what an operator would give it, and no more. */
async function startWorker(folder: Folder, credentials: Credentials, name: string): Promise<Process> {
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, 'worker', '--name', name, '--listen', address], {
    cwd: folder.path,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...process.env,
      ...folder.env,
      NODE_OPTIONS: '',
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_EC2_METADATA_DISABLED: 'true',
    },
  });
  const lines: Process['lines'] = [];
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stderr! }).on('line', (line) => {
      const said = line.startsWith('{') ? (JSON.parse(line) as { msg: string }) : { msg: line };
      lines.push(said);
      if (said.msg === 'worker started') resolve();
    });
    child.once('exit', (code) => reject(new Error(`the worker ended with ${code}: ${JSON.stringify(lines)}`)));
  });
  return {
    child,
    url: `http://${address}`,
    lines,
    async stop() {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      const [code] = (await exited) as [number | null];
      return code;
    },
  };
}

/** What AWS lets us ask slowly is left out. */
const without = collectors.map(({ id }) => id).filter((id) => /^aws-(config|guardduty|cloudtrail|backup|restore|s3|protected)/.test(id));

/** Of a company with two accounts, one of which is entered by a role with an external id. */
async function looks(queue: object | null, env: Record<string, string> = {}, workers = 0) {
  const session = aws.session({ world: company, account: production });
  const folder = newFolder(aws.endpoint, {
    regions: [main],
    accounts: [{ id: production }, { id: staging, role: `arn:aws:iam::${staging}:role/holdfast`, externalId: '${env:EXTERNAL_ID}' }],
    without,
    env: { EXTERNAL_ID: 'only-we-know', ...env },
  });
  const file = join(folder.path, 'holdfast.yaml');
  if (queue) writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), queue }));
  const processes = await Promise.all(Array.from({ length: workers }, (_, i) => startWorker(folder, session.credentials, `w${i}`)));
  asCaller(session.credentials);
  const run = await folder.json<{ failed: unknown[] }[]>(['run', '--once'], present);
  const rows = await folder.json<ResultRow[]>(['results'], present + 1_000);
  const probes = await Promise.all(processes.map(async ({ url }) => (await fetch(`${url}/readyz`)).status));
  const metrics = await Promise.all(processes.map(async ({ url }) => (await fetch(`${url}/metrics`)).text()));
  const codes = await Promise.all(processes.map((each) => each.stop()));
  const said = processes.flatMap(({ lines }) => lines);
  await folder.remove();
  return { run, rows: rows.map(({ evidence, ...row }) => row), counts: session.counts(), codes, said, probes, metrics };
}

const collecting = (counts: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(counts).filter(([operation]) => !operation.startsWith('sts:')));

(redisIsThere ? describe : describe.skip)('holdfast worker', () => {
  test('collects for the agent, with the credentials of each account, whether jobs lie in Redis or beside the evidence', async () => {
    const redis = await startRedis('--requirepass', 'Sup3rS3cret');
    // One after the other: the agent finds its credentials in the environment of this process.
    const alone = await looks(null);
    const overRedis = await looks(
      { redis: '${env:REDIS_URL}' },
      { REDIS_URL: redis.address.replace('redis://', 'redis://:Sup3rS3cret@') },
      2,
    );
    const beside = await looks({}, {}, 1);
    await redis.remove();
    for (const spread of [overRedis, beside]) {
      expect(spread.rows).toEqual(alone.rows);
      expect(spread.run[0]!.failed).toEqual([]);
      expect(collecting(spread.counts)).toEqual(collecting(alone.counts));
      expect(spread.probes.every((status) => status === 200)).toBe(true);
      // Two accounts, each as a whole and in one region.
      const done = spread.metrics.map((text) => Number(/^holdfast_worker_jobs_total\{outcome="done"\} (\d+)$/m.exec(text)![1]));
      expect(done.reduce((sum, each) => sum + each, 0)).toBe(4);
      expect(spread.metrics.join('')).toMatch(/^holdfast_provider_calls_total\{provider="aws",operation="iam:.*",outcome="answered"\} /m);
      expect(spread.codes.every((code) => code === 0)).toBe(true);
      expect(spread.said.filter(({ level = 30 }) => level > 30)).toEqual([]);
      expect(JSON.stringify(spread.said)).not.toMatch(/S3cret|only-we-know/);
    }
    expect(alone.rows.length).toBeGreaterThan(100);
  }, 90_000);

  test('says what is missing where there is no queue', async () => {
    const folder = newFolder(aws.endpoint);
    const { code, err } = await folder.command(['worker'], present);
    expect(code).toBe(2);
    expect(err).toContain('There is no `queue` in the configuration');
    await folder.remove();
  });
});
