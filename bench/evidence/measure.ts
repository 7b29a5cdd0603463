import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';

/** What something took, in ms: by the clock, and of processor time. On a machine that others use too, the second says more. */
export interface Taken {
  readonly clock: number;
  readonly processor: number;
}

export async function taking(run: () => unknown): Promise<Taken> {
  const [before, began] = [process.cpuUsage(), performance.now()];
  await run();
  const clock = performance.now() - began;
  const { user, system } = process.cpuUsage(before);
  return { clock, processor: (user + system) / 1000 };
}

export async function repeated(count: number, run: (i: number) => unknown): Promise<Taken[]> {
  const taken: Taken[] = [];
  for (let i = 0; i < count; i++) taken.push(await taking(() => run(i)));
  return taken;
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Writing a page to a file and waiting until the disk has it: below this no durable cycle can be. */
export async function syncFloor(file: string): Promise<Taken[]> {
  const handle = openSync(file, 'w');
  const page = Buffer.alloc(4096, 1);
  try {
    return await repeated(200, (i) => {
      writeSync(handle, page, 0, page.length, i * page.length);
      fdatasyncSync(handle);
    });
  } finally {
    closeSync(handle);
    rmSync(file);
  }
}
