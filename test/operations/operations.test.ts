import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openOperations, type Part } from '#src/operations/operations.ts';
import { postgresIsThere, startPostgres } from '#test/evidence/postgres-server.ts';

const notes: Part = { name: 'note', versions: ['CREATE TABLE note (id TEXT PRIMARY KEY, at BIGINT NOT NULL)'] };
const later: Part = { name: 'note', versions: [...notes.versions, 'CREATE INDEX note_at ON note (at); CREATE TABLE note_more (id TEXT)'] };

function contract(place: () => string): void {
  test('what a transaction wrote is there for another process, and what failed left nothing', () => {
    using first = openOperations(place(), [notes]);
    using second = openOperations(place(), [notes]);
    const add = (id: string) => first.db.prepare('INSERT INTO note (id, at) VALUES (?, ?)').run(id, 1_800_000_000_000);
    first.transaction(() => add('a'));
    expect(() =>
      first.transaction(() => {
        add('b');
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(
      second.db
        .prepare('SELECT id, at FROM note ORDER BY id')
        .all()
        .map((row) => ({ ...row })),
    ).toEqual([{ id: 'a', at: 1_800_000_000_000 }]);
  });

  test('a later version keeps what is there, and an earlier program refuses it', () => {
    openOperations(place(), [notes])[Symbol.dispose]();
    using newer = openOperations(place(), [later]);
    expect(newer.db.prepare('SELECT count(*) AS n FROM note').get()!['n']).toBe(1);
    expect(newer.db.prepare('SELECT count(*) AS n FROM note_more').get()!['n']).toBe(0);
    expect(() => openOperations(place(), [notes])).toThrow(expect.objectContaining({ code: 'STORE_NEWER' }));
  });
}

describe('in a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'operations-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  contract(() => join(folder, 'new/operations.db'));

  test('a file of something else is refused by name', () => {
    expect(() => openOperations(folder, [])).toThrow(expect.objectContaining({ code: 'STORE_UNWRITABLE' }));
  });
});

(postgresIsThere ? describe : describe.skip)('in PostgreSQL', () => {
  let server: Awaited<ReturnType<typeof startPostgres>>;
  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterAll(() => server.remove());
  contract(() => server.address('ops'));
});
