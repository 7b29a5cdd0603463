/** Thousands of edits of a store, each of which the check has to report and to name. Exit code 1 where it did not. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makeStoreOfEverything } from '#test/evidence/everything.ts';
import { type Tried, tryEdits } from '#test/evidence/mutations.ts';

/** One process for each, on a store of its own. */
const halves = 2;
const enough = 2_500;
const half = process.argv[2];

if (half === undefined) {
  const tried = sum(await Promise.all(Array.from({ length: halves }, (_, n) => inAProcess(n))));
  console.log(`${tried.edits} edits, ${tried.missed.length} missed, ${tried.unnamed.length} not named`);
  for (const line of tried.missed) console.log(`missed: ${line}`);
  for (const line of tried.unnamed) console.log(`not named: ${line}`);
  process.exitCode = tried.missed.length + tried.unnamed.length > 0 || tried.edits < enough ? 1 : 0;
} else {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-mutations-'));
  const share = (_: unknown, n: number) => n % halves === Number(half);
  const trial = async (leaves: number, rows: number, tables?: string[]) => {
    const file = join(folder, `${leaves}.db`);
    await makeStoreOfEverything(file, leaves);
    using db = new DatabaseSync(file);
    return tryEdits(db, { rows, share, ...(tables && { tables }) });
  };
  const tried = [await trial(60, 10), await trial(258, 3, ['ledger', 'ledger_node', 'checkpoint', 'entry'])];
  rmSync(folder, { recursive: true });
  process.stdout.write(JSON.stringify(sum(tried)));
}

async function inAProcess(n: number): Promise<Tried> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', import.meta.filename, String(n)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse((await Array.fromAsync(child.stdout)).join('')) as Tried;
}

function sum(tried: readonly Tried[]): Tried {
  return {
    edits: tried.reduce((total, { edits }) => total + edits, 0),
    missed: tried.flatMap(({ missed }) => missed),
    unnamed: tried.flatMap(({ unnamed }) => unnamed),
  };
}
