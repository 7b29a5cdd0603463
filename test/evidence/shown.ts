import type { EvidenceStore } from '#src/evidence/store.ts';

/** What is held, with all that is read of an item when it is asked for: two that are equal say the same. */
export const shown = (held: EvidenceStore['held']): Map<string, unknown> =>
  new Map(
    [...held].map(([scope, { items, ...own }]) => [
      scope,
      {
        ...own,
        items: new Map(
          [...items].map(([key, { item, hash, document, judgements, at, firstSeen, snapshotIndex }]) => [
            key,
            { item, hash, document, judgements, at, firstSeen, snapshotIndex },
          ]),
        ),
      },
    ]),
  );
