import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep, setImmediate as soon } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openAgent } from '#src/agent.ts';
import { loadConfig } from '#src/config.ts';
import { openLog } from '#src/log.ts';
import { collectors } from '#src/registry.ts';
import { company, main, mainRegion, production, volume } from '#test/doubles/aws/company.ts';
import { startAws } from '#test/doubles/aws/server.ts';
import type { World } from '#test/doubles/aws/world.ts';
import { newFolder } from './company.ts';

/** What the agent does in this trial: enough to have something to lose, and few calls, so that it does it often. */
const enabled = ['aws-ebs-volumes', 'aws-rds-instances', 'aws-backup-vaults', 'aws-kms-keys'];
const population = 'aws.ebs-volume';
/** One hour of the agent's takes a second, and so does its period; its hold is two of them. */
const speed = 3600;

export interface Trial {
  readonly kills: number;
  readonly acknowledged: number;
  readonly committed: number;
  /** Kills that came between a commit and its acknowledgement. */
  readonly between: number;
  /** Outages longer than the hold, each found in the report as unobserved time. */
  readonly outages: number;
  /** What broke a promise; empty where nothing did. */
  readonly broken: readonly string[];
}

/**
 * Runs the agent, kills it with SIGKILL at a random moment, looks at what it left, and begins again, so many times. `random` is a source of
 * numbers from 0 to 1. Half of the kills are aimed at the moment at which a cycle is written.
 */
export async function killRepeatedly(times: number, random: () => number, tell: (line: string) => void = () => undefined): Promise<Trial> {
  const aws = await startAws();
  const customer = aws.session({ world: worldAt(0), account: production });
  const folder = newFolder(aws.endpoint, {
    regions: [main],
    without: collectors.map(({ id }) => id).filter((id) => id.startsWith('aws-') && !enabled.includes(id)),
  });
  const config = loadConfig(join(folder.path, 'holdfast.yaml'), {});
  const born = Date.now();
  let changes = 0;
  const changing = setInterval(() => (customer.world = worldAt(++changes)), 150);
  const acknowledged = new Map<number, number>();
  const broken: string[] = [];
  const deaths: number[] = [];
  let committed = 0;
  let between = 0;
  let outages = 0;

  const start = (): ChildProcess => {
    const { accessKeyId, secretAccessKey } = customer.credentials;
    return spawn(
      process.execPath,
      [
        '--disable-warning=ExperimentalWarning',
        fileURLToPath(new URL('agent-process.ts', import.meta.url)),
        folder.path,
        String(born),
        String(speed),
      ],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: {
          ...process.env,
          NODE_OPTIONS: '',
          AWS_ACCESS_KEY_ID: accessKeyId,
          AWS_SECRET_ACCESS_KEY: secretAccessKey,
          AWS_MAX_ATTEMPTS: '1',
          AWS_EC2_METADATA_DISABLED: 'true',
        },
      },
    );
  };

  /** Hears the acknowledgements; resolves with each, and with false once there will be none. */
  const hear = (child: ChildProcess) => {
    const waiting: ((came: boolean) => void)[] = [];
    const closed = (async () => {
      for await (const line of createInterface({ input: child.stderr! })) {
        const said = parse(line);
        if (said?.msg === 'cycle committed') {
          acknowledged.set(Date.parse(said.asOf), said.ledger);
          for (const resolve of waiting.splice(0)) resolve(true);
        } else if (said?.msg !== 'scope retired') broken.push(`the agent said: ${line}`);
      }
      for (const resolve of waiting.splice(0)) resolve(false);
    })();
    return { closed, next: () => new Promise<boolean>((resolve) => void waiting.push(resolve)) };
  };

  for (let kill = 1; kill <= times; kill++) {
    const child = start();
    const { closed, next } = hear(child);
    const exited = once(child, 'exit');
    // Now and then while it is starting; else after it has gone on from where the one before was stopped.
    if (random() < 0.15) await sleep(random() * 1500);
    else if (!(await next())) broken.push(`kill ${kill}: the agent ended by itself before it had done anything`);
    else if (random() < 0.5) await sleep(random() * 2500);
    else {
      // The moment at which a cycle begins to reach the disk, or one or two milliseconds later.
      const log = `${String(config.store)}-wal`;
      const before = touched(log);
      while (child.exitCode === null && touched(log) === before) await soon();
      if (random() < 0.7) await sleep(1 + random());
    }
    if (child.exitCode !== null) broken.push(`kill ${kill}: the agent ended by itself with ${child.exitCode}`);
    child.kill('SIGKILL');
    await exited;
    await closed;
    deaths.push(kill);
    // Long enough for an outage now and then; starting alone is one where the machine is busy.
    if (kill % 3 === 1) await sleep(2_200);

    // Killed before it had made its store: there is nothing to open, and nothing was promised.
    if (acknowledged.size === 0 && !madeStore(String(config.store))) continue;
    await using agent = await openAgent({ config, log: openLog('silent'), now: Date.now, readOnly: true }).catch((error: unknown) => {
      broken.push(`kill ${kill}: the evidence does not open: ${String(error)}`);
      return { store: null, async [Symbol.asyncDispose]() {} };
    });
    if (agent.store === null) continue;
    const { store } = agent;
    // A leaf is durable first and signed second, so that a kill may leave the last one for the next start to sign.
    for (const line of store.check()) if (line !== unsigned) broken.push(`kill ${kill}: ${line}`);
    const cycles = store.cycles(0, Number.MAX_SAFE_INTEGER);
    const kept = new Set(cycles.map(({ asOf }) => asOf));
    for (const [asOf, ledger] of acknowledged) {
      if (!kept.has(asOf)) broken.push(`kill ${kill}: the acknowledged cycle of ${new Date(asOf).toISOString()} is lost`);
      if (store.head().size < ledger)
        broken.push(`kill ${kill}: the ledger was acknowledged with ${ledger} leaves and has ${store.head().size}`);
    }
    for (const { asOf, scopes, failed } of cycles)
      if (scopes !== enabled.length + 1 || failed > 0)
        broken.push(`kill ${kill}: the cycle of ${new Date(asOf).toISOString()} has ${scopes} scopes, ${failed} of them failed`);
    if (cycles.length < committed) broken.push(`kill ${kill}: there were ${committed} cycles, and are ${cycles.length}`);
    committed = cycles.length;
    between = cycles.filter(({ asOf }) => !acknowledged.has(asOf)).length;
    if (between > kill) broken.push(`kill ${kill}: ${between} cycles were committed and never acknowledged`);
    tell(`kill ${kill}: ${committed} cycles, ${between} of them unacknowledged, ledger ${store.head().size}`);
  }

  clearInterval(changing);
  {
    // What a kill left unsigned is signed by the next start, and nothing is left to say.
    await using agent = await openAgent({ config, log: openLog('silent'), now: Date.now, connections: [] });
    for (const line of agent.store.check()) broken.push(`started once more: ${line}`);
  }
  await using agent = await openAgent({ config, log: openLog('silent'), now: Date.now, readOnly: true });
  const cycles = agent.store.cycles(0, Number.MAX_SAFE_INTEGER);
  const scope = `aws/${production}/${main}/${population}`;
  const { hold } = agent.store.held.get(scope)!;
  const [item] = agent.store.held.get(scope)!.items.keys();
  const end = cycles.at(-1)!.asOf;
  const report = agent.report(end);
  const segments = report.item('aws.ebs.volume-encrypted', scope, item!)!.segments;
  for (const [i, { asOf }] of cycles.slice(1).entries()) {
    const before = cycles[i]!.asOf;
    if (asOf - before <= hold) continue;
    outages++;
    const middle = (before + asOf) / 2;
    const there = segments.find(({ from, to }) => from <= middle && middle < to);
    if (there?.state !== 'unobserved')
      broken.push(
        `the silence from ${new Date(before).toISOString()} to ${new Date(asOf).toISOString()} reads as ${there?.state ?? 'nothing'}`,
      );
    const gap = agent.store.gaps(before, asOf).find((each) => each.scope === scope && each.from === before && each.to === asOf);
    if (gap?.reason !== 'monitor-down') broken.push(`the silence from ${new Date(before).toISOString()} is no gap of the monitor's`);
  }
  await folder.remove();
  await aws.close();
  return { kills: deaths.length, acknowledged: acknowledged.size, committed, between, outages, broken };
}

