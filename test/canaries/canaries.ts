import { randomBytes } from 'node:crypto';
import { type Dirent, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { openBlobs } from '#src/evidence/blobs.ts';
import { openDatabase } from '#src/evidence/database.ts';
import { openLog } from '#src/evidence/log.ts';
import { unzipped } from '#test/package/world.ts';

/** Secrets that are found again wherever they get to, each named after what it is the secret of. */
export class Canaries {
  readonly #ways = new Map<string, string>();

  /** A secret of no shape that anything knows. */
  plant(name: string, dress: (bare: string) => string = (bare) => bare): string {
    const bare = `cnry${name.replaceAll(/[^a-z0-9]/gi, '')}${randomBytes(9).toString('hex')}`;
    this.watch(name, bare);
    return dress(bare);
  }

  /** A secret that was made elsewhere. */
  watch(name: string, secret: string): void {
    for (const way of [
      secret,
      Buffer.from(secret).toString('base64').replace(/=+$/, ''),
      Buffer.from(secret).toString('hex'),
      encodeURIComponent(secret),
    ])
      this.#ways.set(way, name);
  }

  /** Where any of them is found, as `name in place`. */
  found(place: string, hay: string | Buffer): string[] {
    const text = typeof hay === 'string' ? hay : hay.toString('latin1');
    return [...new Set([...this.#ways].flatMap(([way, name]) => (text.includes(way) ? [`${name} in ${place}`] : [])))];
  }

  /** In all files below a folder but those named; in stores also in what is compressed there, in packages in each file. */
  inFolder(folder: string, without: readonly RegExp[] = []): string[] {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry: Dirent) => join(entry.parentPath, entry.name))
      .filter((file) => !without.some((pattern) => pattern.test(relative(folder, file))));
    return files.flatMap((file) => {
      const name = relative(folder, file);
      const bytes = readFileSync(file);
      const within = name.endsWith('evidence.db') ? documentsIn(file) : name.endsWith('.zip') ? [...unzipped(bytes)] : [];
      return [...this.found(name, bytes), ...within.flatMap(([part, text]) => this.found(`${name}: ${part}`, text))];
    });
  }
}

/** Every document and every leaf of a store, unpacked. */
function documentsIn(file: string): [string, string][] {
  const db = openDatabase(file, { readOnly: true });
  try {
    const [blobs, log] = [openBlobs(db), openLog(db)];
    const ids = db.prepare('SELECT id FROM blob').all() as { id: number }[];
    const leaves = db.prepare('SELECT idx FROM ledger').all() as { idx: number }[];
    return [
      ...ids.map(({ id }): [string, string] => [`document ${id}`, blobs.raw(id)]),
      ...leaves.map(({ idx }): [string, string] => [`leaf ${idx}`, log.read(idx)]),
    ];
  } finally {
    db.close();
  }
}

/** The command lines of a process and of all that it started, as anyone on the machine can read them. */
export function commandLines(root: number): string[] {
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const status = readFileSync(`/proc/${name}/stat`, 'utf8');
        return [
          {
            id: Number(name),
            parent: Number(status.slice(status.lastIndexOf(')') + 2).split(' ')[1]),
            line: readFileSync(`/proc/${name}/cmdline`, 'utf8'),
          },
        ];
      } catch {
        return [];
      }
    });
  const family = new Set([root]);
  for (let grown = true; grown; ) {
    grown = false;
    for (const { id, parent } of processes)
      if (family.has(parent) && !family.has(id)) {
        family.add(id);
        grown = true;
      }
  }
  return processes.filter(({ id }) => family.has(id)).map(({ line }) => line.replaceAll('\0', ' '));
}
