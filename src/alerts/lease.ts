import type { Operations } from '#src/operations/operations.ts';

/** Of several agents over one store, only one tells people: the one that holds the lease. */
export interface Lease {
  /** Takes or prolongs it. To be called in a transaction. */
  hold(now: number): boolean;
  /** Whether it is held. To be called in the transaction whose work depends on it. */
  isHeld(now: number): boolean;
  release(): void;
}

/** `span`: how long (ms) an agent that says nothing more keeps others from telling; longer than any single delivery takes. */
export function leaseIn({ db }: Operations, holder: string, span = 60_000): Lease {
  const current = () => db.prepare("SELECT holder, until FROM alert_lease WHERE name = 'telling'").get();
  return {
    hold(now) {
      const row = current();
      const left = row ? Number(row['until']) - now : 0;
      if (row?.['holder'] === holder ? left > span / 2 : left > 0) return row?.['holder'] === holder;
      db.prepare(
        "INSERT INTO alert_lease (name, holder, until) VALUES ('telling', ?, ?) ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until",
      ).run(holder, now + span);
      return true;
    },
    isHeld(now) {
      const row = current();
      return row?.['holder'] === holder && Number(row['until']) > now;
    },
    release: () => void db.prepare("UPDATE alert_lease SET until = 0 WHERE name = 'telling' AND holder = ?").run(holder),
  };
}
