import type { Config } from '#src/config.ts';
import type { EvidenceStore, Purged } from '#src/evidence/store.ts';

const day = 86_400_000;

interface How {
  readonly now: number;
  readonly by: string;
  readonly dryRun?: boolean;
}

/** Purges what the configured policy no longer keeps; null where everything is kept for good. */
export async function applyRetention(
  store: EvidenceStore,
  { repliesDays, snapshotsDays }: Config['retention'],
  { now, ...how }: How,
): Promise<Purged | null> {
  const kept = [
    ...(repliesDays === undefined ? [] : [`replies ${repliesDays} days`]),
    ...(snapshotsDays === undefined ? [] : [`former snapshots ${snapshotsDays} days`]),
  ];
  if (kept.length === 0) return null;
  return store.purge({
    ...how,
    at: now,
    policy: `kept are ${kept.join(', ')}`,
    before: {
      ...(repliesDays !== undefined && { replies: now - repliesDays * day }),
      ...(snapshotsDays !== undefined && { snapshots: now - snapshotsDays * day }),
    },
  });
}

/** Applies the policy once a day at most, in the name of the configuration. */
export function dailyRetention(store: EvidenceStore, retention: Config['retention']): (now: number) => Promise<Purged | null> {
  let last = Number.NEGATIVE_INFINITY;
  return async (now) => {
    if (now - last < day) return null;
    last = now;
    return applyRetention(store, retention, { now, by: 'holdfast.yaml' });
  };
}
