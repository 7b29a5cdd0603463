/**
 * Builds the image and runs it as docker-compose.yml does: another user, nothing to change, no capability, 512 MB. Skips with one line where what
 * that takes is missing; with CI set that is a failure.
 */
import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openAgent } from '#src/agent.ts';
import { loadConfig } from '#src/config.ts';
import { openLog } from '#src/log.ts';
import { freePort } from '#test/acceptance/stop.ts';
import { company, production } from '#test/doubles/aws/company.ts';
import { type Credentials, startAws } from '#test/doubles/aws/server.ts';
import { type Engine, missing, startEngine } from './engine.ts';
import { root } from './files.ts';

const lacking = missing();
if (lacking.length > 0) {
  console.log(`Skipped: ${lacking.join(', ')} ${lacking.length === 1 ? 'is' : 'are'} missing here.`);
  process.exit(process.env['CI'] ? 1 : 0);
}

/**
 * The restrictions of docker-compose.yml; the network is that of this machine, where the doubles are, and the limits of files and processes are
 * what runc may set where this machine is held back itself.
 */
const restricted =
  '--read-only --cap-drop all --security-opt no-new-privileges --memory 512m --memory-swap 512m --pids-limit 128 --network host --tmpfs /tmp:size=256m,mode=1777 --stop-timeout 15 --ulimit nofile=1024:1024 --ulimit nproc=1000:1000'.split(
    ' ',
  );

using engine = startEngine();
const image = engine.build();
say('built', image);
inside(engine);
await works(engine);
await stopsWithin(engine);
remembers(engine);
console.log('The image does what the Dockerfile promises.');

/** What is in it, and what it may do. */
function inside({ podman }: Engine): void {
  const shell = (script: string) => podman('run', '--rm', ...restricted, '--entrypoint', 'sh', image, '-c', script);
  assert.equal(shell('id -u; id -g'), '10001\n10001');
  assert.match(
    shell('grep -E "^(CapEff|CapBnd|NoNewPrivs)" /proc/self/status'),
    /CapBnd:\t0{16}\nCapEff:\t0{16}|CapEff:\t0{16}\nCapBnd:\t0{16}/,
  );
  assert.match(shell('grep NoNewPrivs /proc/self/status'), /NoNewPrivs:\t1/);
  assert.match(shell('touch /app/x 2>&1; touch /etc/x 2>&1; true'), /Read-only file system[\s\S]*Read-only file system/);
  assert.equal(shell('touch /data/x /tmp/x && echo written'), 'written');
  assert.equal(shell('for p in npm npx yarn corepack gcc make python3 curl git; do command -v $p; done; true'), '');
  assert.equal(shell('ls -d /app/test /app/bench /app/docs /app/package-lock.json 2>/dev/null; true'), '');
  assert.match(shell('sh /app/bin/flags'), /--max-semi-space-size=4 .*--max-old-space-size=307$/);
  const installed = shell(
    `node -e "const {globSync,readFileSync}=require('node:fs');console.log(JSON.stringify(globSync('/app/node_modules/**/package.json').map(f=>[f,JSON.parse(readFileSync(f))]).filter(([f,p])=>p.name&&p.version&&f.endsWith('node_modules/'+p.name+'/package.json')).map(([,p])=>p.name+'@'+p.version)))"`,
  );
  const listed = JSON.parse(podman('run', '--rm', ...restricted, '--entrypoint', 'cat', image, '/app/sbom.cdx.json')) as {
    components: { name: string; version: string }[];
  };
  const names = new Set(listed.components.map(({ name, version }) => `${name}@${version}`));
  const packages = JSON.parse(installed) as string[];
  assert.deepEqual(
    packages.filter((each) => !names.has(each)),
    [],
  );
  assert.ok(packages.length > 100);
  const config = JSON.parse(podman('image', 'inspect', image)) as [{ Config: Record<string, unknown>; Size: number }];
  assert.equal(config[0].Config['StopSignal'], 'SIGTERM');
  assert.equal(config[0].Config['User'], '10001:10001');
  say('inside', `${packages.length} packages, all of them listed`);
}

/** A folder with a configuration, as /data. */
async function dataFor(engine: Engine, name: string, endpoint: string): Promise<{ path: string; port: number }> {
  const path = join(engine.folder, name);
  const port = await freePort();
  mkdirSync(path);
  const connection = { id: 'aws', provider: 'aws', endpoint, regions: ['eu-central-1'], region: 'eu-central-1' };
  const yaml = {
    company: 'Acme Health',
    connections: [connection],
    metrics: { listen: `127.0.0.1:${port}` },
    portal: { listen: `127.0.0.1:${await freePort()}` },
  };
  writeFileSync(join(path, 'holdfast.yaml'), JSON.stringify(yaml));
  chmodSync(path, 0o700);
  chownSync(path, 10_001, 10_001);
  chownSync(join(path, 'holdfast.yaml'), 10_001, 10_001);
  return { path, port };
}

