import { type ChildProcess, spawn } from 'node:child_process';
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
  /** How often something that two processes brought was taken back once. */
  readonly takenBack: number;
}

export interface Killing {
  /** How often one of the processes is killed, or stands still. */
  readonly times: number;
  /** The channel can say what arrived. */
  readonly finds: boolean;
  /** From 0 to 1. */
  readonly chance: () => number;
  /** The address of a database, in place of a file. */
  readonly where?: string;
  readonly processes?: number;
  /** Now and then one stands still for longer than the lease, and goes on. */
  readonly stops?: boolean;
}

/** Numbers from 0 to 1 that only look random. */
export const seeded = (seed: number) => (): number => {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
  return seed / 2_147_483_648;
};

/** Kills telling processes at random, while what they have to tell changes; then lets them finish. */
export async function kill({ times, finds, chance, where, processes = 1, stops = false }: Killing): Promise<Killed> {
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
  const rounds = processes === 1 ? 4 : 12;
  const run = () =>
    spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', script, place, file, chat.url, finds ? 'finds' : 'posts', String(rounds)],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
  const end = async (child: ChildProcess) => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  };
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  const turning = async (ms: number) => {
    for (const until = Date.now() + ms; Date.now() < until; ) {
      await pause(60);
      turn();
    }
  };
  const alive = Array.from({ length: processes }, run);
  try {
    for (let i = 0; i < times; i++) {
      await turning(350 + chance() * 900);
      const which = Math.floor(chance() * processes);
      if (stops && chance() < 0.5) {
        alive[which]!.kill('SIGSTOP');
        await turning(200 + chance() * 400);
        alive[which]!.kill('SIGCONT');
      } else {
        await end(alive[which]!);
        alive[which] = run();
      }
    }
    using operations = openOperations(place, [alertPart]);
    let calm = 0;
    for (const until = Date.now() + 20_000; Date.now() < until && calm < 5; ) {
      await pause(200);
      calm = undelivered(operations).length === 0 ? calm + 1 : 0;
    }
    await Promise.all(alive.map(end));
    const rows = operations.db.prepare('SELECT id, kind, state FROM alert_letter').all();
    const { state } = load(operations, 0);
    const open = new Set(
      [...state.alerts.values()].flatMap(({ members }) =>
        [...members.values()].flatMap(({ condition, ended }) => (ended === null ? [condition.name] : [])),
      ),
    );
    const posted = new Map<string, number>();
    for (const { id } of chat.posted.filter(({ gone }) => !gone)) posted.set(id, (posted.get(id) ?? 0) + 1);
    return {
      delivered: rows.filter((row) => row['state'] === 'delivered').map(({ id }) => String(id)),
      waiting: rows.filter((row) => row['state'] !== 'delivered').length,
      posted,
      astray: Object.keys(doors).filter((key) => doors[key] !== open.has(key)),
      takenBack: chat.posted.filter(({ gone }) => gone).length,
      first: rows.filter(({ kind }) => kind === 'parent').map(({ id }) => String(id)),
    };
  } finally {
    for (const child of alive) child.kill('SIGKILL');
    await chat.close();
    rmSync(folder, { recursive: true });
  }
}
