import { copyFileSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openSqlite } from '#src/evidence/sqlite.ts';
import { signed } from '#test/evidence/signers.ts';
import { tellNext } from './story.ts';

/** A store to begin with, and how many leaves are added to it. */
export interface Scene {
  readonly name: string;
  readonly from: string;
  /** What its files are called after the name of the store; none where there is no store yet. */
  readonly files: readonly string[];
  /** Its leaves. */
  readonly size: number;
  readonly leaves: number;
}

/** From nothing, with the migrations: some leaves of each kind. */
export const newStore: Scene = { name: 'a new store', from: '', files: [], size: 0, leaves: 7 };

/** What a kill left, in a folder of its own: a log to recover, so long that the first leaf has it written back. */
export async function killedStore(folder: string): Promise<Scene> {
  const [file, copy] = ['left', 'killed'].map((name) => join(folder, name, 'evidence.db')) as [string, string];
  for (const path of [file, copy]) mkdirSync(dirname(path));
  await using store = openSqlite(file, { synchronous: 'OFF', ...signed });
  while (store.head().size < 10) await tellNext(store);
  {
    using other = new DatabaseSync(file);
    for (let n = 1; statSync(`${file}-wal`).size < 998 * 4120; n = 1 - n) other.exec(`PRAGMA user_version = ${n}`);
  }
  const files = ['', '-wal'];
  for (const suffix of files) copyFileSync(file + suffix, copy + suffix);
  return { name: 'a store that was killed', from: copy, files, size: store.head().size, leaves: 4 };
}

/** Makes the folder anew, with a copy of the store of the scene. Returns the path of the store. */
export function freshStore(folder: string, { from, files }: Scene): string {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const file = join(folder, 'evidence.db');
  for (const suffix of files) copyFileSync(from + suffix, file + suffix);
  return file;
}
