import { existsSync } from 'node:fs';
import { parse } from 'node:path';
import type { Logger } from 'pino';
import type { Anchor } from '#src/anchors/anchor.ts';
import { openFaults } from '#src/anchors/faults.ts';
import { type AnchorLag, lagOf, progressOf } from '#src/anchors/lag.ts';
import { openAnchor } from '#src/anchors/open.ts';
import { openOutbox } from '#src/anchors/outbox.ts';
import { besideEvidence, type Config } from '#src/config.ts';
import { milliseconds } from '#src/duration.ts';
import type { HoldfastError } from '#src/errors.ts';
import type { EvidenceStore } from '#src/evidence/store.ts';
import type { Json } from '#src/ledger/canonical.ts';
import { parseVkey } from '#src/ledger/note.ts';
import { consistencyPath } from '#src/ledger/proof.ts';
import { type Keyring, openKeyring, openLocalKeyring } from '#src/signing/keyring.ts';
import { type KeyEntry, keyEntry } from '#src/signing/rotation.ts';

/** What a stranger holds on to: who signs the ledger, and how much of it lies elsewhere. */
export interface OutsideStatus {
  /** The last signed head; null where nothing was signed. */
  readonly signed: { readonly origin: string; readonly size: number } | null;
  /** The key lies in a file beside the evidence: who can change the one can use the other. */
  readonly keyBesideEvidence: boolean;
  readonly anchors: readonly AnchorLag[];
}

/** The ledger's dealings with the outside, for the agent that writes. */
export interface Outside {
  /**
   * Before anything is signed: holds the ledger against what is outside, signs a head that a kill left unsigned, and records the keys where
   * they changed. Errors: STORE_ROLLED_BACK, STORE_FORKED, LEDGER_KEY_CHANGED.
   */
  begin(): Promise<void>;
  /** Publishes in the background what is due. */
  nudge(): void;
  /** Resolves when nothing is being published, or after this many milliseconds. */
  settled(atMost: number): Promise<void>;
  /** Why nothing may be signed any more. */
  refusal(): HoldfastError | null;
  status(asOf: number): OutsideStatus;
  /** Publishes and records nothing more. */
  close(): void;
}

/** The keys of the configuration; null where the file of the own key is still to be made. Errors: those of the keys. */
export async function keyringOf(config: Config): Promise<Keyring | null> {
  if (config.ledger) return openKeyring(config.ledger);
  const file = ownKeyOf(config);
  return existsSync(file) ? openLocalKeyring({ file, company: config.company }, { make: false }) : null;
}

/** The file of the key that is used where none is configured. */
export const ownKeyOf = (config: Config): string =>
  besideEvidence(config, `keys/${typeof config.store === 'string' ? parse(config.store).name : 'ledger'}.pem`);

/** Makes the own key. */
export const newKeyring = (config: Config): Keyring =>
  openLocalKeyring({ file: ownKeyOf(config), company: config.company }, { make: true });

const faultsOf = (config: Config) => openFaults(config.anchors.length > 0 ? besideEvidence(config, 'anchors.json') : null);

export const anchorsOf = ({ anchors }: Config, origin: string, now: () => number): Anchor[] =>
  anchors.map((settings) => openAnchor(settings, { origin, now }));

/** What the store and the notes of the running agent say of the outside. */
export function outsideStatus(config: Config, store: EvidenceStore, asOf: number): OutsideStatus {
  const faults = faultsOf(config);
  const progress = progressIn(store);
  return statusWith(config, store, asOf, { progress, faultOf: (name) => faults.of(name) });
}

interface Parts {
  readonly config: Config;
  readonly store: EvidenceStore;
  readonly keyring: Keyring;
  readonly log: Logger;
  readonly now: () => number;
}

export function openOutside({ config, store, keyring, log, now }: Parts): Outside {
  const { origin, signers } = keyring;
  const vkeys = signers.map(({ vkey }) => vkey);
  const entries = store.entries('key').map(({ body }) => body as unknown as KeyEntry);
  const earlier = entries.flatMap(({ inForce }) => inForce).filter((vkey) => parseVkey(vkey).name === origin);
  const faults = faultsOf(config);
  const progress = progressIn(store);
  const outbox = openOutbox({
    anchors: anchorsOf(config, origin, now),
    own: { origin, vkeys: [...new Set([...vkeys, ...earlier])], size: () => store.head().size, rootAt: (size) => store.rootAt(size) },
    checkpoint: () => store.checkpoint(),
    proofFrom: (old, size) => consistencyPath(old, size, store.nodeAt),
    progress,
    record: async (row) => (await store.addAnchor(row)).size - 1,
    faults,
    log,
    now,
  });
  return {
    ...outbox,
    async begin() {
      await outbox.verifyMarks();
      const changed = keyEntry(vkeys, entries.at(-1) ?? null);
      // A head that nobody signed yet is signed as it is: no size is left out.
      if (changed === null || store.checkpoint()?.size !== store.head().size) await store.sign();
      if (changed) await store.append('key', now(), changed as unknown as Json);
    },
    status: (asOf) => statusWith(config, store, asOf, { progress, faultOf: (name) => faults.of(name) }),
  };
}

const progressIn = (store: EvidenceStore) =>
  progressOf(
    store.anchors(),
    store.entries('anchor').map(({ index }) => index),
  );

function statusWith(
  { anchors, ledger }: Config,
  store: EvidenceStore,
  asOf: number,
  { progress, faultOf }: { progress: ReturnType<typeof progressOf>; faultOf: (name: string) => AnchorLag['fault'] },
): OutsideStatus {
  const instantOf = (index: number) => Date.parse((JSON.parse(store.leaf(index)) as { asOf: string }).asOf);
  const ledgerSize = store.head().size;
  const checkpoint = store.checkpoint();
  return {
    signed: checkpoint && { origin: checkpoint.origin, size: checkpoint.size },
    keyBesideEvidence: ledger === undefined,
    anchors: anchors.map(({ name, kind, every }) =>
      lagOf({ name, kind, every: milliseconds(every) }, { progress, ledgerSize, instantOf, fault: faultOf(name), asOf }),
    ),
  };
}
