import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Hash } from '#src/ledger/tree.ts';

/** What can be asked of accept.go. */
export type Question =
  | { readonly do: 'note'; readonly note: Buffer; readonly vkeys: readonly string[]; readonly text?: string }
  | {
      readonly do: 'inclusion';
      readonly entry: Buffer;
      readonly index: number;
      readonly size: number;
      readonly root: Hash;
      readonly path: readonly Hash[];
    }
  | {
      readonly do: 'consistency';
      readonly old: number;
      readonly oldRoot: Hash;
      readonly size: number;
      readonly root: Hash;
      readonly path: readonly Hash[];
    }
  | { readonly do: 'canonical'; readonly entry: Buffer }
  | { readonly do: 'log'; readonly folder: string; readonly vkeys: readonly string[] };

const debian = '/usr/share/gocode';
/** Where Debian's golang-golang-x-mod-dev puts its source, unless told otherwise. */
const gopath = process.env['HOLDFAST_TEST_GOPATH'] ?? debian;

export const goIsHere = existsSync(join(gopath, 'src/golang.org/x/mod/sumdb')) && spawnSync('go', ['version']).status === 0;
if (!goIsHere) process.stderr.write('skipped: go or golang.org/x/mod is not installed, so its sumdb was not asked\n');

/** Builds accept.go into a folder; returns who asks it. Answers are "ok" or begin with "refused:". */
export function buildPeer(folder: string): (questions: readonly Question[]) => string[] {
  const program = join(folder, 'accept');
  const source = new URL('accept.go', import.meta.url).pathname;
  const env = { ...process.env, GOPATH: gopath, GO111MODULE: 'off', GOFLAGS: '', GOTOOLCHAIN: 'local' };
  const built = spawnSync('go', ['build', '-o', program, source], { env, encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`accept.go does not build: ${built.stderr}`);
  return (questions) => {
    const input = questions.map((question) => `${JSON.stringify(question, base64)}\n`).join('');
    const { status, stdout, stderr } = spawnSync(program, { input, encoding: 'utf8', maxBuffer: 2 ** 26 });
    const answers = stdout.split('\n').slice(0, -1);
    if (status !== 0 || answers.length !== questions.length) throw new Error(`accept.go failed: ${stderr}`);
    return answers;
  };
}

/** Bytes as Go's JSON reads them. Buffers come here as what their own toJSON makes of them. */
function base64(_: string, value: unknown): unknown {
  const bytes = value as { type?: unknown; data?: number[] } | null;
  return typeof bytes === 'object' && bytes?.type === 'Buffer' ? Buffer.from(bytes.data!).toString('base64') : value;
}
