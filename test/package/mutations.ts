import { inflateRawSync } from 'node:zlib';
import { canonical, sha256 } from '#src/ledger/canonical.ts';
import { vkeyOf } from '#src/ledger/note.ts';
import { entriesOf } from '#src/ledger/tiles.ts';
import { type Held, verifyPackage } from '#src/package/verifiers/verify.mjs';
import { results } from './results.ts';
import { type About, checkpointNote, type Files, filesOf, publicKeyOf, seal, sshPublicKey, writeLog, zipOf } from './sealing.ts';
import { key, origin, type Tiny, type Told, tinyPackage } from './tiny.ts';

/** One way in which somebody altered a package, and what a report must name. */
export interface Mutation {
  readonly name: string;
  readonly zip: Buffer;
  readonly held: Held;
  /** A part of what is said: one of these. */
  readonly names: readonly string[];
  /** What rests on somebody's word only is told as such, and is no fault. */
  readonly onWord?: boolean;
}

/** Numbers that follow from a seed. */
export function dice(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** What is altered: a package, with the key that sealed it. */
interface Subject extends Tiny {
  readonly origin: string;
  /** Files that rest on the word of who made it. */
  readonly onWord: readonly string[];
}

interface World {
  readonly tiny: Subject;
  readonly roll: (below: number) => number;
}

/** The package that was made by hand. */
export const handmade = (): Subject => ({ ...tinyPackage(results), origin, onWord: ['00_README.html'] });

/** A package that was exported, by the same key. */
export async function exported(zip: Buffer): Promise<Subject> {
  const files = filesOf(zip);
  const about = JSON.parse(files.get('manifest.json')!.toString()) as About;
  const leaves = [...files].filter(([path]) => path.startsWith('log/tile/entries/')).flatMap(([, bundle]) => entriesOf(bundle).map(String));
  const { unbound } = await verifyPackage(zip, { judge: 'none' });
  return { files, about: { export: about.export, ledger: about.ledger }, leaves, origin: about.ledger.origin, onWord: unbound };
}

/** What an auditor has from outside; and one who kept the head of the whole log as well. */
const outside = ({ origin: name }: Subject): Held => ({
  vkeys: [vkeyOf(name, publicKeyOf(key))],
  signers: `${name} namespaces="soc2-evidence" ${sshPublicKey(key)}\n`,
  judge: 'none',
});
const heldOf = (tiny: Subject): Held => ({
  ...outside(tiny),
  checkpoints: [{ name: 'kept', text: checkpointNote(tiny.origin, tiny.leaves, key) }],
});

const kinds: readonly ((world: World) => Mutation | null)[] = [
  flipByte,
  flipByteAndSeal,
  flipByteAndSeal,
  editLine,
  editLine,
  editField,
  editField,
  editLeaves,
  editEvidence,
  editProof,
  editContainer,
  editContainer,
  tellOtherwise,
  editCorrection,
];

/** Endlessly many, from a seed. */
export function* mutations(tiny: Subject, seed: number): Generator<Mutation> {
  const roll = dice(seed);
  for (let n = 0; ; n++) {
    const kind = kinds[n % kinds.length]!;
    const mutation = kind({ tiny, roll });
    if (mutation) yield { ...mutation, name: `${n}: ${kind.name}: ${mutation.name}` };
  }
}

const pick = <T>(list: readonly T[], roll: World['roll']): T => list[roll(list.length)]!;
const with1 = (files: Files, path: string, bytes: Buffer): Files => new Map(files).set(path, bytes);
const flip = (bytes: Buffer, at: number, bit: number): Buffer => Buffer.from(bytes.map((byte, i) => (i === at ? byte ^ (1 << bit) : byte)));

/** Whoever holds the key of the log makes everything agree again that says what the files are. */
function sealed({ about }: Tiny, files: Files): Files {
  seal(files, about, key);
  return files;
}

/** A byte of a file, and nothing else. */
function flipByte({ tiny, roll }: World): Mutation | null {
  const path = pick([...tiny.files.keys()], roll);
  const bytes = tiny.files.get(path)!;
  if (bytes.length === 0) return null;
  const at = roll(bytes.length);
  const zip = zipOf(with1(tiny.files, path, flip(bytes, at, roll(8))));
  return { name: `byte ${at} of ${path}`, zip, held: outside(tiny), names: [path] };
}

/** A byte of a file, and everything sealed again. */
function flipByteAndSeal({ tiny, roll }: World): Mutation | null {
  const path = pick(
    [...tiny.files.keys()].filter((each) => !/^(manifest.json|SHA256SUMS)/.test(each)),
    roll,
  );
  const bytes = tiny.files.get(path)!;
  const at = roll(bytes.length);
  const files = sealed(tiny, with1(tiny.files, path, flip(bytes, at, roll(8))));
  return {
    name: `byte ${at} of ${path}, sealed`,
    zip: zipOf(files),
    held: heldOf(tiny),
    names: [path, ...cyclesIn(path)],
    onWord: tiny.onWord.includes(path),
  };
}

const lined = (path: string): boolean => /\.(csv|ndjson|txt)$/.test(path);

/** Rows swapped, taken away, doubled or moved. */
function editLine({ tiny, roll }: World): Mutation | null {
  const path = pick([...tiny.files.keys()].filter(lined), roll);
  const lines = tiny.files.get(path)!.toString().split('\n').slice(0, -1);
  const [a, b] = [roll(lines.length), roll(lines.length)];
  const how = pick(['swap', 'drop', 'double', 'move', 'empty'] as const, roll);
  const edited = {
    swap: () => lines.with(a, lines[b]!).with(b, lines[a]!),
    drop: () => lines.toSpliced(a, 1),
    double: () => lines.toSpliced(b, 0, lines[a]!),
    move: () => lines.toSpliced(a, 1).toSpliced(b, 0, lines[a]!),
    empty: () => lines.toSpliced(a, 0, ''),
  }[how]();
  if (edited.join('\n') === lines.join('\n')) return null;
  const files = sealed(tiny, with1(tiny.files, path, Buffer.from(edited.map((line) => `${line}\n`).join(''))));
  return {
    name: `${how} lines ${a} and ${b} of ${path}`,
    zip: zipOf(files),
    held: heldOf(tiny),
    names: [path, ...cyclesIn(path)],
    onWord: tiny.onWord.includes(path),
  };
}

/** A row that is missing from the change log is told by the cycle that does not follow. */
const cyclesIn = (path: string): string[] => (/^(ledger|log)\//.test(path) ? ['leaf '] : []);

/** One field of a row, or one member of a document. */
function editField({ tiny, roll }: World): Mutation | null {
  const path = pick(
    [...tiny.files.keys()].filter((each) => lined(each) || (each.endsWith('.json') && each !== 'manifest.json')),
    roll,
  );
  const text = tiny.files.get(path)!.toString();
  const words = [...text.matchAll(/[A-Za-z0-9:.-]+/g)];
  if (words.length === 0) return null;
  const { 0: word, index } = pick(words, roll);
  const other = /^[0-9a-f]{64}$/.test(word)
    ? sha256(word)
    : /^\d+$/.test(word)
      ? String(Number(word) + 1)
      : pick(['pass', 'fail', 'held', 'P', `${word}x`], roll);
  if (other === word) return null;
  const files = sealed(tiny, with1(tiny.files, path, Buffer.from(text.slice(0, index) + other + text.slice(index + word.length))));
  return {
    name: `${word} becomes ${other} in ${path}`,
    zip: zipOf(files),
    held: heldOf(tiny),
    names: [path, ...cyclesIn(path)],
    onWord: tiny.onWord.includes(path),
  };
}

/** Leaves altered, swapped, taken away at the end; the log made anew, signed and sealed. */
function editLeaves({ tiny, roll }: World): Mutation | null {
  const { leaves } = tiny;
  const [a, b] = [roll(leaves.length), roll(leaves.length)];
  const how = pick(['swap', 'drop', 'truncate', 'double', 'edit', 'edit', 'edit'] as const, roll);
  const edited = {
    swap: () => leaves.with(a, leaves[b]!).with(b, leaves[a]!),
    drop: () => leaves.toSpliced(a, 1),
    truncate: () => leaves.slice(0, 1 + a),
    double: () => leaves.toSpliced(a, 0, leaves[b]!),
    edit: () => leaves.with(a, editedLeaf(leaves[a]!, roll)),
  }[how]();
  if (edited.join() === leaves.join()) return null;
  const files = new Map(tiny.files);
  const ledger = { ...tiny.about.ledger, ...writeLog(files, tiny.origin, edited, key) };
  seal(files, { ...tiny.about, ledger }, key);
  return { name: `${how} leaves ${a} and ${b}`, zip: zipOf(files), held: heldOf(tiny), names: ['kept: ', 'leaf '] };
}

function editedLeaf(leaf: string, roll: World['roll']): string {
  const numbers = [...leaf.matchAll(/\d+/g)];
  const { 0: number, index } = pick(numbers, roll);
  return leaf.slice(0, index) + String((Number(number.at(-1)) + 1 + roll(8)) % 10) + leaf.slice(index + 1);
}

/** Documents taken away, put in, renamed; with the index, and without. */
function editEvidence({ tiny, roll }: World): Mutation | null {
  const files = new Map(tiny.files);
  const documents = [...files.keys()].filter((path) => /^evidence\/..\//.test(path));
  const path = pick(documents, roll);
  const hash = path.slice(12, 76);
  const index = files.get('evidence/index.csv')!.toString();
  const how = pick(['drop', 'excuse', 'blame', 'add', 'rename', 'replace'] as const, roll);
  const row = (after: string) => files.set('evidence/index.csv', Buffer.from(index.replace(new RegExp(`${hash},([^,]*),.*`), after)));
  const text = Buffer.from(canonical({ made: roll(1000) }));
  const made = sha256(text);
  const act = {
    drop: () => files.delete(path),
    excuse: () => files.delete(path) && row(`${hash},$1,,no,outside-window`),
    blame: () => files.delete(path) && row(`${hash},$1,,no,purged by tombstone ${roll(tiny.leaves.length)}`),
    add: () => files.set(`evidence/${made.slice(0, 2)}/${made}.json`, text),
    rename: () => files.set(`evidence/00/${'0'.repeat(64)}.json`, files.get(path)!),
    replace: () => files.set(path, files.get(pick(documents, roll))!),
  }[how];
  act();
  if (files.get(path)?.equals(tiny.files.get(path)!) && how === 'replace') return null;
  const names = how === 'add' ? [made] : how === 'rename' ? ['0'.repeat(64)] : [hash];
  return { name: `${how} ${path}`, zip: zipOf(sealed(tiny, files)), held: heldOf(tiny), names };
}

/** One digit of a proof or of a tile. */
function editProof({ tiny, roll }: World): Mutation | null {
  const path = pick(
    [...tiny.files.keys()].filter((each) => /^(proofs|consistency|log)\//.test(each)),
    roll,
  );
  const bytes = tiny.files.get(path)!;
  const at = roll(bytes.length);
  const edited = Buffer.from(bytes.map((byte, i) => (i === at ? (byte + 1) & 255 : byte)));
  return {
    name: `byte ${at} of ${path} grows, sealed`,
    zip: zipOf(sealed(tiny, with1(tiny.files, path, edited))),
    held: heldOf(tiny),
    names: [path, 'leaf '],
  };
}

/** The container: nothing of it is free. */
function editContainer({ tiny, roll }: World): Mutation | null {
  const zip = zipOf(tiny.files);
  const paths = [...tiny.files.keys()];
  const path = pick(paths, roll);
  const how = pick(['flip', 'flip', 'flip', 'append', 'prepend', 'twice', 'outside', 'cut', 'insert', 'unsorted', 'grown'] as const, roll);
  const at = roll(zip.length);
  const edited = {
    flip: () => flip(zip, at, roll(8)),
    append: () => Buffer.concat([zip, Buffer.alloc(1 + roll(30))]),
    prepend: () => Buffer.concat([Buffer.alloc(1 + roll(30)), zip]),
    twice: () => zipOf([...tiny.files, [path, Buffer.from('another')]]),
    outside: () =>
      zipOf([...tiny.files, [pick(['../out', '/etc/out', 'a/../../out', 'a\\out', 'a//out', 'C:out', 'a\u0000b'], roll), Buffer.of(1)]]),
    cut: () => zip.subarray(0, at),
    insert: () => Buffer.concat([zip.subarray(0, at), Buffer.of(roll(256)), zip.subarray(at)]),
    unsorted: () => withDirectory(zip, (records) => records.toSpliced(0, 2, records[1]!, records[0]!)),
    grown: () => withDirectory(zip, (records) => records.map((record, i) => (i === roll(records.length) ? sized(record) : record))),
  }[how]();
  if (edited.equals(zip) || sameContent(zip, edited)) return null;
  return {
    name: `container: ${how} at ${at}, ${path}`,
    zip: edited,
    held: heldOf(tiny),
    names: ['ZIP', 'leads elsewhere', path, ...paths],
  };
}

function directoryOf(zip: Buffer): { start: number; records: Buffer[] } {
  const start = zip.readUInt32LE(zip.length - 6);
  const records: Buffer[] = [];
  for (let at = start; at < zip.length - 22; at += records.at(-1)!.length)
    records.push(zip.subarray(at, at + 46 + zip.readUInt16LE(at + 28)));
  return { start, records };
}

function withDirectory(zip: Buffer, edit: (records: Buffer[]) => Buffer[]): Buffer {
  const { start, records } = directoryOf(zip);
  return Buffer.concat([zip.subarray(0, start), ...edit(records), zip.subarray(-22)]);
}

/** A file that declares another size than it has. */
function sized(record: Buffer): Buffer {
  const edited = Buffer.from(record);
  edited.writeUInt32LE(edited.readUInt32LE(24) + 1, 24);
  return edited;
}

/** The last bits of packed data may be anything: nobody reads them, and nothing is altered with them. */
function sameContent(zip: Buffer, edited: Buffer): boolean {
  if (zip.length !== edited.length) return false;
  const { start, records } = directoryOf(zip);
  if (!zip.subarray(start).equals(edited.subarray(start))) return false;
  return records.every((record) => {
    const [packed, offset, name] = [record.readUInt32LE(20), record.readUInt32LE(42), record.readUInt16LE(28)];
    const data = offset + 30 + name;
    if (!zip.subarray(offset, data).equals(edited.subarray(offset, data))) return false;
    try {
      return inflateRawSync(edited.subarray(data, data + packed)).equals(inflateRawSync(zip.subarray(data, data + packed)));
    } catch {
      return false;
    }
  });
}

/** Another story, told consistently in every part but the results, signed and sealed: only what the auditor kept shows it. */
function tellOtherwise({ tiny, roll }: World): Mutation | null {
  if (tiny.origin !== origin) return null;
  const n = roll(6);
  const told = pick<Told>(
    [
      { story: (seen) => seen.toSpliced(n, 1) },
      {
        story: (seen) =>
          seen.map((one, i) =>
            i === n && one.buckets && !('unread' in one.buckets) ? { ...one, buckets: { ...one.buckets, two: 9 } } : one,
          ),
      },
      {
        judgement: (one) =>
          one.rule === pick(['example.small', 'example.alone'], () => n % 2) && one.result === 'fail' ? { ...one, result: 'pass' } : one,
      },
      { judgement: (one) => ({ ...one, message: one.message.replace(`${n}`, `${n + 1}`) }) },
      { source: (text, path) => (path.startsWith('rules/') ? `${text}// ${n}\n` : text) },
    ],
    roll,
  );
  const other = tinyPackage(results, told);
  if (other.leaves.join() === tiny.leaves.join()) return null;
  return { name: `told otherwise, ${Object.keys(told).join()} ${n}`, zip: zipOf(other.files), held: heldOf(tiny), names: ['kept: '] };
}

/** Ways to make another correction of one. Each leaves its leaf, its documents and the seals in agreement; what follows is as it was. */
export const rewritings = {
  from: (body) => ({ ...body, from: iso(Date.parse(body.from) - 1) }),
  to: (body) => ({ ...body, to: iso(Date.parse(body.to) - 1) }),
  reason: (body) => ({ ...body, reason: `${body.reason}.` }),
  run: (body) => ({ ...body, run: 'another' }),
  scope: (body) => ({ ...body, scope: body.scope.replace('north', 'south') }),
  order: (body) => ({ ...body, looks: body.looks.toReversed() }),
  fewer: (body) => ({ ...body, looks: body.looks.slice(1) }),
  later: (body) => ({ ...body, looks: body.looks.map((look: any) => ({ ...look, asOf: iso(Date.parse(look.asOf) + 1) })) }),
  hold: (body) => ({ ...body, looks: body.looks.map((look: any) => ({ ...look, hold: 1 })) }),
  count: (body) => ({ ...body, looks: body.looks.map((look: any) => (look.items ? { ...look, n: look.n + 1 } : look)) }),
  root: (body) => ({ ...body, looks: body.looks.map((look: any) => (look.items ? { ...look, root: sha256(look.root) } : look)) }),
  seen: (body) => ({ ...body, looks: body.looks.map((look: any) => (look.unread ? look : { ...body.looks[1], asOf: look.asOf })) }),
  unnamed: (body) => ({ ...body, documents: Object.fromEntries(Object.entries(body.documents).slice(1)) }),
} as const satisfies Record<string, (body: any) => object>;

const iso = (at: number): string => new Date(at).toISOString();

/** The files of a package whose correction was made another, the log and the sums made anew; null where it has none. */
export function rewritten(tiny: Tiny & { readonly origin: string }, how: keyof typeof rewritings | 'removed'): Files | null {
  const index = tiny.leaves.findLastIndex((leaf) => leaf.includes('"kind":"backfill"'));
  if (index < 0) return null;
  const hash = (JSON.parse(tiny.leaves[index]!) as { body: { sha256: string } }).body.sha256;
  const path = (of: string) => `evidence/${of.slice(0, 2)}/${of}.json`;
  const text = tiny.files.get(path(hash))!.toString();
  const made = how === 'removed' ? text : canonical(rewritings[how](JSON.parse(text)));
  const files = new Map(tiny.files);
  const rows = files.get('evidence/index.csv')!.toString().split('\n').slice(1, -1);
  const others = rows.filter((row) => !row.startsWith(hash));
  files.delete(path(hash));
  if (how !== 'removed') {
    files.set(path(sha256(made)), Buffer.from(made));
    others.push(`${sha256(made)},entry-body,${Buffer.byteLength(made)},yes,`);
  }
  files.set('evidence/index.csv', Buffer.from(`sha256,kind,bytes,present,reason\n${others.toSorted().join('\n')}\n`));
  const leaves =
    how === 'removed' ? tiny.leaves.toSpliced(index, 1) : tiny.leaves.with(index, tiny.leaves[index]!.replace(hash, sha256(made)));
  const ledger = { ...tiny.about.ledger, ...writeLog(files, tiny.origin, leaves, key) };
  seal(files, { ...tiny.about, ledger }, key);
  return files;
}

/** A correction that was made another, or is gone, by whoever holds the key: what follows from it no longer does. */
function editCorrection({ tiny, roll }: World): Mutation | null {
  const how = pick([...(Object.keys(rewritings) as (keyof typeof rewritings)[]), 'removed'] as const, roll);
  const files = rewritten(tiny, how);
  return files && { name: how, zip: zipOf(files), held: heldOf(tiny), names: ['results/', 'correction', 'evidence/'] };
}

/** What is wrong with the report on a mutation, or null. */
export async function missed(mutation: Mutation): Promise<string | null> {
  const report = await verifyPackage(mutation.zip, mutation.held);
  const faults = report.checks.flatMap((check) => check.faults).join('\n');
  if (mutation.onWord) return report.unbound.includes(mutation.names[0]!) ? null : `${mutation.name}: not told`;
  if (!report.failed) return `${mutation.name}: not reported`;
  return mutation.names.some((name) => faults.includes(name)) ? null : `${mutation.name}: reported as\n${faults}`;
}
