import { statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

export interface Disk {
  readonly free: number;
  readonly size: number;
}

/** Why nobody knows: the code of the system. */
export interface UnknownDisk {
  readonly code: string;
}

/** What the volume of a file has left, in bytes. */
export function diskAt(file: string): Disk | UnknownDisk {
  try {
    const { bavail, blocks, bsize } = statfsSync(dirname(file));
    return { free: bavail * bsize, size: blocks * bsize };
  } catch (error) {
    return { code: (error as NodeJS.ErrnoException).code ?? 'unknown' };
  }
}

/** Bytes of a file of SQLite with its log; null where there is none. */
export function bytesOf(file: string): number | null {
  const sizes = [file, `${file}-wal`].map((each) => statSync(each, { throwIfNoEntry: false })?.size);
  return sizes[0] === undefined ? null : sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
}

const [megabyte, gigabyte] = [2 ** 20, 2 ** 30];

/** Less than a tenth is left, and less than five gigabytes: soon nothing can be recorded. */
export const isNearlyFull = ({ free, size }: Disk): boolean => free < Math.min(size / 10, 5 * gigabyte) || isFull({ free, size });

/** What is left may not be enough for the next cycle. */
export const isFull = ({ free }: Disk): boolean => free < 64 * megabyte;
