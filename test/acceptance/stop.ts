import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openAgent } from '#src/agent.ts';
import { type Config, loadConfig } from '#src/config.ts';
import { openLog } from '#src/log.ts';
import { company, production } from '#test/doubles/aws/company.ts';
import { startAws } from '#test/doubles/aws/server.ts';
import { newFolder } from './company.ts';

export interface Trial {
  readonly stops: number;
  /** Stops that came while calls were under way. */
  readonly within: number;
  /** The longest that one took, in milliseconds. */
  readonly longest: number;
  readonly cycles: number;
  /** What broke a promise; empty where nothing did. */
  readonly broken: readonly string[];
}

/**
 * Starts the agent as its image does, against a provider that answers slowly, and asks it to stop with SIGTERM at a random moment, so many
 * times. It must end by itself with 0 within ten seconds, and of the cycle that it gave up there must be nothing.
 */
export async function stopRepeatedly(times: number, random: () => number, tell: (line: string) => void = () => undefined): Promise<Trial> {
  const aws = await startAws();
  const customer = aws.session({ world: company, account: production });
  const { accessKeyId, secretAccessKey } = customer.credentials;
  const folder = newFolder(aws.endpoint, { regions: ['eu-central-1'] });
  const file = join(folder.path, 'holdfast.yaml');
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), portal: { listen: `127.0.0.1:${await freePort()}` } }));
  const config = loadConfig(file, {});
  const broken: string[] = [];
  let within = 0;
  let longest = 0;
  let cycles = 0;

  for (let stop = 1; stop <= times; stop++) {
    // Every third provider never answers at all: what is asked then can only be given up.
    customer.slowness = stop % 3 === 0 ? 60_000 : Math.floor(random() * 400);
    const before = customer.calls.length;
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, 'run'], {
      cwd: folder.path,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        ...process.env,
        NODE_OPTIONS: '',
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_EC2_METADATA_DISABLED: 'true',
      },
    });
    const exited = once(child, 'exit');
    const lines: string[] = [];
    const heard = (async () => {
      for await (const line of createInterface({ input: child.stderr! })) lines.push(line);
    })();
    while (!lines.some((line) => line.startsWith('Status page')) && child.exitCode === null) await sleep(20);
    // Now and then late enough that a cycle was committed.
    await sleep(random() * (stop % 4 === 0 ? 8_000 : 2_500));
    const asking = customer.calls.length > before && !lines.some((line) => line.includes('cycle committed'));
    if (asking) within++;
    const asked = performance.now();
    child.kill('SIGTERM');
    const [code, signal] = (await Promise.race([exited, sleep(15_000, ['still running', null], { ref: false })])) as [
      number | string | null,
      string | null,
    ];
    const took = performance.now() - asked;
    if (signal === null && code === 'still running') child.kill('SIGKILL');
    await heard;
    longest = Math.max(longest, took);
    const said = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as { msg: string; level: number });
    const story = said.map(({ msg }) => msg).join(', ');
    if (code !== 0) broken.push(`stop ${stop}: it ended with ${code ?? signal}: ${lines.join('\n')}`);
    if (took > 10_000) broken.push(`stop ${stop}: it took ${Math.round(took)} ms`);
    if (said.at(-1)?.msg !== 'stopped') broken.push(`stop ${stop}: it did not say that it stopped: ${story}`);
    if (asking && !said.some(({ msg }) => msg.startsWith('cycle given up') || msg === 'cycle committed'))
      broken.push(`stop ${stop}: it does not tell that it gave up a cycle: ${story}`);
    tell(`stop ${stop}: ${Math.round(took)} ms, ${customer.calls.length - before} calls, ${story}`);

    const kept = await look(config, (line) => broken.push(`stop ${stop}: ${line}`));
    cycles += kept;
    // With what was seen, the next one would have nothing to look at for an hour, and nothing to give up.
    if (kept > 0) rmSync(dirname(String(config.store)), { recursive: true });
  }
  await folder.remove();
  await aws.close();
  return { stops: times, within, longest: Math.round(longest), cycles, broken };
}

/** How many cycles the store has; tells what is wrong with it. */
async function look(config: Config, wrong: (line: string) => void): Promise<number> {
  if (!existsSync(String(config.store))) return 0;
  await using agent = await openAgent({ config, log: openLog('silent'), now: Date.now, readOnly: true });
  for (const line of agent.store.check()) wrong(line);
  const kept = agent.store.cycles(0, Number.MAX_SAFE_INTEGER);
  for (const { asOf, failed } of kept)
    if (failed > 0) wrong(`the cycle of ${new Date(asOf).toISOString()} took a call that was given up for a refusal`);
  return kept.length;
}

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** By hand: `node test/acceptance/stop.ts 50`. */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const trial = await stopRepeatedly(Number(process.argv[2] ?? 50), Math.random, (line) => process.stderr.write(`${line}\n`));
  process.stdout.write(`${JSON.stringify(trial, null, 2)}\n`);
  process.exitCode = trial.broken.length === 0 && trial.within > 0 ? 0 : 1;
}
