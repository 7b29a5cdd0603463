import { dirname } from 'node:path';
import type { Said } from './story.ts';

/** What reached the disk or did not, and what was said, in the order in which it happened. Files are named by their path. */
export type Event =
  | { readonly what: 'create' | 'unlink' | 'sync'; readonly file: string }
  | { readonly what: 'write'; readonly file: string; readonly at: number; readonly data: Buffer }
  | { readonly what: 'truncate'; readonly file: string; readonly size: number }
  | { readonly what: 'sync folder' }
  | { readonly what: 'say'; readonly said: Said };

/** Arguments of strace with which its lines tell everything that changes a file, data included. */
export const recordingArguments = [
  '-y',
  '-xx',
  '-s',
  '1000000',
  '-e',
  'trace=openat,write,pwrite64,ftruncate,fsync,fdatasync,unlink,rename',
];

interface Recorded {
  readonly store: string;
  /** The file to which the writer says what became of its leaves. */
  readonly said: string;
  /** The files that were there before. */
  readonly existing: readonly string[];
}

/** The events in the lines of strace. Throws where a line tells something that is not known here: nothing is passed over. */
export function eventsIn(lines: readonly string[], { store, said, existing: there }: Recorded): Event[] {
  const events: Event[] = [];
  const existing = new Set(there);
  for (const line of lines) {
    const [, call, rest] = /^\d+ +(\w+)\((.*)\) += \d+/.exec(line) ?? [];
    if (call === undefined || rest === undefined) continue;
    // A descriptor with its file, the bytes or the path, and numbers: strace writes text as \x41.
    const file = text(/^\d+<([^>]*)>/.exec(rest)?.[1] ?? /^(?:AT_FDCWD<[^>]*>, )?"([^"]*)"/.exec(rest)![1]!).toString();
    const data = () => text(/, "([^"]*)"/.exec(rest)![1]!);
    const numbers = rest
      .split(', ')
      .filter((part) => /^\d+$/.test(part))
      .map(Number);
    if (file.endsWith('-shm') || file.endsWith('-lock')) continue;
    if (call === 'openat') {
      if (!rest.includes('O_CREAT') || existing.has(file)) continue;
      existing.add(file);
      events.push({ what: 'create', file });
    } else if (file === said && call === 'write')
      events.push(
        ...data()
          .toString()
          .trim()
          .split('\n')
          .map((each): Event => ({ what: 'say', said: JSON.parse(each) as Said })),
      );
    else if (call === 'pwrite64') events.push({ what: 'write', file, at: numbers.at(-1)!, data: whole(data(), numbers[0]!) });
    else if (call === 'ftruncate') events.push({ what: 'truncate', file, size: numbers[0]! });
    else if (call === 'fsync' || call === 'fdatasync')
      events.push(file === dirname(store) ? { what: 'sync folder' } : { what: 'sync', file });
    else if (call === 'unlink') {
      existing.delete(file);
      events.push({ what: 'unlink', file });
    } else throw new Error(`a recording does not know what ${line.slice(0, 100)} does`);
  }
  return events;
}

const text = (escaped: string): Buffer => Buffer.from(escaped.replaceAll('\\x', ''), 'hex');

function whole(data: Buffer, length: number): Buffer {
  if (data.length !== length) throw new Error(`the recording has ${data.length} bytes of a write of ${length}`);
  return data;
}
