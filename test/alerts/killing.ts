import { spawn } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { undelivered } from '#src/alerts/outbox.ts';
import { alertPart, load } from '#src/alerts/tables.ts';
import { openOperations } from '#src/operations/operations.ts';
import { startChat } from './chat.ts';

export interface Killed {
  /** Letters that are in the memory as delivered, and what the chat has of each, with how often. */
  readonly delivered: readonly string[];
  readonly posted: ReadonlyMap<string, number>;
  readonly waiting: number;
  /** The items that fail and stand in no open alert, and the other way round. */
  readonly astray: readonly string[];
  readonly first: readonly string[];
}

/** Numbers from 0 to 1 that only look random. */
export const seeded = (seed: number) => (): number => {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
  return seed / 2_147_483_648;
};

/** Kills a telling process at random so many times, while what it has to tell changes; then lets it finish. `where`: in place of a file. */
export async function kill(times: number, finds: boolean, chance: () => number, where?: string): Promise<Killed> {
  const folder = mkdtempSync(join(tmpdir(), 'telling-'));
  const place = where ?? join(folder, 'operations.db');
  const file = join(folder, 'doors.json');
  const chat = await startChat(chance);
  const doors: Record<string, boolean> = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`door ${i}`, false]));
  const turn = () => {
    for (const key of Object.keys(doors)) if (chance() < 0.2) doors[key] = !doors[key];
    writeFileSync(`${file}.new`, JSON.stringify(doors));
    renameSync(`${file}.new`, file);
  };
  turn();
  const script = fileURLToPath(new URL('telling.ts', import.meta.url));
  const run = () =>
    spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, place, file, chat.url, finds ? 'finds' : 'posts'], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  try {
    for (let i = 0; i < times; i++) {
      const child = run();
      const ended = new Promise((resolve) => child.once('exit', resolve));
      const live = 350 + chance() * 900;
      for (const end = Date.now() + live; Date.now() < end; ) {
        await pause(60);
        turn();
      }
      child.kill('SIGKILL');
      await ended;
    }
    const child = run();
    const ended = new Promise((resolve) => child.once('exit', resolve));
    using operations = openOperations(place, [alertPart]);
    let calm = 0;
    for (const end = Date.now() + 20_000; Date.now() < end && calm < 5; ) {
      await pause(200);
      calm = undelivered(operations).length === 0 ? calm + 1 : 0;
    }
    child.kill('SIGKILL');
    await ended;
    const rows = operations.db.prepare('SELECT id, kind, state FROM alert_letter').all();
    const { state } = load(operations, 0);
    const open = new Set(
      [...state.alerts.values()].flatMap(({ members }) =>
        [...members.values()].flatMap(({ condition, ended }) => (ended === null ? [condition.name] : [])),
      ),
    );
    const posted = new Map<string, number>();
    for (const { id } of chat.posted) posted.set(id, (posted.get(id) ?? 0) + 1);
    return {
      delivered: rows.filter((row) => row['state'] === 'delivered').map(({ id }) => String(id)),
      waiting: rows.filter((row) => row['state'] !== 'delivered').length,
      posted,
      astray: Object.keys(doors).filter((key) => doors[key] !== open.has(key)),
      first: rows.filter(({ kind }) => kind === 'parent').map(({ id }) => String(id)),
    };
  } finally {
    await chat.close();
    rmSync(folder, { recursive: true });
  }
}
