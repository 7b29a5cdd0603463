import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

/** Why an anchor failed the last time, how often in a row, and when it is tried again. Epoch ms. */
export interface Fault {
  readonly at: number;
  readonly attempts: number;
  readonly reason: string;
  readonly mend: string;
  readonly nextAt: number;
}

/** The faults of the anchors, by name. No evidence: they say why the evidence is not outside yet. */
export interface Faults {
  of(anchor: string): Fault | null;
  note(anchor: string, fault: Fault): void;
  clear(anchor: string): void;
}

/** In a file, so that `status` in another process can tell them; null keeps them in memory. A file that cannot be read or written is done without. */
export function openFaults(file: string | null): Faults {
  const kept = new Map(Object.entries(file === null ? {} : read(file)));
  const write = () => {
    if (file === null) return;
    const beside = `${file}.${process.pid}.tmp`;
    try {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(beside, `${JSON.stringify(Object.fromEntries(kept), null, 1)}\n`, { mode: 0o600 });
      renameSync(beside, file);
    } catch {
      // The log has it too; a disk that is full must not keep a cycle from its commit.
    }
  };
  return {
    of: (anchor) => kept.get(anchor) ?? null,
    note(anchor, fault) {
      kept.set(anchor, fault);
      write();
    },
    clear(anchor) {
      if (kept.delete(anchor)) write();
    },
  };
}

const shape = z.record(z.string(), z.object({ at: z.int(), attempts: z.int(), reason: z.string(), mend: z.string(), nextAt: z.int() }));

function read(file: string): Record<string, Fault> {
  try {
    return shape.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data ?? {};
  } catch {
    return {};
  }
}
