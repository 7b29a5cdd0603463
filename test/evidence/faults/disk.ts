import type { Event } from './recording.ts';

/** Files by path. */
export type Image = ReadonlyMap<string, Buffer>;

/**
 * A disk that keeps what was flushed, and of the rest what chance will have. A file's bytes are kept for sure when the file was flushed; that it
 * is there, or is gone, when its folder was.
 */
export interface Disk {
  apply(event: Event): void;
  /**
   * What a loss of power at this moment may leave: of the writes since the last flush each with the probability `keep`, some of them torn between
   * sectors of 512 bytes, truncations likewise; each name as it was at some moment since the folder was flushed.
   */
  image(keep: number, random: () => number): Image;
}

type Change = Extract<Event, { what: 'write' | 'truncate' }>;

interface File {
  flushed: Buffer;
  pending: Change[];
}

export function diskOf(files: Image): Disk {
  /** What each name stood for since its folder was flushed, the latest last; null where there was no such file. */
  const names = new Map<string, (File | null)[]>([...files].map(([name, flushed]) => [name, [{ flushed, pending: [] }]]));
  const fileAt = (name: string): File => {
    const file = names.get(name)?.at(-1);
    if (!file) throw new Error(`${name} is written to, and is not there`);
    return file;
  };
  return {
    apply(event) {
      if (event.what === 'create') names.set(event.file, [...(names.get(event.file) ?? [null]), { flushed: Buffer.alloc(0), pending: [] }]);
      else if (event.what === 'unlink') names.get(event.file)!.push(null);
      else if (event.what === 'sync folder') for (const [name, past] of names) names.set(name, past.slice(-1));
      else if (event.what === 'sync') {
        const file = fileAt(event.file);
        file.flushed = file.pending.reduce(changed, file.flushed);
        file.pending = [];
      } else if (event.what === 'write' || event.what === 'truncate') fileAt(event.file).pending.push(event);
    },
    image(keep, random) {
      const image = new Map<string, Buffer>();
      for (const [name, past] of names) {
        const file = past[keep === 1 ? past.length - 1 : Math.floor(random() * past.length)];
        if (!file) continue;
        const kept = file.pending.filter(() => random() < keep);
        const torn = kept.flatMap((change) =>
          change.what === 'write' && keep < 1 && random() < 0.3 ? sectors(change).filter(() => random() < 0.5) : [change],
        );
        image.set(name, torn.reduce(changed, file.flushed));
      }
      return image;
    },
  };
}

function changed(before: Buffer, change: Change): Buffer {
  if (change.what === 'truncate') return Buffer.concat([before.subarray(0, change.size)], change.size);
  const after = Buffer.concat([before], Math.max(before.length, change.at + change.data.length));
  change.data.copy(after, change.at);
  return after;
}

const sector = 512;

/** A write as those of the sectors that it touches. */
function sectors({ file, at, data }: Extract<Change, { what: 'write' }>): Change[] {
  const parts: Change[] = [];
  for (let from = at; from < at + data.length; ) {
    const to = Math.min(at + data.length, (Math.floor(from / sector) + 1) * sector);
    parts.push({ what: 'write', file, at: from, data: data.subarray(from - at, to - at) });
    from = to;
  }
  return parts;
}
