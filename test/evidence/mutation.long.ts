/** Thousands of edits of a store, each of which the check has to report and to name. Exit code 1 where it did not. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makeStoreOfEverything } from '#test/evidence/everything.ts';
import { type Tried, tryEdits } from '#test/evidence/mutations.ts';

const halves = 2;
const enough = 2_500;
const [small, tall, half] = process.argv.slice(2);

if (half === undefined) {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-mutations-'));
  const files = [join(folder, 'small.db'), join(folder, 'tall.db')] as const;
  await makeStoreOfEverything(files[0], 60);
  await makeStoreOfEverything(files[1], 258);
  const tried = await Promise.all(Array.from({ length: halves }, (_, n) => inAProcess([...files, String(n)])));
  rmSync(folder, { recursive: true });
  const edits = tried.reduce((sum, each) => sum + each.edits, 0);
  const [missed, unnamed] = (['missed', 'unnamed'] as const).map((list) => tried.flatMap((each) => each[list])) as [string[], string[]];
  console.log(`${edits} edits, ${missed.length} missed, ${unnamed.length} not named`);
  for (const line of missed) console.log(`missed: ${line}`);
  for (const line of unnamed) console.log(`not named: ${line}`);
  process.exitCode = missed.length + unnamed.length > 0 || edits < enough ? 1 : 0;
} else {
  const share = (_: unknown, n: number) => n % halves === Number(half);
  using first = new DatabaseSync(small!);
  using second = new DatabaseSync(tall!);
  const tried = [
    tryEdits(first, { rows: 10, share }),
    tryEdits(second, { rows: 3, share, tables: ['ledger', 'ledger_node', 'checkpoint', 'entry'] }),
  ];
  const whole: Tried = {
    edits: tried.reduce((sum, { edits }) => sum + edits, 0),
    missed: tried.flatMap(({ missed }) => missed),
    unnamed: tried.flatMap(({ unnamed }) => unnamed),
  };
  process.stdout.write(JSON.stringify(whole));
}

async function inAProcess(args: readonly string[]): Promise<Tried> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', import.meta.filename, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse((await Array.fromAsync(child.stdout)).join('')) as Tried;
}
