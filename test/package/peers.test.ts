import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { vkeyOf } from '#src/ledger/note.ts';
import { goIsHere } from '#test/ledger/peers/sumdb.ts';
import { privateKeyOf, seeds } from '#test/ledger/vectors.ts';
import { results } from './results.ts';
import { type Files, publicKeyOf, sshPublicKey, writeLog, zipOf } from './sealing.ts';
import { headAt, key, origin, signers, tinyPackage, vkey } from './tiny.ts';

const verifiers = new URL('../../src/package/verifiers/', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'holdfast-peers-'));
const gopath = process.env['HOLDFAST_TEST_GOPATH'] ?? '/usr/share/gocode';
const has = (program: string, ...args: string[]) => spawnSync(program, args).status === 0;
const shellIsHere = has('openssl', 'version') && spawnSync('ssh-keygen', ['-?']).error === undefined;
if (!shellIsHere) process.stderr.write('skipped: openssl or ssh-keygen is not installed, so verify.sh was not run\n');

const tiny = tinyPackage(results);
const other = privateKeyOf(seeds[1]);
const wrongVkey = vkeyOf(origin, publicKeyOf(other));
const file = (name: string, text: string | Buffer): string => {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
};
const kept = file('kept', headAt(tiny, 5));
const otherHead = file('other-head', headAt({ leaves: tiny.leaves.with(1, '{}') }, 4));
let made = 0;
const packed = (files: Files): string => file(`${++made}.zip`, zipOf(files));
const unpacked = (files: Files): string => {
  const into = `${++made}`;
  for (const [path, bytes] of files) file(join(into, path), bytes);
  return join(folder, into);
};
/** The package with one file altered, or none. */
const altered = (path: string, alter: (bytes: Buffer) => Buffer): Files => new Map(tiny.files).set(path, alter(tiny.files.get(path)!));
const flipped = (at: number) => (bytes: Buffer) => Buffer.from(bytes.map((byte, i) => (i === at ? byte ^ 1 : byte)));

afterAll(() => rmSync(folder, { recursive: true }));

describe('Node, from the command line', () => {
  const run = (...args: string[]) => spawnSync(process.execPath, [join(verifiers, 'verify.mjs'), ...args], { encoding: 'utf8' });

  test('accepts with 0, refuses with 1, and says with 2 that it was used wrongly', () => {
    const accepted = run('--vkey', vkey, '--signers', file('signers', signers), '--checkpoint', kept, packed(tiny.files));
    expect([accepted.status, accepted.stderr]).toEqual([0, '']);
    expect(accepted.stdout).toContain('Nothing is wrong with what could be checked');
    const refused = run('--json', `--vkey=${wrongVkey}`, packed(tiny.files));
    expect(refused.status).toBe(1);
    expect(JSON.parse(refused.stdout)).toMatchObject({ ok: false });
    expect(run().status).toBe(2);
    expect(run('--nothing', packed(tiny.files)).status).toBe(2);
    expect(run(join(folder, 'absent.zip')).status).toBe(2);
    expect(run(file('no.zip', 'no zip')).status).toBe(1);
  });
});

