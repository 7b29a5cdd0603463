import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openSqlite } from '#src/evidence/sqlite.ts';
import type { EvidenceStore } from '#src/evidence/store.ts';

export interface Killed {
  readonly kills: number;
  readonly cycles: number;
  /** Durable, but killed before it could be said. At most one a kill. */
  readonly unacknowledged: number;
  /** What was wrong after a kill; empty when nothing was. */
  readonly faults: readonly string[];
}

/**
 * Lets a process write to one store and kills it at a random moment, again and again. After each kill the store opens, agrees with itself,
 * holds every cycle that was acknowledged, with the root that was acknowledged, and at most one more.
 */
export async function killAgainAndAgain(kills: number, random: () => number = Math.random): Promise<Killed> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-kill-'));
  const file = join(folder, 'evidence.db');
  const faults: string[] = [];
  let [size, unacknowledged] = [0, 0];
  try {
    for (let n = 1; n <= kills; n++) {
      const acknowledged = await writeUntilKilled(file, { starting: n % 4 === 0, after: random() * 120 });
      await using store = openSqlite(file);
      const found = store.head();
      const last = acknowledged.at(-1) ?? { size, root: '' };
      for (const line of store.check()) faults.push(`kill ${n}: ${line}`);
      if (found.size < last.size) faults.push(`kill ${n}: ${last.size} cycles were acknowledged, ${found.size} are there`);
      if (found.size > last.size + 1) faults.push(`kill ${n}: ${found.size} cycles are there, ${last.size} were acknowledged`);
      if (found.size === last.size && last.root !== '' && found.root !== last.root)
        faults.push(`kill ${n}: the root is not the one that was acknowledged`);
      if (summaries(store) !== found.size) faults.push(`kill ${n}: a cycle has no summary`);
      unacknowledged += found.size - last.size;
      size = found.size;
    }
    return { kills, cycles: size, unacknowledged, faults };
  } finally {
    await rm(folder, { recursive: true });
  }
}

const summaries = (store: EvidenceStore): number => store.cycles(0, Number.MAX_SAFE_INTEGER).length;

/** Runs the writer, and kills it so many milliseconds after its first acknowledgement, or while it starts. */
async function writeUntilKilled(
  file: string,
  { starting, after }: { starting: boolean; after: number },
): Promise<{ size: number; root: string }[]> {
  const writer = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', new URL('writing.ts', import.meta.url).pathname, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<NodeJS.Signals | null>((resolve) => void writer.once('exit', (_, signal) => resolve(signal)));
  const acknowledged: { size: number; root: string }[] = [];
  const kill = () => void writer.kill('SIGKILL');
  if (starting) setTimeout(kill, after * 5);
  for await (const line of createInterface({ input: writer.stdout })) {
    const [size, root] = line.split(' ');
    acknowledged.push({ size: Number(size), root: root! });
    if (acknowledged.length === 1 && !starting) setTimeout(kill, after);
  }
  if ((await ended) !== 'SIGKILL') throw new Error('the writer ended by itself');
  return acknowledged;
}
