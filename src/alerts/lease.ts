import type { Operations } from '#src/operations/operations.ts';

/** Of several agents over one store, only one tells people: the one that holds the lease. */
export interface Lease {
  /**
   * Prolongs it, or takes it: then another may have told since it was last held, and what was remembered is to be read anew. False where
   * another holds it. To be called in a transaction.
   */
  hold(now: number): 'held' | 'taken' | false;
  /** Whether it is held. To be called in the transaction whose work depends on it. */
  isHeld(now: number): boolean;
  /** Whether it is held for as long as a single delivery takes. */
  lasts(now: number): boolean;
  release(): void;
}

/** `span`: how long (ms) an agent that says nothing more keeps others from telling; four times as long as any single delivery takes. */
export function leaseIn({ db }: Operations, holder: string, span = 60_000): Lease {
  const current = () => db.prepare("SELECT holder, until FROM alert_lease WHERE name = 'telling'").get();
  const isHeld = (now: number): boolean => {
    const row = current();
    return row?.['holder'] === holder && Number(row['until']) > now;
  };
  return {
    hold(now) {
      const row = current();
      const left = row ? Number(row['until']) - now : 0;
      const own = row?.['holder'] === holder;
      if (!own && left > 0) return false;
      if (own && left > span / 2) return 'held';
      db.prepare(
        "INSERT INTO alert_lease (name, holder, until) VALUES ('telling', ?, ?) ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until",
      ).run(holder, now + span);
      return own ? 'held' : 'taken';
    },
    isHeld,
    lasts: (now) => isHeld(now + span / 4),
    release: () => void db.prepare("UPDATE alert_lease SET until = 0 WHERE name = 'telling' AND holder = ?").run(holder),
  };
}
