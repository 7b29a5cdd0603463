import { spawn, spawnSync } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SqliteOptions } from '#src/evidence/sqlite.ts';
import type { Said } from './story.ts';

/** Says whether processes can be traced here: strace is installed, and ptrace allowed. */
export const canTrace = spawnSync('strace', ['-f', '-o', '/dev/null', 'true']).status === 0;

export interface Traced {
  readonly said: readonly Said[];
  /** `SIGKILL` where it was killed. */
  readonly end: NodeJS.Signals | number;
  /** What strace wrote, a system call a line. */
  readonly lines: readonly string[];
}

interface Tracing {
  readonly leaves: number;
  readonly options?: SqliteOptions;
  /** Arguments of strace beside those that name the files. */
  readonly strace: readonly string[];
}

/** The file to which the writer of a store says what became of its leaves. */
export const saidOf = (store: string): string => `${store}.said`;

/** Runs the writer on a store, and looks at its system calls on the store's files and their folder, and on no others. */
export async function traceWriter(file: string, { leaves, options = {}, strace }: Tracing): Promise<Traced> {
  const paths = [dirname(file), ...['', '-journal', '-wal', '-shm', '-lock'].map((suffix) => file + suffix)];
  const output = `${file}.trace`;
  await using said = await open(saidOf(file), 'w');
  const watch = ['-f', '-q', '-o', output, ...paths.flatMap((path) => ['-P', path]), ...strace];
  const writer = ['--disable-warning=ExperimentalWarning', fileURLToPath(new URL('writer.ts', import.meta.url))];
  const child = spawn('strace', [...watch, process.execPath, ...writer, file, String(leaves), JSON.stringify(options)], {
    stdio: ['ignore', said.fd, 'inherit'],
    env: { ...process.env, ...compiledOnce },
  });
  const end = await new Promise<NodeJS.Signals | number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(signal ?? code ?? 0));
  });
  const lines = async (path: string) => (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');
  return { said: (await lines(saidOf(file))).map((line) => JSON.parse(line) as Said), end, lines: await lines(output) };
}

/** Modules that were compiled once are not compiled for each of thousands of runs. */
export const compiledOnce = { NODE_OPTIONS: '', NODE_COMPILE_CACHE: join(tmpdir(), 'holdfast-compiled') };
