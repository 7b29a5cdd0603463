import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { hour } from '#src/duration.ts';
import { openSqlite } from '#src/evidence/sqlite.ts';
import { exportPackage, knownUntil } from '#src/package/export.ts';
import { start, type World } from '#test/cycle/world.ts';
import { newFolder, packageOf, toySource, toyStore } from './world.ts';

const shut = (world: World) => world.doors.north!.forEach((door) => (door.open = false));
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** A day of looks: one door open until the third, one scope refused from the fifth to the seventh. */
const aDay = {
  3: shut,
  5: (world: World) => (world.failing['south toy:ListDoors'] = 'denied'),
  7: (world: World) => (world.failing = {}),
  9: (world: World) => (world.doors.south = []),
};

describe('the package as a file', () => {
  test('the same store, window and head give the same bytes, also when the store was closed in between', async () => {
    const file = join(newFolder(), 'store.db');
    const store = await toyStore(file, 12, aDay);
    const [first, again] = [await packageOf(toySource(store)), await packageOf(toySource(store))];
    await store[Symbol.asyncDispose]();
    const reopened = openSqlite(file, { readOnly: true });
    const third = await packageOf(toySource(reopened));
    await reopened[Symbol.asyncDispose]();
    expect(again.bytes.equals(first.bytes)).toBe(true);
    expect(third.bytes.equals(first.bytes)).toBe(true);
    expect(first.exported).toMatchObject({ bytes: first.bytes.length, files: first.files.size, sha256: sha256(first.bytes as never) });
  });

  test('the manifest and the sums name every other file, sorted, with its size and hash', async () => {
    const { files, exported } = await packageOf(toySource(await toyStore(':memory:', 12, aDay)));
    const paths = [...files.keys()];
    expect(paths).toEqual(paths.toSorted());
    const manifest = JSON.parse(files.get('manifest.json')!) as {
      files: { path: string; size: number; sha256: string }[];
      export: object;
      ledger: object;
    };
    expect(manifest.files.map(({ path }) => path)).toEqual(paths.filter((path) => path !== 'manifest.json' && path !== 'SHA256SUMS'));
    for (const { path, size, sha256: sum } of manifest.files) {
      const text = Buffer.from(files.get(path)!, path.startsWith('log/') ? 'latin1' : 'utf8');
      expect({ path, size, sum }).toEqual({ path, size: text.length, sum: createHash('sha256').update(text).digest('hex') });
    }
    expect(files.get('SHA256SUMS')!.split('\n')).toContain(`${sha256(files.get('manifest.json')!)}  manifest.json`);
    expect(files.get('SHA256SUMS')!.split('\n')).toHaveLength(paths.length);
    expect(manifest).toMatchObject({
      v: 1,
      export: { id: exported.id, company: 'Toy', from: '2026-03-01T00:00:00.000Z', to: '2026-03-02T00:00:00.000Z' },
      ledger: exported.ledger,
    });
  });

  test('what is there is not replaced unless told to', async () => {
    const store = await toyStore(':memory:', 2);
    const out = join(newFolder(), 'there.zip');
    writeFileSync(out, 'mine');
    await expect(exportPackage({ ...toySource(store), out })).rejects.toMatchObject({ code: 'PACKAGE_EXISTS' });
    await exportPackage({ ...toySource(store), out, force: true });
    expect(readdirSync(join(out, '..'))).toEqual(['there.zip']);
  });

  test('a package that fails half way leaves nothing under its name; what a killed one left is taken away by the next', async () => {
    const store = await toyStore(':memory:', 2);
    const out = join(newFolder(), 'new.zip');
    const broken = {
      ...toySource(store),
      progress: (what: string) => {
        if (what === 'results') throw new Error('no more');
      },
    };
    await expect(exportPackage({ ...broken, out })).rejects.toThrow('no more');
    expect(readdirSync(join(out, '..'))).toEqual([]);
    mkdirSync(`${out}.partial`);
    writeFileSync(`${out}.partial/spool`, 'half');
    await exportPackage({ ...toySource(store), out });
    expect(readdirSync(join(out, '..'))).toEqual(['new.zip']);
  });

  test('a folder that does not exist, or may not be written, is told', async () => {
    const store = await toyStore(':memory:', 2);
    await expect(exportPackage({ ...toySource(store), out: join(newFolder(), 'nowhere', 'x.zip') })).rejects.toMatchObject({
      code: 'PACKAGE_UNWRITABLE',
    });
  });
});

