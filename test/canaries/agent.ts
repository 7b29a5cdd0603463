import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { commandLines } from './canaries.ts';

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  /** Every command line that was seen of the process and its children. */
  readonly lines: readonly string[];
}

/** A process that goes on for longer (ms) is ended. */
const longest = 80_000;

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** One command line as a process of its own, with nothing in its environment but what is given. `working` may act while it runs. */
export async function holdfast(
  cwd: string,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  working?: (told: () => string, kill: (signal: NodeJS.Signals) => void) => Promise<void>,
): Promise<Ran> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...argv], {
    cwd,
    env: { PATH: process.env.PATH!, ...env },
  });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const lines = new Set<string>();
  const watching = setInterval(() => {
    for (const line of commandLines(child.pid!)) lines.add(line);
  }, 50);
  const end = setTimeout(() => child.kill('SIGKILL'), longest);
  try {
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    if (working)
      await working(
        () => `${out}${err}`,
        (signal) => child.kill(signal),
      ).finally(() => child.exitCode === null && !child.killed && child.kill('SIGTERM'));
    return { code: await ended, out, err, lines: [...lines] };
  } finally {
    clearInterval(watching);
    clearTimeout(end);
  }
}
