import { link, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Anchor, AnchorFault, type Checkpoint, OtherCheckpoint, sameText, slugOf } from './anchor.ts';

export interface FileSettings {
  readonly name: string;
  readonly every: number;
  readonly origin: string;
  /** Absolute. It must be there already: a mount that is not mounted is no folder to make. */
  readonly folder: string;
}

/** A folder, meant to be another mount: a file for each checkpoint by its size, and `latest` for whoever looks. */
export function fileAnchor({ name, every, origin, folder }: FileSettings): Anchor {
  const own = join(folder, slugOf(origin));

  const sizes = async (): Promise<number[]> => {
    const names = await readdir(own).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return [];
      throw cause;
    });
    return names.filter((each) => /^(0|[1-9]\d{0,15})$/.test(each)).map(Number);
  };
  /** The folder itself must be there: otherwise an unmounted mark would look like none. */
  const reach = () => stat(folder);

  return {
    name,
    kind: 'file',
    every,
    latest: () =>
      told(async () => {
        await reach();
        const largest = Math.max(-1, ...(await sizes()));
        return largest < 0 ? null : await readFile(join(own, String(largest)), 'utf8');
      }),
    publish: ({ size, note }: Checkpoint) =>
      told(async () => {
        await reach();
        await mkdir(own, { recursive: true });
        const file = join(own, String(size));
        const kept = await place(file, note);
        if (!sameText(kept, note)) throw new OtherCheckpoint(`${file} is another checkpoint`, { note: kept, size });
        if (size >= Math.max(...(await sizes()))) await replace(join(own, 'latest'), note);
        return { receipt: Buffer.from(JSON.stringify({ file: `${slugOf(origin)}/${size}` })) };
      }),
    check: () =>
      told(async () => {
        await reach();
        const probe = join(folder, `.holdfast-${process.pid}`);
        await written(probe, 'x');
        await rm(probe);
        return 'the folder can be written';
      }),
  };
}

/** Writes a file that is not there yet, whole or not at all, and reads it back. Gives what is there afterwards. */
async function place(file: string, content: string): Promise<string> {
  const beside = `${file}.${process.pid}.tmp`;
  try {
    await written(beside, content);
    await link(beside, file).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'EEXIST') throw cause;
    });
  } finally {
    await rm(beside, { force: true });
  }
  await flushFolder(file);
  return readFile(file, 'utf8');
}

async function replace(file: string, content: string): Promise<void> {
  const beside = `${file}.${process.pid}.tmp`;
  await written(beside, content);
  await rename(beside, file);
  await flushFolder(file);
}

async function written(file: string, content: string): Promise<void> {
  const handle = await open(file, 'w', 0o644);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function flushFolder(file: string): Promise<void> {
  const handle = await open(join(file, '..'), 'r');
  // Not every network file system flushes folders.
  await handle.sync().catch(() => undefined);
  await handle.close();
}

async function told<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    const { code, path, syscall } = cause as NodeJS.ErrnoException;
    if (cause instanceof AnchorFault || code === undefined) throw cause;
    throw new AnchorFault(`${syscall} ${path ?? ''} failed: ${words[code] ?? code}`, { mend: mends[code] ?? '', cause });
  }
}

const words: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such folder',
  ENOTDIR: 'it is not a folder',
  ENOSPC: 'there is no space left',
  EDQUOT: 'the quota is used up',
  EACCES: 'this user may not',
  EPERM: 'this user may not',
  EROFS: 'it is mounted for reading only',
};
const mends: Readonly<Record<string, string>> = {
  ENOENT: 'Mount the folder, or make it.',
  ENOSPC: 'Make room there.',
  EDQUOT: 'Make room there.',
  EACCES: 'Let the user that runs Holdfast write there.',
  EPERM: 'Let the user that runs Holdfast write there.',
  EROFS: 'Mount it for writing.',
};
