import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { postgresAddress } from '#src/evidence/postgres-address.ts';
import { compose, root, text, version } from './files.ts';

const { services, secrets, networks } = compose();
const names = Object.keys(services);

test('by default there is one service; the profile adds PostgreSQL 17, Redis 7 and workers', () => {
  expect(names.filter((name) => services[name]!.profiles === undefined)).toEqual(['holdfast']);
  expect(names.filter((name) => services[name]!.profiles?.includes('distributed'))).toEqual(['worker', 'postgres', 'redis']);
  expect(services['postgres']!.image).toMatch(/\/postgres:17\.\d+-/);
  expect(services['redis']!.image).toMatch(/\/redis:7\.\d+\.\d+-/);
  expect(services['holdfast']!.image).toBe(`holdfast:${version}`);
  expect(services['worker']!.image).toBe(`holdfast:${version}`);
});

test.each(names)(
  '%s can change nothing of its image, holds no capability that it does not name, and has an end to what it takes',
  (name) => {
    const service = services[name]!;
    expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
    for (const limit of ['mem_limit', 'cpus', 'pids_limit', 'stop_grace_period']) expect(service).toHaveProperty(limit);
    expect(service).not.toHaveProperty('privileged');
    if (name !== 'postgres') expect(service).not.toHaveProperty('cap_add');
    if (name !== 'postgres') expect(service['user']).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
  },
);

test('only the agent is reached from this machine; PostgreSQL and Redis reach nothing and are reached by nothing else', () => {
  expect(names.filter((name) => services[name]!.ports)).toEqual(['holdfast']);
  expect(networks['inside']).toEqual({ internal: true });
  for (const name of ['postgres', 'redis']) expect(services[name]!['networks']).toEqual(['inside']);
});

test('every service is asked whether it lives, a worker where it listens: not outside its container', () => {
  for (const name of names) expect(services[name]).not.toHaveProperty('healthcheck.disable');
  expect(services['worker']!.command).toEqual(['worker', '--listen', '127.0.0.1:9321']);
  expect(services['worker']!.environment).toMatchObject({ HOLDFAST_HEALTH: 'http://127.0.0.1:9321/healthz' });
});

test('a secret is a file that a service names, never a value; workers get neither the key of the ledger nor the database', () => {
  const used = new Set(names.flatMap((name) => services[name]!.secrets ?? []));
  expect([...used].toSorted()).toEqual(Object.keys(secrets).toSorted());
  for (const [name, { file }] of Object.entries(secrets)) expect(file).toBe(`./secrets/${name}`);
  for (const { environment = {} } of Object.values(services))
    for (const [name, value] of Object.entries(environment))
      if (/password|token|secret|credential/i.test(name)) expect(value).toMatch(/^\/run\/secrets\//);
  expect(services['worker']!.secrets).not.toContain('ledger_key');
  expect(services['worker']!.secrets).not.toContain('database_url');
  expect(JSON.stringify(services['redis']!.command)).not.toMatch(/--requirepass/);
});

test('Redis forgets no job for want of memory and keeps them over a restart; PostgreSQL takes back nothing it acknowledged', () => {
  const redis = services['redis']!.command!.join(' ');
  expect(redis).toMatch(/--maxmemory-policy noeviction/);
  expect(redis).toMatch(/--appendonly yes/);
  expect(services['postgres']!.command!.join(' ')).toBe('postgres -c fsync=on -c full_page_writes=on -c synchronous_commit=on');
});

test('nothing begins before what it needs can answer, and by itself the agent needs nothing', () => {
  for (const [name, condition] of Object.entries(services['holdfast']!.depends_on!)) {
    expect(condition).toEqual({ condition: 'service_healthy', required: false });
    expect(services[name]).toHaveProperty('healthcheck.test');
  }
  expect(services['worker']!.depends_on).toEqual({ redis: { condition: 'service_healthy' } });
});

test('the script makes every secret that is named, leaves what is there, and its addresses are taken', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-secrets-'));
  try {
    mkdirSync(join(folder, 'deploy/compose'), { recursive: true });
    writeFileSync(join(folder, 'deploy/compose/secrets.sh'), text('deploy/compose/secrets.sh'));
    const make = () => spawnSync('sh', [join(folder, 'deploy/compose/secrets.sh')], { encoding: 'utf8' });
    expect(make().status).toBe(0);
    const read = (name: string) => readFileSync(join(folder, 'secrets', name), 'utf8');
    for (const name of Object.keys(secrets)) expect(existsSync(join(folder, 'secrets', name))).toBe(true);
    expect(statSync(join(folder, 'secrets')).mode & 0o777).toBe(0o700);
    expect(read('postgres_password')).toMatch(/^[0-9a-f]{48}$/);
    expect(postgresAddress(read('database_url'))).toMatchObject({ name: expect.stringContaining('postgres') });
    expect(read('redis_url')).toBe(`redis://:${read('redis_password')}@redis:6379`);
    expect(read('github_token')).toBe('');
    const before = read('postgres_password');
    writeFileSync(join(folder, 'secrets/github_token'), 'mine');
    expect(make().status).toBe(0);
    expect([read('postgres_password'), read('github_token')]).toEqual([before, 'mine']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

const parser = spawnSync('docker-compose', ['version'], { encoding: 'utf8' }).status === 0;
if (!parser) console.warn('docker-compose is not here: the file is not read by it.');

(parser ? test : test.skip)('Compose itself takes the file, in both profiles', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-compose-'));
  try {
    // What Compose 1 does not know yet: the name of the project, and needs that may be absent.
    const known = text('docker-compose.yml')
      .replace(/^name:.*\n/m, '')
      .replace(/^ *required: false\n/gm, '');
    writeFileSync(join(folder, 'docker-compose.yml'), known);
    const config = (...profiles: string[]) =>
      spawnSync(
        'docker-compose',
        ['--project-directory', root, '-f', join(folder, 'docker-compose.yml'), ...profiles, 'config', '--services'],
        {
          encoding: 'utf8',
          env: { ...process.env, HOLDFAST_WORKERS: '4' },
        },
      );
    const all = config('--profile', 'distributed');
    expect(all.stderr).not.toMatch(/invalid|error/i);
    expect(all.status).toBe(0);
    expect(all.stdout.trim().split('\n').toSorted()).toEqual(names.toSorted());
    expect(config().status).toBe(0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
