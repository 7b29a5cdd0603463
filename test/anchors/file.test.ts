import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { fileAnchor } from '#src/anchors/file.ts';
import { judgeMark } from '#src/anchors/marks.ts';
import { testAnchor } from './contract.ts';
import { type TestLedger, testLedger } from './ledger.ts';

const root = mkdtempSync(join(tmpdir(), 'holdfast-file-anchor-'));
afterAll(() => rmSync(root, { recursive: true }));
let places = 0;
const anchorIn = (folder: string, { origin }: TestLedger) => fileAnchor({ name: 'mount', every: 0, origin, folder });
const place = () => {
  const folder = join(root, String(places++));
  mkdirSync(folder);
  return { folder, open: (ledger: TestLedger) => anchorIn(folder, ledger) };
};

describe('a folder', () => {
  testAnchor(place);

  test('has a file by size and `latest`, and two ledgers share it', async () => {
    const { folder, open } = place();
    const [one, two] = [testLedger(3), testLedger(2, { origin: 'evidence.example.com/beta' })];
    for (const ledger of [one, two]) await open(ledger).publish(ledger.checkpoint(), () => []);
    expect(readdirSync(join(folder, 'evidence.example.com_acme')).toSorted()).toEqual(['3', 'latest']);
    expect(readFileSync(join(folder, 'evidence.example.com_beta', 'latest'), 'utf8')).toBe(two.checkpoint().note);
  });

  test('is asked for what it keeps, not for what `latest` says', async () => {
    const ledger = testLedger(8);
    const { folder, open } = place();
    await open(ledger).publish(ledger.checkpoint(), () => []);
    writeFileSync(join(folder, 'evidence.example.com_acme', 'latest'), ledger.checkpoint(2).note);
    expect(judgeMark(open(ledger), (await open(ledger).latest())!, ledger.own)).toBe(8);
  });

  test('that is not there is no empty one: an unmounted mark would be missed', async () => {
    const ledger = testLedger(1);
    const anchor = anchorIn(join(root, 'not-mounted'), ledger);
    for (const act of [() => anchor.latest(), () => anchor.publish(ledger.checkpoint(), () => []), () => anchor.check()])
      await expect(act()).rejects.toMatchObject({ name: 'AnchorFault', message: expect.stringContaining('there is no such folder') });
  });

  test('in which this user may not write says so', async () => {
    if (process.getuid?.() === 0) return;
    const { folder, open } = place();
    chmodSync(folder, 0o500);
    await expect(open(testLedger(1)).check()).rejects.toMatchObject({ message: expect.stringContaining('this user may not') });
  });
});