(goIsHere ? describe : describe.skip)('Go’s sumdb', () => {
  const program = join(folder, 'verify');
  const run = (...args: string[]) => spawnSync(program, args, { encoding: 'utf8' });
  beforeAll(() => {
    const env = { ...process.env, GOPATH: gopath, GO111MODULE: 'off', GOFLAGS: '', GOTOOLCHAIN: 'local' };
    const built = spawnSync('go', ['build', '-o', program, join(verifiers, 'verify.go')], { env, encoding: 'utf8' });
    if (built.status !== 0) throw new Error(built.stderr);
  }, 120_000);

  test('accepts a package, its proofs and its growth', () => {
    const { status, stdout } = run('-vkey', vkey, '-checkpoint', kept, packed(tiny.files));
    expect(stdout).toContain('the head of 9 leaves of example.com/tiny is signed with the key you gave');
    expect(stdout).toContain('proofs: 1 leaves with a proof are in the log');
    expect(stdout).toContain('only grew since the head of 5 leaves that you hold');
    expect(status).toBe(0);
  });

  test('accepts logs whose tiles are full, and one more', () => {
    for (const size of [256, 257, 600]) {
      const files = new Map(tiny.files);
      writeLog(
        files,
        origin,
        Array.from({ length: size }, (_, i) => `{"n":${i}}`),
        key,
      );
      expect(run('-vkey', vkey, packed(files)).stdout).toContain(`log: ${size} leaves have the hashes in the tiles`);
    }
  });

  test.each<[string, string[], Files, string]>([
    ['another key', ['-vkey', wrongVkey], tiny.files, 'log/checkpoint'],
    ['a head of another history', ['-checkpoint', otherHead], tiny.files, 'history was rewritten'],
    ['an altered file', [], altered('00_README.html', flipped(3)), '00_README.html does not have the hash'],
    ['an altered leaf', [], altered('log/tile/entries/000.p/9', flipped(40)), 'leaf 0 does not have the hash'],
    ['an altered tile', [], altered('log/tile/0/000.p/9', flipped(40)), 'log: the tiles'],
    [
      'an altered proof',
      [],
      altered('proofs/1.tlog-proof', (bytes) => Buffer.from(bytes.toString().replace('index 5', 'index 4'))),
      'proofs/1.tlog-proof',
    ],
    ['an altered growth', [], altered('consistency/4-9.txt', (bytes) => bytes.subarray(45)), 'consistency/4-9.txt'],
  ])('refuses %s', (_, args, files, fault) => {
    const { status, stdout } = run(...args, packed(files));
    expect(
      stdout
        .split('\n')
        .filter((line) => line.startsWith('FAILED'))
        .join('\n'),
    ).toContain(fault);
    expect(status).toBe(1);
  });
});

(shellIsHere ? describe : describe.skip)('openssl, ssh-keygen and sha256sum', () => {
  const run = (...args: string[]) => spawnSync('sh', [join(verifiers, 'verify.sh'), ...args], { encoding: 'utf8' });

  test('accept a package', () => {
    const { status, stdout, stderr } = run('--vkey', vkey, '--signers', file('signers', signers), unpacked(tiny.files));
    expect(stdout.split('\n').map((line) => line.split(':')[0])).toEqual(
      expect.arrayContaining(['ok               files', 'ok               signature', 'ok               checkpoint']),
    );
    expect([status, stderr]).toEqual([0, '']);
  });

  test('say what could not be established without a key from outside', () => {
    const { status, stdout } = run(unpacked(tiny.files));
    expect(stdout.match(/the key in the package proves nothing/g)).toHaveLength(2);
    expect(status).toBe(0);
  });

  test.each<[string, string[], Files, string]>([
    ['another key', ['--vkey', wrongVkey], tiny.files, 'checkpoint: it is not signed by that key'],
    [
      'other signers',
      ['--signers', file('others', `evidence@example.com ${sshPublicKey(other)}\n`)],
      tiny.files,
      'signature: SHA256SUMS.sig',
    ],
    ['an altered file', [], altered('00_README.html', flipped(3)), 'files: 00_README.html: FAILED'],
    ['a file too many', [], new Map(tiny.files).set('more', Buffer.of(1)), '> more'],
    ['a file too few', [], new Map([...tiny.files].filter(([path]) => path !== 'ipe/runs.csv')), '< ipe/runs.csv'],
    [
      'an altered head',
      [],
      altered('log/checkpoint', (bytes) => Buffer.from(bytes.toString().replace('\n9\n', '\n8\n'))),
      'checkpoint: its signature is wrong',
    ],
    ['altered sums', [], altered('SHA256SUMS', flipped(3)), 'signature: SHA256SUMS.sig'],
    ['a stamp of another head', ['--tsa-ca', kept], new Map(tiny.files).set('tsa/9.tsr', Buffer.of(1)), 'time stamps: tsa/9.tsr'],
  ])('refuse %s', (_, args, files, fault) => {
    const { status, stdout } = run(...args, unpacked(files));
    expect(
      stdout
        .split('\n')
        .filter((line) => line.startsWith('FAILED'))
        .join('\n'),
    ).toContain(fault);
    expect(status).toBe(1);
  });
});
