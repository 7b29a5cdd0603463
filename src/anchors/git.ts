import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { learnSecret } from '#src/redaction.ts';
import { type Anchor, AnchorFault, type Checkpoint, OtherCheckpoint, patience, sameText, slugOf } from './anchor.ts';

export interface GitSettings {
  readonly name: string;
  readonly every: number;
  readonly origin: string;
  /** As `git push` takes it: an address or a path. Without a password: see `token`. */
  readonly remote: string;
  /** Absent: one of the ledger's own. */
  readonly branch?: string;
  /** Over https: a token that may push, looked up each time. */
  readonly token?: () => Promise<string>;
}

/**
 * A branch of a git remote: `checkpoint` is the latest, `checkpoints/<size>` each of them, a commit for each publication. Pushes only what
 * continues the branch, and never by force. The receipt has the id of the commit.
 */
export function gitAnchor({ name, every, origin, remote, branch = `holdfast/${slugOf(origin)}`, token }: GitSettings): Anchor {
  const ref = `refs/heads/${branch}`;

  /** Works in a bare repository that is gone afterwards, with the branch fetched as far as its last commit. */
  const inScratch = async <T>(work: (git: Git, tip: string | null) => Promise<T>): Promise<T> => {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-git-'));
    try {
      const git = gitIn(folder, await authorization(token));
      await git(['init', '--quiet', '--bare', '.']);
      const tip = tipIn(await git(['ls-remote', '--', remote, ref]), ref);
      if (tip !== null) await git(['fetch', '--quiet', '--no-tags', '--depth=1', '--', remote, `${ref}:${ref}`]);
      return await work(git, tip);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };

  return {
    name,
    kind: 'git',
    every,
    latest: () =>
      inScratch(async (git, tip) => {
        if (tip === null) return null;
        const sizes = (await git(['ls-tree', '--name-only', tip, 'checkpoints/']))
          .split('\n')
          .flatMap((path) => /^checkpoints\/(0|[1-9]\d{0,15})$/.exec(path)?.[1] ?? []);
        if (sizes.length === 0) throw new AnchorFault(`the branch ${branch} has no checkpoints: it is not one of ours`);
        const largest = Math.max(...sizes.map(Number));
        return git(['cat-file', 'blob', `${tip}:checkpoints/${largest}`]);
      }),
    publish: ({ size, note }: Checkpoint) =>
      inScratch(async (git, tip) => {
        const path = `checkpoints/${size}`;
        const receipt = (commit: string) => ({ receipt: Buffer.from(JSON.stringify({ branch, commit })) });
        if (tip !== null && (await git(['ls-tree', '--name-only', tip, path])) !== '') {
          const kept = await git(['cat-file', 'blob', `${tip}:${path}`]);
          if (!sameText(kept, note)) throw new OtherCheckpoint(`${path} is another checkpoint`, { note: kept, size });
          return receipt(tip);
        }
        const blob = (await git(['hash-object', '-w', '--stdin'], note)).trim();
        if (tip !== null) await git(['read-tree', tip]);
        for (const each of ['checkpoint', path]) await git(['update-index', '--add', '--cacheinfo', `100644,${blob},${each}`]);
        const tree = (await git(['write-tree'])).trim();
        const commit = (await git(['commit-tree', ...(tip === null ? [] : ['-p', tip]), '-m', `${origin} ${size}`, tree])).trim();
        await git(['push', '--quiet', '--', remote, `${commit}:${ref}`]);
        const after = tipIn(await git(['ls-remote', '--', remote, ref]), ref);
        if (after !== commit) throw new AnchorFault(`the push was accepted, and the branch ${branch} is at ${after ?? 'no commit'}`);
        return receipt(commit);
      }),
    check: () =>
      inScratch(async (git, tip) => {
        // A dry run is told by the remote whether the branch may be pushed at all.
        const tree = (await git(['write-tree'])).trim();
        const commit = (await git(['commit-tree', ...(tip === null ? [] : ['-p', tip]), '-m', 'check', tree])).trim();
        await git(['push', '--quiet', '--dry-run', '--', remote, `${commit}:${ref}`]);
        return tip === null ? `the remote can be reached, and has no branch ${branch} yet` : `the branch ${branch} can be read`;
      }),
  };
}

type Git = (args: readonly string[], input?: string) => Promise<string>;

/** Runs git without asking anybody anything, without the hooks and the settings of a repository, and for no longer than an anchor may take. */
const gitIn =
  (folder: string, header: string | null): Git =>
  (args, input = '') =>
    new Promise((resolve, reject) => {
      const settings = [
        ['core.hooksPath', '/dev/null'],
        ['protocol.ext.allow', 'never'],
        ['commit.gpgSign', 'false'],
        ['http.lowSpeedLimit', '1'],
        ['http.lowSpeedTime', '10'],
        // In the environment, because every user of the machine may see the arguments of a program.
        ...(header === null ? [] : [['http.extraHeader', header]]),
      ] as const;
      const child = spawn('git', args, {
        cwd: folder,
        // A group of its own, so that what git starts ends with it.
        detached: true,
        env: {
          ...process.env,
          LC_ALL: 'C',
          GIT_DIR: folder,
          GIT_INDEX_FILE: join(folder, 'index'),
          GIT_TERMINAL_PROMPT: '0',
          GIT_ASKPASS: 'true',
          GIT_SSH_COMMAND: process.env['GIT_SSH_COMMAND'] ?? 'ssh -o BatchMode=yes -o ConnectTimeout=10',
          GIT_AUTHOR_NAME: 'Holdfast',
          GIT_AUTHOR_EMAIL: 'holdfast@localhost',
          GIT_COMMITTER_NAME: 'Holdfast',
          GIT_COMMITTER_EMAIL: 'holdfast@localhost',
          GIT_CONFIG_COUNT: String(settings.length),
          ...Object.fromEntries(
            settings.flatMap(([key, value], i) => [
              [`GIT_CONFIG_KEY_${i}`, key],
              [`GIT_CONFIG_VALUE_${i}`, value],
            ]),
          ),
        },
      });
      let [out, err] = ['', ''];
      const stop = setTimeout(() => {
        err = `nothing within ${patience / 1000} s`;
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      }, patience);
      child.stdout.on('data', (chunk: Buffer) => (out += out.length < most ? chunk.toString('latin1') : ''));
      child.stderr.on('data', (chunk: Buffer) => (err += err.length < 4_000 ? chunk.toString() : ''));
      child.stdin.on('error', () => undefined);
      child.stdin.end(input);
      child.on('error', (cause: NodeJS.ErrnoException) => {
        clearTimeout(stop);
        reject(new AnchorFault(`git cannot be run (${cause.code})`, { mend: 'Install git, or make sure that it is found.', cause }));
      });
      child.on('close', (code) => {
        clearTimeout(stop);
        if (code === 0) resolve(Buffer.from(out, 'latin1').toString());
        else reject(new AnchorFault(`git ${args[0]} failed: ${said(err) || `code ${code}`}`, { mend: mendOf(err) }));
      });
    });

const most = 4 * 1024 * 1024;

/** What git said last, in one line, without what may stand before an address. */
const said = (text: string): string =>
  (
    text
      .trim()
      .split('\n')
      .findLast((line) => /^(fatal|error| !|remote)/.test(line)) ??
    text.trim().split('\n').at(-1) ??
    ''
  )
    .replaceAll(/\/\/[^/@\s]+@/g, '//')
    .slice(0, 200);

function mendOf(text: string): string {
  if (/non-fast-forward|fetch first|stale info/.test(text)) return 'Another wrote to the branch meanwhile; it is tried again.';
  if (/Permission denied|could not read Username|Authentication failed|403/.test(text)) return 'Give a key or a token that may push there.';
  return /not found|does not appear to be a git repository|does not exist/i.test(text) ? 'Make the repository, or mend its address.' : '';
}

function tipIn(listed: string, ref: string): string | null {
  const line = listed.split('\n').find((each) => each.endsWith(`\t${ref}`));
  return line?.split('\t')[0] ?? null;
}

async function authorization(token: GitSettings['token']): Promise<string | null> {
  if (token === undefined) return null;
  const credential = Buffer.from(`x-access-token:${await token()}`).toString('base64');
  learnSecret(credential);
  return `Authorization: Basic ${credential}`;
}
