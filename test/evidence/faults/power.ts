import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { DatabaseOptions } from '#src/evidence/database.ts';
import { lookAfter } from './aftermath.ts';
import { diskOf, type Image } from './disk.ts';
import { eventsIn, recordingArguments } from './recording.ts';
import { freshStore, type Scene } from './scenes.ts';
import type { Said } from './story.ts';
import { saidOf, traceWriter } from './strace.ts';

export interface PowerLosses {
  readonly images: number;
  /** Images in which something acknowledged was lost. */
  readonly losing: number;
  /** What was lost, image by image. */
  readonly lost: readonly string[];
  /** Images that do not open, or do not agree with themselves. */
  readonly broken: readonly string[];
}

interface Trial {
  readonly scenes: readonly Scene[];
  readonly synchronous: DatabaseOptions['synchronous'] & string;
  /** Images for each moment between two system calls; less than 1 takes only some of the moments. */
  readonly density: number;
  /** From 0 to 1. */
  readonly random: () => number;
}

/**
 * Records what a writer does to its files, and takes the power away after each of its system calls: of what was not flushed by then some is there
 * and some is not. Each image opens, agrees with itself, and goes on; what was lost of the acknowledged is counted.
 */
export async function losePower({ scenes, synchronous, density, random }: Trial): Promise<PowerLosses> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-power-'));
  const result = { images: 0, losing: 0, lost: [] as string[], broken: [] as string[] };
  try {
    for (const scene of scenes) {
      const store = freshStore(join(folder, 'recorded'), scene);
      const before: Image = new Map(scene.files.map((suffix) => [store + suffix, readFileSync(store + suffix)]));
      const { lines } = await traceWriter(store, {
        leaves: scene.leaves,
        options: { synchronous },
        strace: [...recordingArguments, '-P', saidOf(store)],
      });
      const events = eventsIn(lines, { store, said: saidOf(store), existing: [...before.keys()] });
      const disk = diskOf(before);
      const said: Said[] = [];
      for (const [n, event] of events.entries()) {
        disk.apply(event);
        if (event.what === 'say') said.push(event.said);
        for (let due = density; due > 0; due--) {
          if (due < 1 && random() >= due) continue;
          // Nothing, everything, or anything between.
          const keep = [0, 1, random(), random()][Math.floor(random() * 4)]!;
          const { lost, broken } = await lookAfter(written(join(folder, 'image'), disk.image(keep, random)), said, scene.size);
          const where = `${scene.name}: after ${n} of ${events.length} (${event.what}): `;
          result.images += 1;
          result.losing += lost.length > 0 ? 1 : 0;
          result.lost.push(...lost.map((line) => where + line));
          result.broken.push(...broken.map((line) => where + line));
        }
      }
      if (!said.at(-1)?.closed) throw new Error(`${scene.name}: the writer did not come to its end`);
    }
    return result;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function written(folder: string, image: Image): string {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const [path, data] of image) writeFileSync(join(folder, basename(path)), data);
  return join(folder, 'evidence.db');
}
