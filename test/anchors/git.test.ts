import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { gitAnchor } from '#src/anchors/git.ts';
import { testAnchor } from './contract.ts';
import { type TestLedger, testLedger } from './ledger.ts';

const present = spawnSync('git', ['--version']).status === 0;
if (!present) console.warn('skipped: git is not installed');
const root = mkdtempSync(join(tmpdir(), 'holdfast-git-anchor-'));
afterAll(() => rmSync(root, { recursive: true }));

let places = 0;
const branch = 'holdfast/evidence.example.com_acme';
function place() {
  const remote = join(root, `${places++}.git`);
  execFileSync('git', ['init', '--quiet', '--bare', remote]);
  const git = (...args: string[]) => execFileSync('git', ['-C', remote, ...args], { encoding: 'utf8' }).trim();
  return { remote, git, open: ({ origin }: TestLedger) => gitAnchor({ name: 'repository', every: 0, origin, remote }) };
}
const hand = (anchor: ReturnType<typeof gitAnchor>, ledger: TestLedger, size?: number) => anchor.publish(ledger.checkpoint(size), () => []);

(present ? describe : describe.skip)('a git remote', () => {
  testAnchor(place);

  test('has a commit for each publication, the latest in `checkpoint`, and the receipt names it', async () => {
    const ledger = testLedger(12);
    const { git, open } = place();
    const receipts = [];
    for (const size of [2, 5, 12]) receipts.push(JSON.parse((await hand(open(ledger), ledger, size)).receipt.toString()));
    expect(git('rev-list', '--count', branch)).toBe('3');
    expect(git('rev-parse', branch)).toBe(receipts[2].commit);
    expect(git('rev-parse', `${branch}~1`)).toBe(receipts[1].commit);
    expect(`${git('show', `${branch}:checkpoint`)}\n`).toBe(ledger.checkpoint(12).note);
    expect(git('ls-tree', '-r', '--name-only', branch).split('\n')).toEqual([
      'checkpoint',
      'checkpoints/12',
      'checkpoints/2',
      'checkpoints/5',
    ]);
  });

  test('whose branch moves between the look and the push is not overwritten', async () => {
    const ledger = testLedger(4);
    const { remote, git, open } = place();
    await hand(open(ledger), ledger, 2);
    const before = git('rev-parse', branch);
    // The remote takes the push only after another commit has come first.
    const hook = join(remote, 'hooks', 'pre-receive');
    const tree = git('rev-parse', `${branch}^{tree}`);
    const env = 'GIT_AUTHOR_NAME=x GIT_AUTHOR_EMAIL=x GIT_COMMITTER_NAME=x GIT_COMMITTER_EMAIL=x';
    writeFileSync(
      hook,
      `#!/bin/sh\nunset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES\nc=$(env ${env} git commit-tree -p ${before} -m other ${tree}) && git update-ref refs/heads/${branch} $c\n`,
    );
    chmodSync(hook, 0o755);
    await expect(hand(open(ledger), ledger)).rejects.toMatchObject({
      name: 'AnchorFault',
      message: expect.stringContaining('git push failed'),
    });
    rmSync(hook);
    expect(git('log', '-1', '--format=%s', branch)).toBe('other');
    await hand(open(ledger), ledger);
    expect(git('rev-list', '--count', branch)).toBe('3');
  });

  test.each([
    ['is not there', () => join(root, 'none.git'), 'Make the repository'],
    ['is a program to run', () => 'ext::sh -c whoami', ''],
    ['looks like an option', () => '--upload-pack=touch /tmp/x', ''],
  ])('that %s is told', async (_, remote, mend) => {
    const ledger = testLedger(1);
    const anchor = gitAnchor({ name: 'repository', every: 0, origin: ledger.origin, remote: remote() });
    for (const act of [() => anchor.latest(), () => hand(anchor, ledger), () => anchor.check()])
      await expect(act()).rejects.toMatchObject({ name: 'AnchorFault', mend: expect.stringContaining(mend) });
  });

  test('that refuses pushes says so, without the password of its address', async () => {
    const ledger = testLedger(1);
    const { remote, open } = place();
    writeFileSync(join(remote, 'hooks', 'update'), '#!/bin/sh\necho "no: https://me:s3cret@host/x is full" >&2\nexit 1\n', { mode: 0o755 });
    const refused: Error = (await hand(open(ledger), ledger).catch((error: unknown) => error as Error)) as Error;
    expect(refused.message).toMatch(/^git push failed/);
    expect(refused.message).not.toContain('s3cret');
    expect(await open(ledger).latest()).toBeNull();
  });

  test('whose branch is not one of ours is refused', async () => {
    const { remote, git } = place();
    const env = { ...process.env, GIT_AUTHOR_NAME: 'x', GIT_AUTHOR_EMAIL: 'x', GIT_COMMITTER_NAME: 'x', GIT_COMMITTER_EMAIL: 'x' };
    const empty = execFileSync('git', ['-C', remote, 'hash-object', '-w', '-t', 'tree', '/dev/null'], { encoding: 'utf8' }).trim();
    const commit = execFileSync('git', ['-C', remote, 'commit-tree', '-m', 'x', empty], { encoding: 'utf8', env }).trim();
    git('update-ref', 'refs/heads/main', commit);
    const anchor = gitAnchor({ name: 'repository', every: 0, origin: 'a', remote, branch: 'main' });
    await expect(anchor.latest()).rejects.toMatchObject({ message: expect.stringContaining('not one of ours') });
  });
});
