import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { openSqlite } from '#src/evidence/sqlite.ts';
import { parseCheckpoint } from '#src/ledger/checkpoint.ts';
import { localSigner, type NoteSigner, openNote } from '#src/ledger/note.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const newFile = (): string => join(folder, `${files++}.db`);

const signerOf = (name: string): NoteSigner => localSigner(name, generateKeyPairSync('ed25519').privateKey);
const signer = signerOf('example.com/evidence');
const open = (file: string, ...signers: NoteSigner[]) => openSqlite(file, { synchronous: 'OFF', signers });

test('every head that is acknowledged has a signed note, which says its size and root', async () => {
  await using store = open(newFile(), signer);
  for (let n = 1; n <= 5; n++) {
    const head = await store.append('schedule', n, { n });
    const { note } = store.checkpoint()!;
    const { text } = openNote(note, [signer.vkey]);
    expect(parseCheckpoint(text)).toEqual({ origin: 'example.com/evidence', size: n, root: Buffer.from(head.root, 'hex') });
    expect(store.checkpoint(n)).toEqual({ origin: 'example.com/evidence', ...head, note });
  }
  expect(store.checkpointSizes()).toEqual([1, 2, 3, 4, 5]);
  expect(store.rootAt(3).toString('hex')).toBe(store.checkpoint(3)!.root);
  expect(store.check()).toEqual([]);
});

test('what is durable and could not be signed is not acknowledged; opened again, it is signed as it would have been', async () => {
  const file = newFile();
  let works = true;
  const failing: NoteSigner = {
    ...signer,
    sign: async (text) => (works ? signer.sign(text) : Promise.reject(new Error('the key is out of reach'))),
  };
  {
    await using store = open(file, failing);
    await store.append('schedule', 0, { n: 0 });
    works = false;
    await expect(store.append('schedule', 1, { n: 1 })).rejects.toThrow('the key is out of reach');
    await expect(store.append('schedule', 2, { n: 2 })).rejects.toMatchObject({ code: 'STORE_INVARIANT' });
  }
  {
    await using store = openSqlite(file, { readOnly: true });
    expect(store.head().size).toBe(2);
    expect(store.checkpoint()!.size).toBe(1);
    expect(store.check()).toEqual(['ledger: its last 1 leaves are not signed yet']);
  }
  await using store = open(file, signer);
  await store.sign();
  await store.sign();
  expect(store.checkpointSizes()).toEqual([1, 2]);
  expect(store.check()).toEqual([]);
});

test('a signed ledger is not gone on with without a key, and can be read without', async () => {
  const file = newFile();
  {
    await using store = open(file, signer);
    await store.append('schedule', 0, { n: 0 });
  }
  expect(() => open(file)).toThrow(expect.objectContaining({ code: 'LEDGER_KEY_MISSING' }));
  await using store = openSqlite(file, { readOnly: true });
  expect(store.checkpoint()).toMatchObject({ size: 1 });
});

test('a ledger without keys has no checkpoints, and says nothing of them', async () => {
  await using store = open(newFile());
  await store.append('schedule', 0, { n: 0 });
  expect(store.checkpoint()).toBeNull();
  expect(store.checkpoint(7)).toBeNull();
  expect(store.checkpointSizes()).toEqual([]);
  expect(store.check()).toEqual([]);
});

test('two keys of one origin sign one note; a new origin begins a note of its own', async () => {
  const file = newFile();
  const next = signerOf('example.com/evidence');
  {
    await using store = open(file, signer);
    await store.append('schedule', 0, { n: 0 });
  }
  {
    await using store = open(file, next, signer);
    await store.append('schedule', 1, { n: 1 });
    expect(openNote(store.checkpoint()!.note, [next.vkey, signer.vkey]).verified.map(({ vkey }) => vkey)).toEqual([next.vkey, signer.vkey]);
    expect(openNote(store.checkpoint(1)!.note, [signer.vkey]).verified).toHaveLength(1);
  }
  const other = signerOf('example.com/evidence/2027');
  await using store = open(file, other);
  await store.append('schedule', 2, { n: 2 });
  expect(store.checkpoint()).toMatchObject({ origin: 'example.com/evidence/2027', size: 3 });
  expect(store.check()).toEqual([]);
});

test('a signature that its own key does not accept is never kept', async () => {
  await using store = open(newFile(), { ...signer, sign: async () => Buffer.alloc(64, 1) });
  await expect(store.append('schedule', 0, { n: 0 })).rejects.toMatchObject({ code: 'SIGNATURE_WRONG' });
  expect(store.checkpointSizes()).toEqual([]);
});

test('a receipt is kept with a leaf that names it', async () => {
  await using store = open(newFile(), signer);
  await store.append('schedule', 0, { n: 0 });
  const receipt = Buffer.from('stored as version 7');
  await store.addAnchor({ name: 'bucket', kind: 's3', size: 1, at: 1_000, receipt });
  expect(store.anchors()).toEqual([{ name: 'bucket', kind: 's3', size: 1, at: 1_000, receipt: new Uint8Array(receipt) }]);
  expect(store.entries('anchor')).toMatchObject([
    { index: 1, kind: 'anchor', asOf: 1_000, body: { name: 'bucket', kind: 's3', size: 1, at: '1970-01-01T00:00:01.000Z' } },
  ]);
  expect(store.checkpointSizes()).toEqual([1, 2]);
  expect(store.check()).toEqual([]);
});