describe('honest about what there is', () => {
  test('a store without a cycle, and a window that has not begun, are refused', async () => {
    const out = join(newFolder(), 'x.zip');
    const empty = openSqlite(':memory:');
    await expect(exportPackage({ ...toySource(empty), out })).rejects.toMatchObject({ code: 'PACKAGE_EMPTY' });
    const store = await toyStore(':memory:', 2);
    const later = { from: start + 48 * hour, to: start + 72 * hour, asOf: start + 2 * hour };
    await expect(exportPackage({ ...toySource(store, later), out })).rejects.toMatchObject({ code: 'PACKAGE_EMPTY' });
    expect(existsSync(out)).toBe(false);
  });

  test('a window before the first cycle is not observed, and says so', async () => {
    const before = { from: start - 48 * hour, to: start - 24 * hour, asOf: start + 2 * hour };
    const { files } = await packageOf(toySource(await toyStore(':memory:', 3), before));
    const { controls } = JSON.parse(files.get('results/conclusions.json')!) as { controls: { id: string; conclusion: string }[] };
    expect(controls.find(({ id }) => id === 'ZZ-01')?.conclusion).toBe('not-demonstrated');
    expect(files.get('results/timeline/toy.door-shut.csv')).toContain('unobserved,not-yet-connected');
    expect(files.get('results/timeline/toy.door-shut.csv')).not.toContain(',held,');
  });

  test('a window that lasts says that nothing is known after the present', async () => {
    const lasting = { from: start, to: start + 240 * hour, asOf: start + 5 * hour };
    const { files } = await packageOf(toySource(await toyStore(':memory:', 5), lasting));
    expect(files.get('00_README.html')).toContain('The window had not ended when this was made');
    expect(files.get('scope/window.json')).toContain('had not ended');
    expect(files.get('manifest.json')).toContain('"asOf":"2026-03-01T05:00:00.000Z"');
  });

  test('what is known ends with the latest cycle, or with the window where that is later, and never in the future', () => {
    expect(knownUntil(100, 50, 200)).toBe(100);
    expect(knownUntil(100, 150, 200)).toBe(150);
    expect(knownUntil(100, 300, 200)).toBe(200);
    expect(knownUntil(100, 300, 50)).toBe(100);
  });

  test('silence at the end of a window is not observed, though nothing recorded it', async () => {
    const { files } = await packageOf(toySource(await toyStore(':memory:', 3)));
    expect(files.get('results/timeline/toy.door-shut.csv')).toMatch(
      /door:s1,s1,2026-03-01T02:00:00.000Z,2026-03-02T00:00:00.000Z,unobserved,monitor-down/,
    );
  });

  test('a ledger without a signature is called so, on the first page and in the manifest', async () => {
    const { files, exported } = await packageOf(toySource(await toyStore(':memory:', 2)));
    expect(exported.ledger).toMatchObject({ signed: false, origin: null });
    expect(files.get('00_README.html')).toContain('The ledger is not signed');
    expect(files.has('log/checkpoint')).toBe(false);
  });
});

describe('hostile text', () => {
  const names = ['=cmd|calc!A1', '+1', '@SUM(A1)', '<script>alert(1)</script>', '../../etc/passwd', 'a,"b"\nc', '\u202egnp.exe', '-2+3'];
  const hostile = (world: World) => (world.doors.north = names.map((id) => ({ id, open: true })));

  test('is no formula in a cell, no element of a page, and no path', async () => {
    const { files } = await packageOf(toySource(await toyStore(':memory:', 3, { 0: hostile })));
    for (const path of files.keys()) expect(path).toMatch(/^[A-Za-z0-9_./-]+$/);
    for (const path of files.keys()) expect(path.split('/')).not.toContain('..');
    const page = files.get('00_README.html')!;
    expect(page).not.toContain('<script');
    expect(page).toContain('&lt;script&gt;');
    expect(page).not.toContain('\u202e');
    const cells = [...files].filter(([path]) => path.endsWith('.csv')).flatMap(([, text]) => cellsOf(text));
    expect(cells).toContain("'=cmd|calc!A1");
    for (const cell of cells) expect(cell).not.toMatch(/^[=+@\t\r]|^-(?!\d+$)/);
  });

  test('stands in the documents as it came', async () => {
    const { files } = await packageOf(toySource(await toyStore(':memory:', 2, { 0: hostile })));
    const all = [...files].filter(([path]) => path.startsWith('evidence/')).map(([, text]) => text);
    for (const name of names) expect(all.some((text) => text.includes(JSON.stringify(name)))).toBe(true);
  });
});

/** The cells of a CSV text by RFC 4180. */
function cellsOf(text: string): string[] {
  return [...text.matchAll(/(?:^|,|\n)(?:"((?:[^"]|"")*)"|([^",\n]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '',
  );
}
