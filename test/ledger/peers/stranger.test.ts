import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonical } from '#src/ledger/canonical.ts';
import { checkStateProof, formatStateProof } from '#src/ledger/state-proof.ts';
import { damages, toldOf } from '#test/evidence/proofs.ts';
import { json } from '../json.ts';

const pathOf = (file: string): string => new URL(file, import.meta.url).pathname;
const isHere = spawnSync('python3', ['--version']).status === 0;
if (!isHere) process.stderr.write('skipped: python3 is not installed, so the verifier written from docs/ledger.md was not run\n');

/** What the verifier says, a line for each line that it is given. */
function ask(what: string[], given: readonly string[] = []): string[] {
  const input = given.map((text) => `${text}\n`).join('');
  const { status, stdout, stderr } = spawnSync('python3', [pathOf('stranger.py'), ...what], {
    input,
    encoding: 'utf8',
    maxBuffer: 2 ** 27,
  });
  if (status !== 0) throw new Error(stderr);
  return stdout.split('\n').slice(0, -1);
}

(isHere ? describe : describe.skip)('a verifier that a stranger wrote from docs/ledger.md', () => {
  test('comes to every vector of the page', () => {
    const said = [
      'hashes',
      'canonical JSON',
      'checkpoint',
      'tiles',
      'proofs',
      'leaves',
      'request ids',
      'item FP',
      'no item',
      'failed',
      'no scope',
    ];
    expect(ask(['page', pathOf('../../../docs/ledger.md')])).toEqual(said);
  });

  test('writes JSON as canonically as we do', () => {
    const values = fc.sample(json, { numRuns: 1000 });
    const written = ask(
      ['canonical'],
      values.map((value) => JSON.stringify(value)),
    );
    expect(written.map((text) => JSON.parse(text) as string)).toEqual(values.map((value) => canonical(value)));
  });

  test('sees in our proofs what we see, and nothing in those that were altered', async () => {
    const { proofs } = await toldOf(5);
    const seen = proofs.map((proof) => {
      const shown = checkStateProof(proof);
      return shown.shows === 'item' ? `item ${shown.item.vector}` : shown.shows;
    });
    const lineOf = (proof: Parameters<typeof formatStateProof>[0]) => formatStateProof(proof).slice(0, -1);
    expect(ask(['shown'], proofs.map(lineOf))).toEqual(seen);
    const altered = proofs.filter((_, i) => i % 9 === 0).flatMap((proof, i) => [...damages(proof, i)]);
    // Of the leaf of a cycle it can tell only with the log whether it is another.
    const told = altered.filter(({ cycle }) => proofs.some((proof) => proof.cycle.leaf === cycle.leaf));
    expect(ask(['shown'], told.map(lineOf)).filter((said) => !said.startsWith('refused:'))).toEqual([]);
  });
});
