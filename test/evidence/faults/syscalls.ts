import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lookAfter } from './aftermath.ts';
import { freshStore, type Scene } from './scenes.ts';
import { type Traced, traceWriter } from './strace.ts';

export interface Injected {
  readonly injections: number;
  /** Of them, so many that the process met and got over: what it said afterwards holds all the same. */
  readonly absorbed: number;
  readonly killed: number;
  readonly refused: number;
  /** Calls on the store's files by name, over all scenes. */
  readonly calls: Readonly<Record<string, number>>;
  /** What broke a promise; empty where nothing did. */
  readonly faults: readonly string[];
}

interface Trial {
  readonly scenes: readonly Scene[];
  /** Only each so manieth of the injections. */
  readonly every?: number;
  /** Processes at a time. */
  readonly lanes?: number;
}

interface Injection {
  readonly scene: Scene;
  readonly call: string;
  readonly nth: number;
  readonly fault: 'signal=KILL' | 'error=EIO' | 'error=ENOSPC';
}

/**
 * Runs a writer once for each system call on the store's files and each fault, with that fault at that call. After each the store
 * opens in another process, agrees with itself, holds what was acknowledged and at most one leaf more, and goes on.
 */
export async function injectEverywhere({ scenes, every = 1, lanes = 2 }: Trial): Promise<Injected> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-faults-'));
  try {
    const injections: Injection[] = [];
    const totals: Record<string, number> = {};
    for (const scene of scenes) {
      const file = freshStore(join(folder, 'traced'), scene);
      const { lines, said } = await traceWriter(file, { leaves: scene.leaves, strace: ['-e', 'trace=%file,%desc'] });
      if (!said.at(-1)?.closed) throw new Error(`${scene.name}: the writer did not come to its end`);
      for (const [call, count] of callsIn(lines)) {
        totals[call] = (totals[call] ?? 0) + count;
        for (let nth = 1; nth <= count; nth++) for (const fault of faultsOf(call, nth)) injections.push({ scene, call, nth, fault });
      }
    }
    const chosen = injections.filter((_, i) => i % every === 0);
    const done = { absorbed: 0, killed: 0, refused: 0 };
    const faults: string[] = [];
    const work = chosen.values();
    const lane = async (n: number) => {
      for (const injection of work) {
        const { outcome, broken } = await inject(join(folder, `lane-${n}`), injection);
        done[outcome] += 1;
        const { scene, call, nth, fault } = injection;
        for (const line of broken) faults.push(`${scene.name}: ${call} ${nth} ${fault}: ${line}`);
      }
    };
    await Promise.all(Array.from({ length: lanes }, (_, n) => lane(n)));
    return { injections: chosen.length, ...done, calls: totals, faults };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Calls that change nothing can only fail; the many reads of a long log are alike. */
function faultsOf(call: string, nth: number): readonly Injection['fault'][] {
  if (changing.has(call)) return ['signal=KILL', 'error=EIO', 'error=ENOSPC'];
  return nth <= 40 || nth % 20 === 0 ? ['error=EIO'] : [];
}
const changing = new Set([
  'openat',
  'write',
  'pwrite64',
  'fallocate',
  'ftruncate',
  'fsync',
  'fdatasync',
  'fchown',
  'fchmod',
  'rename',
  'unlink',
]);

async function inject(
  folder: string,
  { scene, call, nth, fault }: Injection,
): Promise<{ outcome: 'absorbed' | 'killed' | 'refused'; broken: string[] }> {
  const file = freshStore(folder, scene);
  const traced = await traceWriter(file, {
    leaves: scene.leaves,
    strace: ['-e', `trace=${call}`, '-e', `inject=${call}:${fault}:when=${nth}`],
  });
  const { said, end, lines } = traced;
  const refusals = said.filter(({ refused }) => refused !== undefined);
  const killed = end === 'SIGKILL';
  const broken = [...faultsSaid(traced)];
  if (killed !== (fault === 'signal=KILL')) broken.push(`the writer ended with ${end}`);
  if (!killed && !lines.some((line) => line.includes('(INJECTED)'))) broken.push('the call did not come');
  const { lost, broken: after } = await lookAfter(file, said, scene.size);
  broken.push(...lost, ...after);
  return { outcome: killed ? 'killed' : refusals.length > 0 ? 'refused' : 'absorbed', broken };
}

/** What a process that met a fault must not say. */
function* faultsSaid({ said }: Traced): Generator<string> {
  for (const { refused, code, message, afterRefusal } of said) {
    if (afterRefusal) yield 'a write was acknowledged after one that failed';
    const clear =
      refused === 'writing again' ? ['STORE_INVARIANT'] : ['STORE_UNWRITABLE', 'STORE_DAMAGED', 'STORE_NOT_A_STORE', 'STORE_LOCKED'];
    if (refused !== undefined && !clear.includes(code!)) yield `${refused} was refused with ${code}: ${message}`;
  }
}

function callsIn(lines: readonly string[]): Map<string, number> {
  const calls = new Map<string, number>();
  for (const line of lines) {
    const call = /^\d+ +(\w+)\(/.exec(line)?.[1];
    if (call) calls.set(call, (calls.get(call) ?? 0) + 1);
  }
  return calls;
}
