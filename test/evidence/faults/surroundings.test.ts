import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openSqlite } from '#src/evidence/sqlite.ts';
import { lookAfter } from './aftermath.ts';
import { type Said, tellNext } from './story.ts';
import { canTrace, compiledOnce, traceWriter } from './strace.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
  file = join(folder, 'evidence.db');
});
afterEach(() => {
  chmodSync(folder, 0o700);
  rmSync(folder, { recursive: true });
});

/** Adds so many leaves; what was not written back stays in the log, as after a kill. Returns the root at each size. */
async function grow(leaves: number): Promise<string[]> {
  await using store = openSqlite(file, { synchronous: 'OFF' });
  const roots: string[] = [];
  for (let n = 0; n < leaves; n++) roots.push((await tellNext(store)).root);
  for (const suffix of ['', '-wal']) copyFileSync(file + suffix, `${file}.kept${suffix}`);
  return roots;
}

/** Puts back what `grow` left when it was not yet closed. */
function putBack(suffixes: readonly string[]): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
  for (const suffix of suffixes) copyFileSync(`${file}.kept${suffix}`, file + suffix);
}

/** Runs the writer in a process to which the rights of files apply, also where root runs it. */
function writeAsOwner(leaves: number): Said[] {
  const writer = [
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    fileURLToPath(new URL('writer.ts', import.meta.url)),
    file,
    String(leaves),
  ];
  const [program, ...args] =
    process.getuid!() === 0 ? ['setpriv', '--bounding-set=-dac_override', '--inh-caps=-dac_override', ...writer] : writer;
  const { stdout } = spawnSync(program!, args, { encoding: 'utf8', env: { ...process.env, ...compiledOnce } });
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Said);
}

const unwritable = { refused: 'opening', code: 'STORE_UNWRITABLE' };

(canTrace ? describe : describe.skip)(canTrace ? 'the disk' : 'strace cannot trace here', () => {
  test('is full for a while: nothing is acknowledged meanwhile, and with space it goes on', async () => {
    const roots = await grow(9);
    const { said } = await traceWriter(file, {
      leaves: 9,
      strace: ['-e', 'trace=pwrite64', '-e', 'inject=pwrite64:error=ENOSPC:when=60+'],
    });
    const acknowledged = said.filter((each) => each.acknowledged).length;
    expect(acknowledged).toBeGreaterThan(0);
    expect(said.slice(acknowledged)).toEqual([
      { refused: 'writing', code: 'STORE_UNWRITABLE', message: expect.stringContaining('full') },
      { refused: 'writing again', code: 'STORE_INVARIANT', message: expect.stringContaining('full') },
      { closed: true },
    ]);
    const { lost, broken } = await lookAfter(file, said, roots.length);
    expect([lost, broken]).toEqual([[], []]);
  });

  test.each([
    ['is full from the beginning', 'pwrite64:error=ENOSPC:when=1+'],
    ['is read-only', 'openat:error=EROFS:when=1+2'],
  ])('%s: the store does not open, and nothing of it is lost', async (_, inject) => {
    const roots = await grow(9);
    const { said } = await traceWriter(file, { leaves: 1, strace: ['-e', `trace=${inject.split(':')[0]}`, '-e', `inject=${inject}`] });
    expect(said).toMatchObject([unwritable]);
    expect((await lookAfter(file, [{ acknowledged: { size: 9, root: roots.at(-1)! } }])).lost).toEqual([]);
  });
});

describe('rights', () => {
  test('a folder that may not be written to', () => {
    chmodSync(folder, 0o500);
    expect(writeAsOwner(1)).toMatchObject([unwritable]);
  });

  test('a store that may not be written to is refused when it is opened, not when a cycle is to be kept', async () => {
    await grow(2);
    chmodSync(file, 0o400);
    expect(writeAsOwner(1)).toMatchObject([unwritable]);
    chmodSync(file, 0o600);
    expect(writeAsOwner(1)).toMatchObject([{ acknowledged: { size: 3 } }, { closed: true }]);
  });
});

describe('two agents at once', () => {
  test('the second is refused, and the first goes on', async () => {
    await using store = openSqlite(file);
    await tellNext(store);
    expect(writeAsOwner(3)).toMatchObject([{ refused: 'opening', code: 'STORE_LOCKED' }]);
    expect(await tellNext(store)).toMatchObject({ size: 2 });
    expect(store.check()).toEqual([]);
  });
});

describe('files that someone removed, cut or copied', () => {
  test('without its log a store is an earlier one, whole, and its head tells that it is', async () => {
    const before = await grow(7);
    const after = await grow(7);
    for (const [suffixes, size, root] of [
      [[''], 7, before.at(-1)],
      [['', '-wal'], 14, after.at(-1)],
    ] as const) {
      putBack(suffixes);
      await using store = openSqlite(file);
      expect(store.head()).toEqual({ size, root });
      expect(store.check()).toEqual([]);
    }
  });

  test('a file that was cut is told to be damaged, unless nothing stood where it was cut', async () => {
    const roots = await grow(9);
    const { length } = readFileSync(file);
    const missed: number[] = [];
    for (const part of [0.001, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99]) {
      const cut = `${file}.cut`;
      for (const suffix of ['', '-wal', '-shm', '-lock']) rmSync(cut + suffix, { force: true });
      copyFileSync(file, cut);
      truncateSync(cut, Math.floor(length * part));
      if ((await damageIn(cut, roots.at(-1)!)).length === 0) missed.push(part);
    }
    expect(missed.filter((part) => part < 0.99)).toEqual([]);
  });

  test('a file that was overwritten in places is told to be damaged', async () => {
    const roots = await grow(9);
    const whole = readFileSync(file);
    for (let page = 1; page < whole.length / 4096; page++) {
      const spoilt = `${file}.spoilt`;
      for (const suffix of ['', '-wal', '-shm', '-lock']) rmSync(spoilt + suffix, { force: true });
      const bytes = Buffer.from(whole);
      bytes.fill(0xa5, page * 4096, page * 4096 + 512);
      writeFileSync(spoilt, bytes);
      expect([page, await damageIn(spoilt, roots.at(-1)!)]).toEqual([page, expect.arrayContaining([expect.any(String)])]);
    }
  });
});

/** What the store says of itself when it is opened and checked. One that is not what it was and has nothing to say fails the test. */
async function damageIn(path: string, root: string): Promise<readonly string[]> {
  try {
    await using store = openSqlite(path, { synchronous: 'OFF' });
    const lines = store.check();
    if (lines.length === 0) expect(store.head().root).toBe(root);
    return lines;
  } catch (error) {
    expect([path, String(error)]).toEqual([path, expect.stringMatching(/is damaged|is not a Holdfast store/)]);
    return [String(error)];
  }
}