function environmentOf({ accessKeyId, secretAccessKey }: Credentials): string[] {
  const environment = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_EC2_METADATA_DISABLED: 'true' };
  return Object.entries(environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
}

/** It looks, answers probes, says how it is from within, and stops when it is asked. */
async function works(engine: Engine): Promise<void> {
  const aws = await startAws();
  const { credentials } = aws.session({ world: company, account: production });
  const { path, port } = await dataFor(engine, 'works', aws.endpoint);
  const { podman } = engine;
  const id = podman(
    'run',
    '--detach',
    ...restricted,
    ...environmentOf(credentials),
    '--env',
    `HOLDFAST_HEALTH=http://127.0.0.1:${port}/healthz`,
    '-v',
    `${path}:/data`,
    image,
  );
  const ready = await until(async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status === 200, 120_000);
  assert.ok(ready, podman('logs', id));
  podman('exec', id, 'node', '/app/bin/healthy.mjs');
  assert.match(podman('exec', id, 'holdfast', 'status'), /^(All is well|Not well)/);
  assert.match(podman('exec', id, 'holdfast', 'status', '--alive'), /^Alive/);
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  assert.match(metrics, /^holdfast_ready 1$/m);
  assert.match(metrics, /^holdfast_build_info\{.*revision="trial"/m);
  const { took, code } = stop(engine, id);
  assert.equal(code, 0);
  assert.ok(took < 10_000, `it took ${took} ms`);
  await lookedWhole(path, 1);
  say('works', `ready, well, and stopped in ${took} ms`);
  podman('rm', id);
  await aws.close();
}

/** Asked in the middle of a cycle of a provider that hardly answers. */
async function stopsWithin(engine: Engine): Promise<void> {
  const aws = await startAws();
  const customer = aws.session({ world: company, account: production });
  customer.slowness = 60_000;
  const { path, port } = await dataFor(engine, 'stops', aws.endpoint);
  const { podman } = engine;
  const id = podman('run', '--detach', ...restricted, ...environmentOf(customer.credentials), '-v', `${path}:/data`, image);
  assert.ok(await until(async () => (await fetch(`http://127.0.0.1:${port}/healthz`)).status === 200, 60_000), podman('logs', id));
  await sleep(1_000);
  assert.equal((await fetch(`http://127.0.0.1:${port}/readyz`)).status, 503);
  const { took, code } = stop(engine, id);
  const said = podman('logs', id);
  assert.equal(code, 0, said);
  assert.ok(took < 10_000, `it took ${took} ms`);
  await lookedWhole(path, 0);
  say('stops', `in ${took} ms, in the middle of a cycle`);
  podman('rm', id);
  await aws.close();
}

function stop({ podman }: Engine, id: string): { took: number; code: number } {
  const began = performance.now();
  podman('stop', id);
  const took = Math.round(performance.now() - began);
  return { took, code: Number(podman('inspect', '--format', '{{.State.ExitCode}}', id)) };
}

/** The evidence is whole, and of so many cycles at least; none failed. */
async function lookedWhole(path: string, atLeast: number): Promise<void> {
  await using agent = await openAgent({
    config: loadConfig(join(path, 'holdfast.yaml'), {}),
    log: openLog('silent'),
    now: Date.now,
    readOnly: true,
  });
  assert.deepEqual([...agent.store.check()], []);
  const cycles = agent.store.cycles(0, Number.MAX_SAFE_INTEGER);
  assert.ok(cycles.length >= atLeast && (atLeast > 0 || cycles.length === 0));
  assert.ok(cycles.every(({ failed }) => failed === 0));
}

/** A first look at 10,000 items, within the memory that the container has. */
function remembers({ podman }: Engine): void {
  const mounted = ['bench', 'test'].flatMap((folder) => ['-v', `${join(root, folder)}:/app/${folder}:ro`]);
  const script =
    'node $(sh /app/bin/flags) /app/bench/memory.ts 10000; cat /sys/fs/cgroup/memory/memory.max_usage_in_bytes /sys/fs/cgroup/memory.peak 2>/dev/null; true';
  const measured = podman(
    'run',
    '--rm',
    ...restricted,
    ...mounted,
    '--env',
    'HOLDFAST_BENCH=/data',
    '--entrypoint',
    'sh',
    image,
    '-c',
    script,
  );
  assert.match(measured, /a third, 100 changed/);
  console.log(measured);
}

async function until(holds: () => Promise<boolean>, atMost: number): Promise<boolean> {
  const end = performance.now() + atMost;
  while (performance.now() < end) {
    if (await holds().catch(() => false)) return true;
    await sleep(200);
  }
  return false;
}

function say(what: string, text: string): void {
  console.log(`${what.padEnd(10)} ${text}`);
}
