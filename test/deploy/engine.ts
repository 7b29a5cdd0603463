import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root } from './files.ts';

const programs = ['buildah', 'podman', 'runc', 'mmdebstrap'];

/** What is missing to build the image and run it here; empty where nothing is. */
export const missing = (): string[] => [
  ...programs.filter((program) => spawnSync('which', [program]).status !== 0),
  ...(process.getuid?.() === 0 ? [] : ['root']),
];

/** Runs a program to its end. Throws with what it said where it failed. */
export function tool(program: string, args: readonly string[], options: { cwd?: string; timeout?: number } = {}): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    encoding: 'utf8',
    maxBuffer: 64 * 2 ** 20,
    timeout: 600_000,
    ...options,
  });
  if (status !== 0)
    throw new Error(`${program} ${args.join(' ')} ended with ${status ?? error?.message}: ${stderr.slice(-2_000)}${stdout.slice(-500)}`);
  return stdout;
}

export interface Engine extends Disposable {
  readonly folder: string;
  /** Arguments that a container engine needs on this machine, before its command. */
  readonly place: readonly string[];
  buildah(...args: string[]): string;
  podman(...args: string[]): string;
  /** Builds the image from the Dockerfile, and names it. */
  build(): string;
}

/** An engine with a store of its own, without a daemon. The image is built on a stand-in for the official one: the same Debian, the same Node. */
export function startEngine(): Engine {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-engine-'));
  const place = ['--storage-driver', 'vfs', '--root', join(folder, 'store'), '--runroot', join(folder, 'run')];
  const buildah = (...args: string[]) => tool('buildah', [...place, ...args]).trim();
  const podman = (...args: string[]) => tool('podman', [...place, '--cgroup-manager', 'cgroupfs', '--runtime', 'runc', ...args]).trim();
  return {
    folder,
    place,
    buildah,
    podman,
    build() {
      const base = /^ARG NODE=(\S+)$/m.exec(readFileSync(join(root, 'Dockerfile'), 'utf8'))![1]!;
      makeBase(base, folder, buildah);
      buildah(
        'bud',
        '--isolation',
        'chroot',
        '--network',
        'host',
        '--pull-never',
        '--format',
        'docker',
        '--build-arg',
        'REVISION=trial',
        '-t',
        'holdfast:trial',
        root,
      );
      return 'localhost/holdfast:trial';
    },
    [Symbol.dispose]() {
      for (const args of [
        ['rm', '--all', '--force'],
        ['rmi', '--all', '--force'],
      ])
        spawnSync('podman', [...place, '--cgroup-manager', 'cgroupfs', '--runtime', 'runc', ...args]);
      spawnSync('buildah', [...place, 'rm', '--all']);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Debian, Node as the lockfile pins it, and the npm of this machine. */
function makeBase(name: string, folder: string, buildah: Engine['buildah']): void {
  const tar = join(folder, 'debian.tar');
  tool('mmdebstrap', ['--quiet', '--variant=minbase', '--include=ca-certificates', 'bookworm', tar]);
  const container = buildah('from', 'scratch');
  const files = buildah('mount', container);
  tool('tar', ['-xf', tar, '-C', files]);
  rmSync(tar);
  cpSync(process.execPath, join(files, 'usr/local/bin/node'));
  const npm = dirname(dirname(realpathSync(tool('which', ['npm']).trim())));
  mkdirSync(join(files, 'usr/local/lib/node_modules'), { recursive: true });
  cpSync(npm, join(files, 'usr/local/lib/node_modules/npm'), { recursive: true });
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(files, 'usr/local/bin/npm'));
  // Whom this machine trusts, so that packages come by the same way as here.
  const own = process.env['NODE_EXTRA_CA_CERTS'];
  if (own) cpSync(own, join(files, 'etc/ssl/certs/this-machine.pem'));
  buildah('umount', container);
  buildah('config', '--env', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', '--cmd', 'node', container);
  if (own) buildah('config', '--env', 'NODE_EXTRA_CA_CERTS=/etc/ssl/certs/this-machine.pem', container);
  buildah('commit', '--quiet', container, name);
  buildah('rm', container);
}
