import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { vkeyOf } from '#src/ledger/note.ts';
import { type Held, type Report, verifyPackage } from '#src/package/verifiers/verify.mjs';
import { privateKeyOf, seeds } from '#test/ledger/vectors.ts';
import { results } from './results.ts';
import { type Files, publicKeyOf, seal, sshPublicKey, writeLog, zipOf } from './sealing.ts';
import { headAt, key, origin, signers, type Tiny, tinyPackage, vkey } from './tiny.ts';

const tiny = tinyPackage(results);
const other = privateKeyOf(seeds[1]);
const faults = (report: Report): string[] => report.checks.flatMap((check) => check.faults);
const unknown = (report: Report): string[] => report.checks.flatMap((check) => check.notEstablished);
const said = (report: Report, id: string): string => report.checks.find(({ check }) => check === id)?.says ?? '';
const verifyFiles = (files: Files, held: Held = { judge: 'none' }): Promise<Report> => verifyPackage(zipOf(files), held);
const held: Held = { vkeys: [vkey], signers, checkpoints: [{ name: 'kept', text: headAt(tiny, 5) }] };

test('a package made by hand from docs/package.md is accepted, down to its rules, by an auditor who holds key, signers and an older head', async () => {
  const report = await verifyFiles(tiny.files, held);
  expect(faults(report)).toEqual([]);
  expect(unknown(report)).toEqual([
    expect.stringContaining('what 3 documents from outside the window say'),
    expect.stringContaining('rest on the word of who made the package: 00_README.html'),
  ]);
  expect(said(report, 'signature')).toContain('example.com/tiny, whom you named');
  expect(said(report, 'checkpoint')).toContain('with the key you gave');
  expect(said(report, 'history')).toContain('5 leaves that you hold');
  expect(said(report, 'rules')).toContain('14 results');
});

test('without anything from outside it says what could not be established', async () => {
  const report = await verifyFiles(tiny.files);
  expect(faults(report)).toEqual([]);
  expect(unknown(report)).toEqual(
    expect.arrayContaining([
      expect.stringContaining('whether the key that signed SHA256SUMS is the company’s'),
      expect.stringContaining('whether the key that signed the head is the company’s'),
      expect.stringContaining('whether the log was rewritten'),
      expect.stringContaining('whether the rules say what the package says'),
    ]),
  );
});

test.each<[string, Held, string]>([
  ['another key', { vkeys: [vkeyOf(origin, publicKeyOf(other))] }, 'log/checkpoint: it is not signed by the key you gave'],
  ['a key that is none', { vkeys: [vkey.replace('a', 'b')] }, 'is no verifier key'],
  ['other signers', { signers: `evidence@example.com ${sshPublicKey(other)}\n` }, 'none of your signers made it'],
  [
    'signers for another purpose',
    { signers: `evidence@example.com namespaces="git" ${sshPublicKey(key)}\n` },
    'no line names an Ed25519 key for soc2-evidence',
  ],
  [
    'a witness who did not cosign',
    { vkeys: [vkey, vkeyOf('witness.example', publicKeyOf(other), 4)] },
    'witness.example, whom you named, cosigned no head of this log',
  ],
  [
    'an older head of another history',
    { checkpoints: [{ name: 'kept', text: headAt({ leaves: tiny.leaves.with(1, '{}') }, 4) }] },
    'kept: the first 4 leaves are not those',
  ],
  [
    'a longer log',
    { checkpoints: [{ name: 'kept', text: headAt({ leaves: [...tiny.leaves, '{}'] }, 10) }] },
    'kept: you hold a head of 10 leaves, the package has 9',
  ],
  [
    'an older head with a bad signature',
    { checkpoints: [{ name: 'kept', text: headAt(tiny, 4).replace('\n4\n', '\n5\n') }] },
    'kept: the signature of example.com/tiny is wrong',
  ],
])('what the auditor holds is decisive: %s is told', async (_, given, fault) => {
  const report = await verifyFiles(tiny.files, { ...given, judge: 'none' });
  expect(report.failed).toBe(true);
  expect(faults(report).join('\n')).toContain(fault);
});