const unsigned = 'ledger: its last 1 leaves are not signed yet';

/** The same volume through all of it, and others that come, change and go. */
function worldAt(n: number): World {
  const Volumes = [
    volume('steady', true),
    volume('flipping', n % 2 === 0),
    ...Array.from({ length: 20 }, (_, i) => volume(`passing${n + i}`, i % 3 === 0)),
  ];
  return { ...company, accounts: { [production]: { ...company.accounts[production]!, regions: { [main]: { ...mainRegion, Volumes } } } } };
}

/** The schema is made in one transaction; before it the file is missing, or has no table of ours. */
function madeStore(file: string): boolean {
  if (!existsSync(file)) return false;
  using db = new DatabaseSync(file);
  return db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'ledger'").get() !== undefined;
}

const touched = (file: string): number => {
  const { mtimeMs = 0, size = 0 } = statSync(file, { throwIfNoEntry: false }) ?? {};
  return mtimeMs + size;
};

function parse(line: string): { msg: string; asOf: string; ledger: number } | null {
  try {
    return JSON.parse(line) as { msg: string; asOf: string; ledger: number };
  } catch {
    return null;
  }
}

/** By hand: `node test/acceptance/kill.ts 200`. */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const trial = await killRepeatedly(Number(process.argv[2] ?? 200), Math.random, (line) => process.stderr.write(`${line}\n`));
  process.stdout.write(`${JSON.stringify(trial, null, 2)}\n`);
  process.exitCode = trial.broken.length === 0 && trial.kills > 0 && trial.acknowledged > 0 ? 0 : 1;
}
