import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { Checkpoint } from '#src/anchors/anchor.ts';
import type { Own } from '#src/anchors/marks.ts';
import { checkpointText } from '#src/ledger/checkpoint.ts';
import { noteOf, signatureLine, vkeyOf } from '#src/ledger/note.ts';
import { consistencyPath, nodesOf, rootOf } from '#src/ledger/proof.ts';
import { type Hash, leafHash } from '#src/ledger/tree.ts';
import { rawPublicKey } from '#src/signing/key.ts';

/** A signed ledger in memory, as anchors see one. */
export interface TestLedger {
  readonly origin: string;
  readonly vkey: string;
  readonly own: Own;
  append(leaf: string): void;
  /** The signed head, or an earlier one. */
  checkpoint(size?: number): Checkpoint;
  proofFrom(old: number, size: number): Hash[];
  /** Another ledger with the same key and the first leaves of this. */
  copy(size: number): TestLedger;
}

export function testLedger(
  size = 0,
  { origin = 'evidence.example.com/acme', key = generateKeyPairSync('ed25519').privateKey }: { origin?: string; key?: KeyObject } = {},
): TestLedger {
  const texts = Array.from({ length: size }, (_, i) => `leaf ${i}`);
  const leaves = texts.map(leafHash);
  const nodeAt = nodesOf(leaves);
  const vkey = vkeyOf(origin, rawPublicKey(createPublicKey(key)));
  return {
    origin,
    vkey,
    own: { origin, vkeys: [vkey], size: () => leaves.length, rootAt: (at) => rootOf(at, nodeAt) },
    append(leaf) {
      texts.push(leaf);
      leaves.push(leafHash(leaf));
    },
    checkpoint(at = leaves.length) {
      const root = rootOf(at, nodeAt);
      const text = checkpointText({ origin, size: at, root });
      return {
        origin,
        size: at,
        root: root.toString('hex'),
        note: noteOf(text, [signatureLine(vkey, sign(null, Buffer.from(text), key))]),
      };
    },
    proofFrom: (old, to) => consistencyPath(old, to, nodeAt),
    copy(at) {
      const other = testLedger(0, { origin, key });
      for (const text of texts.slice(0, at)) other.append(text);
      return other;
    },
  };
}