test('a history rewritten whole and signed with the right key is told by the head that was kept, and by nothing else', async () => {
  const rewritten = tinyPackage(results, { story: (seen) => seen.toSpliced(2, 1) });
  const text = headAt(tiny, tiny.leaves.length - 1);
  expect(
    faults(await verifyFiles(rewritten.files, { vkeys: [vkey], checkpoints: [{ name: 'kept', text }], judge: 'none' })).join('\n'),
  ).toContain('history was rewritten');
});

test('an insider who changes a result everywhere, and signs again, is told by the rule itself', async () => {
  const better = tinyPackage(results, {
    judgement: (judgement) =>
      judgement.result === 'fail' && judgement.rule === 'example.small' ? { ...judgement, result: 'pass' } : judgement,
  });
  const told = faults(await verifyFiles(better.files, { vkeys: [vkey] })).join('\n');
  expect(told).toContain('two: example.small says fail, the package says pass');
});

test.each([
  ['never ends', 'for (;;);', 'did not answer within 1 s'],
  ['reads files', 'import { readFileSync } from "node:fs"; readFileSync("/etc/passwd");', 'a rule may not import node:fs'],
  ['reads files later', 'await import("node:fs");', 'example.small cannot be loaded'],
  [
    'looks for the host',
    'if (globalThis.process ?? globalThis.fetch) throw new Error("found"); throw new Error("nothing there");',
    'nothing there',
  ],
  ['makes code of text', 'export const made = (() => {}).constructor("return process")();', 'Code generation from strings disallowed'],
])('a rule that %s is stopped, and told', async (_, source, why) => {
  const evil = tinyPackage(results, { source: (text, path) => (path === 'rules/example/small.ts' ? `${source}\n${text}` : text) });
  const report = await verifyFiles(evil.files, { vkeys: [vkey], seconds: why.includes('within 1 s') ? 1 : 60 });
  expect(unknown(report).join('\n')).toContain(why);
});

test('an unsigned ledger is told plainly, and refused where a key was named', async () => {
  const { files, about } = unsigned();
  seal(files, about, null);
  const report = await verifyFiles(files);
  expect(faults(report)).toEqual([]);
  expect(unknown(report)).toEqual(
    expect.arrayContaining([
      expect.stringContaining('nothing in this package is signed'),
      expect.stringContaining('the ledger is not signed'),
    ]),
  );
  expect(faults(await verifyFiles(files, { ...held, checkpoints: [] })).join('\n')).toMatch(
    /none of your signers signed.*[\s\S]*nobody signed this log/,
  );
});

function unsigned(): Tiny {
  const made = tinyPackage(results);
  for (const path of made.files.keys()) if (/^(keys|proofs)\/|^log\/checkpoint$/.test(path)) made.files.delete(path);
  made.about.ledger.signed = false;
  return made;
}

test('it shares no code with the writer', () => {
  const source = readFileSync(new URL('../../src/package/verifiers/verify.mjs', import.meta.url), 'utf8');
  expect(
    [...source.slice(0, source.indexOf('// ---')).matchAll(/^import .*? from '(.*)';$/gm)].every(([, from]) => from!.startsWith('node:')),
  ).toBe(true);
});

test('the log of a package can be of any size', async () => {
  for (const size of [1, 255, 256, 257]) {
    const files: Files = new Map();
    const leaves = Array.from(
      { length: size },
      (_, i) => `{"asOf":"2026-01-01T00:00:00.000Z","body":{"sha256":"${'0'.repeat(62)}${String(i % 10)}0"},"kind":"register","v":1}`,
    );
    const ledger = writeLog(files, origin, leaves, key);
    seal(files, { ...tiny.about, ledger: { ...tiny.about.ledger, ...ledger } }, key);
    const report = await verifyFiles(files, { vkeys: [vkey], judge: 'none' });
    expect(said(report, 'log')).toContain(`${size} leaves`);
  }
});
