import { HoldfastError } from '#src/errors.ts';
import { checkpointText } from '#src/ledger/checkpoint.ts';
import { type NoteSigner, noteOf, openNote, parseVkey, signatureLine } from '#src/ledger/note.ts';
import type { Hash } from '#src/ledger/tree.ts';
import type { Engine } from './engine.ts';
import type { SignedCheckpoint } from './store.ts';

/** The signed heads of the log. The text that was signed is not kept: it follows from the ledger. */
export interface Checkpoints {
  /** The signed note of a size, with every key that signed for its origin; null where nobody signed that size. */
  at(size: number): SignedCheckpoint | null;
  /** Sizes that were signed, ascending. */
  sizes(): number[];
  /** The keys that signed, as verifier keys, the latest first. */
  vkeys(): string[];
  /**
   * Signs a head unless it is signed. Ed25519 always gives the same signature, so that being killed in between costs nothing.
   * Errors: SIGNATURE_WRONG where a key gives a signature that its own public key does not accept.
   */
  sign(head: { readonly size: number; readonly root: Hash }, { asked, durably }: Access): Promise<void>;
}

/** How the writer asks the database, and writes to it: what fails is told in the words of the table of errors. */
interface Access {
  asked<T>(ask: () => T): T;
  durably(write: () => void): void;
}

export function openCheckpoints(db: Engine, signers: readonly NoteSigner[], rootAt: (size: number) => Hash): Checkpoints {
  const keyOf = db.prepare('SELECT id FROM ledger_key WHERE vkey = ?');
  const addKey = db.prepare('INSERT INTO ledger_key (id, vkey) SELECT coalesce(max(id), 0) + 1, ? FROM ledger_key');
  const add = db.prepare('INSERT INTO checkpoint (size, key, signature) VALUES (?, ?, ?)');
  const signed = db.prepare('SELECT 1 FROM checkpoint JOIN ledger_key ON id = key WHERE size = ? AND vkey = ?');
  const rowsAt = db.prepare('SELECT vkey, signature FROM checkpoint JOIN ledger_key ON id = key WHERE size = ? ORDER BY key DESC');
  const sizes = db.prepare('SELECT DISTINCT size FROM checkpoint ORDER BY size');

  const vkeys = db.prepare('SELECT vkey FROM ledger_key ORDER BY id DESC');

  return {
    at(size) {
      const rows = rowsAt.all(size).map(({ vkey, signature }) => ({ vkey: String(vkey), signature: Buffer.from(signature as Uint8Array) }));
      if (rows.length === 0) return null;
      const origin = parseVkey(rows[0]!.vkey).name;
      const own = rows.filter(({ vkey }) => parseVkey(vkey).name === origin);
      const root = rootAt(size);
      const lines = own.map(({ vkey, signature }) => signatureLine(vkey, signature));
      return { origin, size, root: root.toString('hex'), note: noteOf(checkpointText({ origin, size, root }), lines) };
    },
    sizes: () => sizes.all().map(({ size }) => Number(size)),
    vkeys: () => vkeys.all().map(({ vkey }) => String(vkey)),
    async sign({ size, root }, { asked, durably }) {
      const missing = size === 0 ? [] : asked(() => signers.filter(({ vkey }) => !signed.get(size, vkey)));
      if (missing.length === 0) return;
      const signatures = await Promise.all(missing.map((signer) => signatureOf(signer, { size, root })));
      durably(() => {
        for (const { vkey, signature } of signatures) {
          if (!keyOf.get(vkey)) addKey.run(vkey);
          add.run(size, Number(keyOf.get(vkey)!['id']), signature);
        }
      });
    },
  };
}

async function signatureOf(signer: NoteSigner, { size, root }: { size: number; root: Hash }): Promise<{ vkey: string; signature: Buffer }> {
  const { name, vkey } = signer;
  const text = checkpointText({ origin: name, size, root });
  const signature = await signer.sign(text);
  try {
    openNote(noteOf(text, [signatureLine(vkey, signature)]), [vkey]);
  } catch (error) {
    throw new HoldfastError('SIGNATURE_WRONG', { key: vkey }, { cause: error });
  }
  return { vkey, signature };
}
