import { hash } from 'node:crypto';
import type { EvidenceStore } from '#src/evidence/store.ts';
import { parseCheckpoint } from '#src/ledger/checkpoint.ts';
import { NoteError, openNote, parseVkey } from '#src/ledger/note.ts';

/** What a check of the live store found, in the words of the package's verifier. */
export interface Checked {
  readonly check: string;
  /** What holds; null where something failed or nothing was established. */
  readonly says: string | null;
  readonly faults: readonly string[];
  readonly notEstablished: readonly string[];
}

/** What whoever asks holds from outside: verifier keys, and older heads by name. */
export interface Outside {
  readonly vkeys: readonly string[];
  readonly checkpoints: readonly { readonly name: string; readonly text: string }[];
}

/**
 * Checks a store as it lies there, also beside the agent that writes it: everything that it can recompute of itself, and what outsiders
 * hold of it. Throws NoteError where a key that was given is none.
 */
export function verifyStore(store: EvidenceStore, outside: Outside): Checked[] {
  for (const vkey of outside.vkeys) parseVkey(vkey);
  return [checkEvidence(store), checkSignatures(store, outside), checkAnchors(store), checkHistory(store, outside)];
}

/** An agent that writes beside this one may have added one leaf and not signed it yet; more are never left so. */
const unsignedYet = 'ledger: its last 1 leaves are not signed yet';

/** The store recomputes everything from its documents up, signatures included. */
function checkEvidence(store: EvidenceStore): Checked {
  const faults = store.check().filter((fault) => fault !== unsignedYet);
  const { size, root } = store.head();
  const cycles = store.cycles(-Infinity, Infinity).length;
  return checked(
    'evidence',
    `${size} leaves, ${cycles} of them cycles, follow from what is kept, to the root ${root.slice(0, 16)}…`,
    faults,
  );
}

function checkSignatures(store: EvidenceStore, { vkeys }: Outside): Checked {
  const sizes = store.checkpointSizes();
  const last = sizes.at(-1);
  if (last === undefined)
    return checked('signatures', null, vkeys.length > 0 ? ['no head is signed, so the key you gave signed none'] : [], [
      'the ledger is not signed: whoever can write the store can write another history',
    ]);
  const faults: string[] = [];
  const unsigned = store.head().size - last;
  for (const size of sizes) {
    const head = store.checkpoint(size)!;
    const { origin, root } = parseCheckpoint(head.note.slice(0, head.note.lastIndexOf('\n\n') + 1));
    if (origin !== head.origin || !root.equals(store.rootAt(size)))
      faults.push(`the signed head of ${size} leaves is not that of the ledger`);
    const trouble = vkeys.length > 0 && size === last ? troubleWith(head.note, vkeys) : null;
    if (trouble) faults.push(`the head of ${size} leaves: ${trouble}`);
  }
  const open = [
    ...(unsigned > 0 ? [`the last ${unsigned} leaves: they are not signed yet`] : []),
    ...(vkeys.length === 0
      ? ['whether the key that signed the heads is the company’s: you gave no --vkey, and the key in the store proves nothing']
      : []),
  ];
  return checked(
    'signatures',
    `${sizes.length} heads are signed, up to ${last} leaves${vkeys.length > 0 ? ', with the key you gave' : ''}`,
    faults,
    open,
  );
}

function troubleWith(note: string, vkeys: readonly string[]): string | null {
  try {
    openNote(note, vkeys);
    return null;
  } catch (error) {
    if (error instanceof NoteError) return error.message;
    throw error;
  }
}

/** Receipts of outside places, as far as they can be checked without asking there. */
function checkAnchors(store: EvidenceStore): Checked {
  const rows = store.anchors();
  const faults: string[] = [];
  for (const { name, kind, size, receipt } of rows) {
    const note = store.checkpoint(size)?.note;
    const where = `${name} at ${size} leaves`;
    if (note === undefined) faults.push(`${where}: no head of that size is signed`);
    else if (kind === 'rfc3161' && !Buffer.from(receipt).includes(hash('sha256', note, 'buffer')))
      faults.push(`${where}: the time stamp is of something else`);
  }
  if (rows.length === 0)
    return checked('anchors', null, faults, ['whether history was rewritten: no head was ever handed to an outside place']);
  const [latest] = rows.toSorted((a, b) => b.size - a.size);
  return checked(
    'anchors',
    `${rows.length} receipts of outside places fit the ledger, the largest of ${latest!.size} leaves by ${latest!.name}`,
    faults,
    ['what those places hold now: ask them, and give what they say as --checkpoint'],
  );
}

function checkHistory(store: EvidenceStore, { vkeys, checkpoints }: Outside): Checked {
  const faults: string[] = [];
  const { size } = store.head();
  const origin = store.checkpoint()?.origin;
  for (const { name, text } of checkpoints) {
    const isNote = text.includes('\n\n');
    const trouble = isNote && vkeys.length > 0 ? troubleWith(text, vkeys) : null;
    const kept = trouble ? null : parseCheckpoint(isNote ? text.slice(0, text.lastIndexOf('\n\n') + 1) : text);
    if (trouble) faults.push(`${name}: ${trouble}`);
    else if (origin !== undefined && kept!.origin !== origin) faults.push(`${name}: it is of another log, ${kept!.origin}`);
    else if (kept!.size > size)
      faults.push(`${name}: you hold a head of ${kept!.size} leaves, the store has ${size}: the end of the log is missing`);
    else if (!kept!.root.equals(store.rootAt(kept!.size)))
      faults.push(`${name}: the first ${kept!.size} leaves are not those that you hold the head of: history was rewritten`);
  }
  if (checkpoints.length === 0)
    return checked(
      'history',
      null,
      [],
      ['whether the log was rewritten since it was first shown to anybody: you gave no --checkpoint from before'],
    );
  return checked(
    'history',
    `the log only grew since the ${checkpoints.length === 1 ? 'head' : `${checkpoints.length} heads`} that you hold`,
    faults,
  );
}

const checked = (check: string, says: string | null, faults: readonly string[], notEstablished: readonly string[] = []): Checked => ({
  check,
  says: faults.length > 0 ? null : says,
  faults,
  notEstablished,
});
