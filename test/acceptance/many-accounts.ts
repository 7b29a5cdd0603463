import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { loadControls, parametersAt } from '#src/controls.ts';
import type { CollectDue } from '#src/cycle/collecting.ts';
import { type CycleOutcome, runCycle } from '#src/cycle/cycle.ts';
import { scopeDeclaration } from '#src/cycle/declared.ts';
import { newMemory } from '#src/cycle/judge-cycle.ts';
import type { EvidenceStore } from '#src/evidence/store.ts';
import { ruleSetOf, rules, ruleVersions } from '#src/registry.ts';
import { type AccountsOptions, accountsCollectors, manyAccounts } from '#test/doubles/accounts.ts';

export const start = Date.parse('2026-03-02T10:00:00Z');
export const hour = 3_600_000;
export const controls = loadControls([], { timeZone: 'UTC', rules });
const ruleSet = ruleSetOf(ruleVersions(), (rule) => parametersAt(controls, rule, start));

/** Two that saw the same make the same documents where salts are not random. */
export const salt = (text: string) => createHash('sha256').update(`salt ${text}`).digest();

export type Size = Pick<AccountsOptions, 'accounts' | 'groups' | 'volumes'> & { readonly latency?: number; readonly lease?: number };

/** The agent of the company with many accounts: one cycle at a time, each an hour after the one before. */
export function agentOf(
  store: EvidenceStore,
  size: Size,
  tick: () => number,
  {
    collect,
    called,
    progress,
  }: { readonly collect?: CollectDue; readonly called?: AccountsOptions['called']; readonly progress?: (done: number) => void } = {},
) {
  const connection = manyAccounts({ ...size, tick, ...(called && { called }) });
  const memory = newMemory();
  return async (now: number): Promise<CycleOutcome> =>
    (await runCycle(connection, store, {
      collectors: accountsCollectors,
      rules,
      ruleSet,
      declaration: scopeDeclaration({}),
      memory,
      now: () => now,
      everything: true,
      ...(collect && { collect }),
      ...(progress && { progress }),
    }))!;
}

/** What each cycle leaf says of the state behind it, and of what changed. */
export const roots = (store: EvidenceStore) =>
  Array.from({ length: store.head().size }, (_, i) => {
    const { state, changes } = JSON.parse(store.leaf(i)) as { state?: unknown; changes?: unknown };
    return { state, changes };
  });

export interface Workers {
  readonly list: readonly ChildProcess[];
  /** The file that says what time it is. */
  readonly file: string;
  /** What time it is in the world of all of them. */
  tick(): number;
  set(tick: number): void;
  /** Starts one more; resolves once it is ready. */
  start(): Promise<ChildProcess>;
  /** Asks all to stop; what each of them made of its time. */
  stop(): Promise<{ made: number; rss: number }[]>;
}

/** Worker processes over a queue in Redis. */
export function workersAt(address: string, queue: string, size: Size): Workers {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-workers-'));
  const ticks = join(folder, 'ticks');
  const list: ChildProcess[] = [];
  let now = 0;
  const set = (tick: number) => writeFileSync(ticks, String((now = tick)));
  set(0);
  return {
    list,
    file: ticks,
    tick: () => now,
    set,
    async start() {
      const child = spawn(
        process.execPath,
        [
          '--disable-warning=ExperimentalWarning',
          fileURLToPath(new URL('accounts-process.ts', import.meta.url)),
          address,
          queue,
          ticks,
          JSON.stringify(size),
        ],
        { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_OPTIONS: '' } },
      );
      list.push(child);
      await once(child.stdout!, 'data');
      return child;
    },
    async stop() {
      const said = await Promise.all(
        list
          .filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)
          .map(async (child) => {
            const lines: string[] = [];
            createInterface({ input: child.stdout! }).on('line', (line) => lines.push(line));
            const exited = once(child, 'exit');
            child.kill('SIGTERM');
            await exited;
            return JSON.parse(lines.at(-1) ?? '{"made":0,"rss":0}') as { made: number; rss: number };
          }),
      );
      rmSync(folder, { recursive: true, force: true });
      return said;
    },
  };
}
