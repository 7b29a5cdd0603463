import type { Operations, Part } from '#src/operations/operations.ts';

export const rereadPart: Part = {
  name: 'reread',
  versions: ['CREATE TABLE reread (scope TEXT PRIMARY KEY, due BIGINT NOT NULL)'],
};

/** Scopes that are to be read once out of their period: to confirm what was found, say. They are remembered until they were read. */
export interface Rereads {
  /** By key, not before an instant (epoch ms). Asked for twice, the earlier counts. */
  ask(scopes: readonly string[], due: number): void;
  due(at: number): ReadonlySet<string>;
  /** These were looked at as of an instant, with whatever came of it. */
  looked(scopes: readonly string[], asOf: number): void;
  /** Forgets those that are not there any more, so that nobody will look at them. */
  keepOnly(isThere: (scope: string) => boolean): void;
}

export function openRereads({ db, transaction }: Operations): Rereads {
  const ask = db.prepare(
    'INSERT INTO reread (scope, due) VALUES (?, ?) ON CONFLICT (scope) DO UPDATE SET due = excluded.due WHERE excluded.due < reread.due',
  );
  const due = db.prepare('SELECT scope FROM reread WHERE due <= ?');
  const looked = db.prepare('DELETE FROM reread WHERE scope = ? AND due <= ?');
  const all = db.prepare('SELECT scope FROM reread');
  const forget = db.prepare('DELETE FROM reread WHERE scope = ?');
  return {
    ask: (scopes, at) => transaction(() => scopes.forEach((scope) => void ask.run(scope, at))),
    due: (at) => new Set(due.all(at).map((row) => String(row['scope']))),
    looked: (scopes, asOf) => transaction(() => scopes.forEach((scope) => void looked.run(scope, asOf))),
    keepOnly(isThere) {
      const gone = all.all().flatMap(({ scope }) => (isThere(String(scope)) ? [] : [String(scope)]));
      if (gone.length > 0) transaction(() => gone.forEach((scope) => void forget.run(scope)));
    },
  };
}
