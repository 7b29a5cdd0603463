import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runCommand } from '#src/commands/index.ts';
import { production } from '#test/doubles/aws/company.ts';
import { holdfast } from './agent.ts';
import { type Scene, startScene } from './scene.ts';

/* Secrets are planted wherever Holdfast is given one and wherever a provider may have one, and looked for in everything that it writes, says and sends. */

const environment = { ...process.env };
let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
  scene.configure();
});
afterAll(async () => {
  process.env = environment;
  await scene.close();
});

/** Runs a command line here: its exit code, and what of the secrets it says. */
async function within(argv: string): Promise<{ code: number; out: string; leaks: string[] }> {
  process.env = { ...environment, ...scene.env };
  let said = '';
  const writer = { write: (text: string) => (said += text) };
  const code = await runCommand(argv.split(' '), { env: scene.env, cwd: scene.folder, now: Date.now, stdout: writer, stderr: writer });
  return { code, out: said, leaks: scene.canaries.found(argv, said) };
}

const commands = ['check --json', 'run --once', 'status', 'results --json', 'alerts --json', 'export --out package.zip'];

test('the canaries are found where they are', () => {
  const { canaries, secrets } = scene;
  expect(canaries.found('here', `x${secrets.github}y`)).toEqual(['GitHub token in here']);
  expect(canaries.found('here', Buffer.from(secrets.github).toString('base64'))).toEqual(['GitHub token in here']);
  writeFileSync(join(scene.folder, 'found.txt'), secrets.session);
  expect(scene.leaks()).toEqual(['AWS session token in found.txt']);
  writeFileSync(join(scene.folder, 'found.txt'), '');
});

describe('no secret is said or kept', () => {
  test('by any command, whatever else an answer holds', async () => {
    for (const argv of commands) {
      const { code, leaks } = await within(argv);
      // The secrets were in use: each provider was asked with its own, and answered.
      expect({ argv, code, leaks }).toEqual({ argv, code: 0, leaks: [] });
    }
    expect(scene.leaks()).toEqual([]);
  }, 90_000);

  test('by the agent at work, whose providers answer with the credentials that they refuse: log, pages, messages, command lines', async () => {
    const { canaries, folder, env } = scene;
    scene.configure('store: work/evidence.db\n');
    scene.echo();
    const { out, err, lines } = await holdfast(folder, ['run', '--log-level', 'debug'], env, async (told, kill) => {
      const url = await eventually(() => /Status page: (\S+)/.exec(told())?.[1]);
      await eventually(() => (/"connection":"people"/.test(told()) ? true : undefined));
      const pages = ['/', '/criteria', '/deviations', '/healthz', '/nowhere'].map((path) => new URL(path, url));
      const signs = ['/metrics', '/healthz', '/readyz'].map((path) => new URL(path, scene.metrics));
      for (const address of [...pages, ...signs]) {
        const answer = await fetch(address);
        expect(canaries.found(address.pathname, `${JSON.stringify([...answer.headers])} ${await answer.text()}`)).toEqual([]);
      }
      kill('SIGTERM');
    });
    // The address itself is where it is called.
    expect(scene.beats.flatMap((beat) => canaries.found('a sign of life', beat.split(' ').slice(1).join(' ')))).toEqual([]);
    expect(err).toContain('cycle committed');
    expect(lines.some((line) => line.includes('main.ts'))).toBe(true);
    expect([
      ...canaries.found('output', out),
      ...canaries.found('log', err),
      ...canaries.found('a command line', lines.join('\n')),
    ]).toEqual([]);
    for (const argv of ['results --json', 'alerts --json', 'export --out later.zip']) expect((await within(argv)).leaks).toEqual([]);
    expect(scene.leaks()).toEqual([]);
  }, 100_000);

  test('written into the configuration: refused, and not repeated', async () => {
    const literal = scene.canaries.plant('a literal in the configuration');
    const people = `company: Acme\nconnections:\n  - { id: people, provider: scim, endpoint: '${scene.scim.endpoint}', token: '`;
    for (const text of [`${people}${literal}' }\n`, `${people}\${env:T}' }\nstore: 'postgres://holdfast:${literal}@db/evidence'\n`]) {
      writeFileSync(join(scene.folder, 'literal.yaml'), text);
      expect(await within('check --config literal.yaml --json')).toMatchObject({ code: 2, leaks: [] });
    }
  });

  test.each([
    ['a database that is not there', "store: '${env:DATABASE}'\n", ['run --once', 'status']],
    ['a Redis that is not there', "queue: { redis: '${env:REDIS}' }\n", ['check']],
  ])(
    'where %s',
    async (_, more, lines) => {
      scene.configure(more);
      for (const argv of lines) expect((await within(argv)).leaks).toEqual([]);
      expect(scene.leaks()).toEqual([]);
    },
    90_000,
  );

  test('where the key is none', async () => {
    scene.configure();
    const file = join(scene.folder, 'secrets', 'ledger.pem');
    writeFileSync(file, `-----BEGIN PRIVATE KEY-----\n${scene.canaries.plant('a damaged key')}\n-----END PRIVATE KEY-----\n`);
    chmodSync(file, 0o600);
    for (const argv of ['run --once', 'key']) {
      const { code, leaks } = await within(argv);
      expect({ argv, failed: code !== 0, leaks }).toEqual({ argv, failed: true, leaks: [] });
    }
  }, 90_000);
});

test('a token in a tag that is kept makes the answer unread', async () => {
  const [first, other] = [scene, await startScene()];
  try {
    const token = other.canaries.plant('a token in a tag', (bare) => `ghp_${bare.padEnd(40, '0').slice(0, 40)}`);
    other.canaries.watch('a token in a tag', token);
    const { regions } = other.world.accounts[production]!;
    const tagged = Object.fromEntries(
      Object.entries(regions).map(([name, region]) => [
        name,
        { ...region, DBInstances: (region.DBInstances ?? []).map((each) => ({ ...each, TagList: [{ Key: 'deploy', Value: token }] })) },
      ]),
    );
    other.session.world = { ...other.world, accounts: { [production]: { ...other.world.accounts[production]!, regions: tagged } } };
    other.configure();
    scene = other;
    const { out, leaks } = await within('run --once --json');
    expect(leaks).toEqual([]);
    expect(out).toContain('redaction-blocked');
    expect(other.leaks()).toEqual([]);
  } finally {
    scene = first;
    await other.close();
  }
}, 90_000);

async function eventually<T>(look: () => T | undefined): Promise<T> {
  for (let left = 1_200; left > 0; left--) {
    const found = look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`it never came: ${String(look)}`);
}
