import { readdirSync, readFileSync } from 'node:fs';
import type { AnchorRow, EvidenceStore } from '#src/evidence/store.ts';
import { sha256 } from '#src/ledger/canonical.ts';
import { parseVkey } from '#src/ledger/note.ts';
import { consistencyPath } from '#src/ledger/proof.ts';
import { digest } from '#src/ledger/tree.ts';
import { publicForms } from '#src/signing/key.ts';
import { calendarPeriods } from '#src/window/calendar.ts';
import type { Window } from '#src/window/types.ts';
import { read } from './catalogue.ts';
import type { Spool } from './spool.ts';

/** The keys that signed under the name of the ledger, the latest first, in the forms that the verifiers of others read. */
export async function writeKeys(spool: Spool, store: EvidenceStore, origin: string | null): Promise<string[]> {
  const vkeys = store.vkeys().filter((vkey) => parseVkey(vkey).name === origin);
  if (origin === null || vkeys.length === 0) return [];
  for (const [i, vkey] of vkeys.entries()) await spool.add(`keys/${i + 1}.vkey`, `${vkey}\n`);
  await spool.add('keys/log.pub.pem', publicForms(parseVkey(vkeys[0]!).publicKey, origin).pem);
  const signers = vkeys.map((vkey) => {
    const [type, key] = publicForms(parseVkey(vkey).publicKey, '').ssh.split(' ');
    return `${origin} namespaces="soc2-evidence" ${type} ${key}\n`;
  });
  await spool.add('keys/allowed_signers', signers.join(''));
  return vkeys;
}

/** What outside places answered when they were handed a head; and for those heads that they are beginnings of this one. */
export async function writeAnchors(
  spool: Spool,
  store: EvidenceStore,
  { window, timeZone, size }: { window: Window; timeZone: string; size: number },
): Promise<AnchorRow[]> {
  const anchors = store.anchors().filter((anchor) => anchor.size <= size);
  const ends = calendarPeriods('month', window, timeZone).map(({ to }) => Math.min(to, window.to, window.asOf));
  const shown = new Set(
    [...Map.groupBy(anchors, ({ name }) => name).values()].flatMap((own) => [
      own.at(-1)!,
      ...ends.flatMap((end) => own.findLast(({ at }) => at <= end) ?? []),
    ]),
  );
  const rows = [];
  for (const anchor of anchors) {
    const { name, kind, size: of, at, receipt } = anchor;
    const row = { name, kind, size: of, at: new Date(at).toISOString(), receipt: sha256(receipt) };
    const file = shown.has(anchor) ? await writeReceipt(spool, store, anchor) : null;
    rows.push({ ...row, ...(file !== null && { file }) });
  }
  await spool.add('anchors/anchors.json', read(rows));
  const sizes = new Set([...[...shown].map((anchor) => anchor.size), ...ends.map((end) => store.sizeKnownAt(end))]);
  for (const old of [...sizes].filter((each) => each > 0 && each < size).sort((a, b) => a - b)) {
    const lines = consistencyPath(old, size, store.nodeAt).map((hash) => `${hash.toString('base64')}\n`);
    await spool.add(`consistency/${old}-${size}.txt`, lines.join(''));
  }
  return anchors;
}

/** The receipt as a file of its own, beside the head that it is of where a program reads the two together. Returns its path. */
async function writeReceipt(spool: Spool, store: EvidenceStore, { kind, size, receipt }: AnchorRow): Promise<string> {
  const note = store.checkpoint(size)?.note ?? null;
  const free = (folder: string, ending: string): string => {
    for (let n = 1; ; n++) {
      const path = `${folder}/${size}${n > 1 ? `-${n}` : ''}`;
      if (!spool.has(path + ending)) return path;
    }
  };
  if (kind === 'rfc3161' && note !== null && Buffer.from(receipt).includes(digest(note))) {
    const path = free('tsa', '.tsr');
    await spool.add(`${path}.tsr`, receipt);
    await spool.add(`${path}.checkpoint`, note);
    return `${path}.tsr`;
  }
  if (kind === 'witness' && note !== null) {
    const path = `${free('cosignatures', '.checkpoint')}.checkpoint`;
    await spool.add(path, note + Buffer.from(receipt).toString());
    return path;
  }
  const path = `${free('anchors', '.receipt')}.receipt`;
  await spool.add(path, receipt);
  return path;
}

const verifiers = new URL('verifiers/', import.meta.url);

/** The verifiers as they are. Returns their names. */
export async function writeVerifiers(spool: Spool): Promise<string[]> {
  const names = readdirSync(verifiers)
    .filter((name) => !name.endsWith('.d.mts'))
    .toSorted();
  for (const name of names) await spool.add(`verify/${name}`, readFileSync(new URL(name, verifiers)));
  return names;
}

/** What the product does not keep yet, said plainly instead of left out. */
export async function writeRegisters(spool: Spool): Promise<void> {
  await spool.add(
    'registers/registers.json',
    read({ records: [], says: 'Holdfast keeps no registers yet: no record that a person supplies is in this package.' }),
  );
}
