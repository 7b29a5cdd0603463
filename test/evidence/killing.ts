import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { lookAfter } from '#test/evidence/faults/aftermath.ts';
import type { Said } from '#test/evidence/faults/story.ts';
import { compiledOnce } from '#test/evidence/faults/strace.ts';

export interface Killed {
  readonly kills: number;
  /** Leaves that were acknowledged. */
  readonly acknowledged: number;
  /** Durable, but killed before it could be said. At most one a kill. */
  readonly unacknowledged: number;
  /** What was wrong after a kill; empty when nothing was. */
  readonly faults: readonly string[];
}

/** What the writer does when it is killed. `starting`: whatever it does so soon. */
const aims = ['writing', 'opening', 'writing', 'writing back', 'starting', 'writing', 'closing'] as const;
type Aim = (typeof aims)[number];

/** So many kills one store bears, then another is begun: that kills come while a store is made, and that checking stays short. */
const killsOfAStore = 8;

/**
 * Lets a process write to a store and kills it at a random moment, again and again. After each kill the store opens, agrees with itself, holds
 * every leaf that was acknowledged, with the root that was acknowledged, and at most one more; and it goes on.
 */
export async function killAgainAndAgain(kills: number, random: () => number = Math.random): Promise<Killed> {
  const done = { acknowledged: 0, unacknowledged: 0, faults: [] as string[] };
  let begun = 0;
  const lane = async () => {
    while (begun < kills) {
      const first = begun;
      begun = Math.min(begun + killsOfAStore, kills);
      await killOneStore(first, begun);
    }
  };
  const killOneStore = async (from: number, to: number) => {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-kill-'));
    const file = join(folder, 'evidence.db');
    let size = 0;
    for (let n = from; n < to; n++) {
      const aim = n < from + 2 ? 'opening' : aims[n % aims.length]!;
      const said = await writeUntilKilled(file, aim, random());
      const last = said.findLast(({ acknowledged }) => acknowledged)?.acknowledged?.size ?? size;
      const { lost, broken, found } = await lookAfter(file, said, size);
      for (const line of [...lost, ...broken]) done.faults.push(`kill ${n + 1}, ${aim}: ${line}`);
      done.acknowledged += last - size;
      done.unacknowledged += found.before - last;
      size = found.after;
    }
    await rm(folder, { recursive: true });
  };
  await Promise.all([lane(), lane()]);
  return { kills, ...done };
}

/** Kills the writer so long after it began what is aimed at as that may take. */
async function writeUntilKilled(file: string, aim: Aim, random: number): Promise<Said[]> {
  const writer = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', fileURLToPath(new URL('writing.ts', import.meta.url)), file],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...compiledOnce },
    },
  );
  const ended = once(writer, 'exit');
  const kill = () => void writer.kill('SIGKILL');
  const said: Said[] = [];
  let until = aim === 'writing' ? 1 + (Math.floor(random * 1000) % 6) : 1;
  if (aim === 'starting') setTimeout(kill, random * 250);
  for await (const line of createInterface({ input: writer.stdout })) {
    said.push(JSON.parse(line) as Said);
    if (said.at(-1)!.begins === aim && --until === 0) setTimeout(kill, random * 8);
  }
  const [, signal] = (await ended) as [number | null, NodeJS.Signals | null];
  if (signal !== 'SIGKILL') throw new Error('the writer ended by itself');
  return said;
}
