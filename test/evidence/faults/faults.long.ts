/** Every system call of a writer with each fault, and the power taken away after each. Exit code 1 where anything was lost or broken. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { losePower } from './power.ts';
import { seeded } from './random.ts';
import { killedStore, newStore } from './scenes.ts';
import { canTrace } from './strace.ts';
import { injectEverywhere } from './syscalls.ts';

if (!canTrace) throw new Error('strace is not installed, or may not trace here');
const folder = mkdtempSync(join(tmpdir(), 'holdfast-scenes-'));
const scenes = [newStore, await killedStore(folder)];
const wrong: string[] = [];

const { faults, calls, ...injected } = await injectEverywhere({ scenes });
console.log(
  `${injected.injections} injections: ${injected.killed} killed, ${injected.refused} refused, ${injected.absorbed} absorbed; ${faults.length} faults`,
);
console.log(
  `calls on the files: ${Object.entries(calls)
    .map(([call, count]) => `${call} ${count}`)
    .join(', ')}`,
);
wrong.push(...faults);

const seed = Number(process.argv[2] ?? Math.floor(Math.random() * 2 ** 31));
for (const synchronous of ['FULL', 'NORMAL'] as const) {
  const { images, losing, lost, broken } = await losePower({
    scenes,
    synchronous,
    density: synchronous === 'FULL' ? 1.3 : 0.3,
    random: seeded(seed),
  });
  console.log(
    `power lost with ${synchronous}, seed ${seed}: ${images} images, ${losing} lost what was acknowledged, ${broken.length} broken`,
  );
  wrong.push(...broken, ...(synchronous === 'FULL' ? lost : []));
  if (synchronous === 'NORMAL' && losing === 0) wrong.push('without a flush nothing was lost either: the images show nothing');
}

rmSync(folder, { recursive: true });
for (const line of wrong) console.log(line);
process.exitCode = wrong.length > 0 ? 1 : 0;
