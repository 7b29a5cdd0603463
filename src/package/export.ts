import { createHash } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { HoldfastError } from '#src/errors.ts';
import { canonical } from '#src/ledger/canonical.ts';
import type { SigningKey } from '#src/signing/key.ts';
import { sshSignature } from '#src/signing/sshsig.ts';
import { type About, fill, type Source } from './contents.ts';
import { openSpool, type Spool } from './spool.ts';
import { zip } from './zip.ts';

export interface ExportOptions extends Source {
  readonly out: string;
  /** Replace what is there. */
  readonly force?: boolean;
}

export interface Exported {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly files: number;
  /** Of company, window and ledger: the same for the same package. */
  readonly id: string;
  readonly ledger: About['ledger'];
  /** Whether the list of the files is signed, beside the ledger. */
  readonly sumsSigned: boolean;
}

/**
 * Writes the auditor's package (docs/package.md): whole, or not at all. What is half done lies in a folder beside it, which the next export
 * to the same place takes away. Errors: PACKAGE_EXISTS, PACKAGE_EMPTY, PACKAGE_UNWRITABLE, STORE_DAMAGED.
 */
export async function exportPackage(options: ExportOptions): Promise<Exported> {
  const { out, force = false, store, window } = options;
  if (!force && existsSync(out)) throw new HoldfastError('PACKAGE_EXISTS', { file: out });
  if (!store.lastCycle()) throw new HoldfastError('PACKAGE_EMPTY', { reason: 'no cycle was recorded yet' });
  if (window.asOf <= window.from) throw new HoldfastError('PACKAGE_EMPTY', { reason: 'the window has not begun' });
  const folder = `${out}.partial`;
  try {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { mode: 0o700 });
    const spool = openSpool(join(folder, 'spool'));
    try {
      const { about, sumsSigned } = await fill(spool, options);
      await sum(spool, about, sumsSigned ? options.key! : null);
      options.progress?.('the ZIP');
      const written = pack(spool, join(folder, 'zip'));
      renameSync(join(folder, 'zip'), out);
      syncFolder(dirname(out));
      return { file: out, ...written, id: about.export.id, ledger: about.ledger, sumsSigned };
    } finally {
      spool.close();
    }
  } catch (error) {
    throw faultOf(out, error);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The instant up to which a package knows: the latest cycle, or as much of the window as has passed since. */
export const knownUntil = (lastCycle: number, windowEnd: number, now: number): number => Math.max(lastCycle, Math.min(windowEnd, now));

/** manifest.json and SHA256SUMS: what everything else is, to the byte. */
async function sum(spool: Spool, about: About, key: SigningKey | null): Promise<void> {
  const { export: made, ledger } = about;
  const manifest = function* () {
    yield `{"export":${canonical(made)},"files":[`;
    for (const [i, { path, size, sha256, type }] of spool.files().entries())
      yield `${i > 0 ? ',' : ''}${canonical({ path, size, sha256, type })}`;
    yield `],"ledger":${canonical(ledger)},"v":1}\n`;
  };
  await spool.add('manifest.json', manifest());
  const lines = function* () {
    for (const { path, sha256 } of spool.files()) yield `${sha256}  ${path}\n`;
  };
  await spool.add('SHA256SUMS', lines());
  if (key) await spool.add('SHA256SUMS.sig', await sshSignature(key, Buffer.from(spool.textOf('SHA256SUMS')!), 'soc2-evidence'));
}

function pack(spool: Spool, path: string): { bytes: number; sha256: string; files: number } {
  const fd = openSync(path, 'wx', 0o600);
  const digest = createHash('sha256');
  const files = spool.files();
  let bytes = 0;
  try {
    for (const piece of zip(files, (file) => spool.piecesOf(file))) {
      for (let done = 0; done < piece.length; ) done += writeSync(fd, piece, done);
      digest.update(piece);
      bytes += piece.length;
    }
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  return { bytes, sha256: digest.digest('hex'), files: files.length };
}

/** A name is durable once its folder is. */
function syncFolder(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function faultOf(file: string, error: unknown): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (error instanceof HoldfastError || syscall === undefined) return error;
  return new HoldfastError('PACKAGE_UNWRITABLE', { file, reason: `${code}: ${(error as Error).message}` }, { cause: error });
}
