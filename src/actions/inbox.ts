import { setTimeout as sleep } from 'node:timers/promises';
import { HoldfastError } from '#src/errors.ts';
import { canonical, type Json } from '#src/ledger/canonical.ts';
import type { Operations, Part } from '#src/operations/operations.ts';
import type { Action, Actions, Answer } from './action.ts';
import { flawInAction } from './shape.ts';

/** What people ordered, until it is answered and for a while after. */
export const actionsPart: Part = {
  name: 'actions',
  versions: [
    'CREATE TABLE actions_order (id TEXT NOT NULL PRIMARY KEY, came BIGINT NOT NULL, action TEXT NOT NULL, answer TEXT, answered BIGINT); CREATE INDEX actions_waiting ON actions_order (answered, came)',
  ],
  forget(db, mentions) {
    const found = db
      .prepare('SELECT id, action, answer FROM actions_order')
      .all()
      .filter(({ id, action, answer }) => mentions(`${String(id)}\n${String(action)}\n${String(answer)}`));
    for (const { id } of found) db.prepare('DELETE FROM actions_order WHERE id = ?').run(id!);
    return found.length;
  },
};

/** Orders on their way to the one process that writes the ledger. Several processes may put, one takes. */
export interface Inbox extends Actions {
  /** Keeps an order unless it is kept already. False where another order has its id. */
  put(action: Action): boolean;
  /** Null while it waits. */
  answerTo(id: string): Answer | null;
  /** What waits, the oldest first. */
  waiting(): Action[];
  answer(id: string, answer: Answer): void;
}

const keptFor = 30 * 86_400_000;
const glance = 100;
const usualPatience = 30_000;

/** `now`: epoch ms. */
export function openInbox({ db }: Operations, now: () => number): Inbox {
  const add = db.prepare('INSERT INTO actions_order (id, came, action) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING');
  const find = db.prepare('SELECT action, answer FROM actions_order WHERE id = ?');
  const open = db.prepare('SELECT action FROM actions_order WHERE answered IS NULL ORDER BY came, id');
  const close = db.prepare('UPDATE actions_order SET answer = ?, answered = ? WHERE id = ? AND answered IS NULL');
  const forget = db.prepare('DELETE FROM actions_order WHERE answered < ?');
  const inbox: Inbox = {
    put(action) {
      add.run(action.id, now(), JSON.stringify(action));
      return sameOrder(JSON.parse(String(find.get(action.id)!['action'])) as Action, action);
    },
    answerTo(id) {
      const answer = find.get(id)?.['answer'];
      return typeof answer === 'string' ? (JSON.parse(answer) as Answer) : null;
    },
    waiting: () => open.all().map(({ action }) => JSON.parse(String(action)) as Action),
    answer(id, answer) {
      close.run(JSON.stringify(answer), now(), id);
      forget.run(now() - keptFor);
    },
    async submit(action, patience = usualPatience) {
      const flaw = flawInAction(action);
      if (flaw !== null) return { ok: false, problem: `What was ordered is not understood: ${flaw}.`, mend: 'Order it anew.' };
      if (!inbox.put(action)) return taken;
      // The clock of the machine, not that of the evidence: how long somebody waits.
      for (const until = performance.now() + patience; ; await sleep(glance)) {
        const answer = inbox.answerTo(action.id);
        if (answer) return answer;
        if (performance.now() >= until) throw new HoldfastError('ACTION_NOT_TAKEN', { seconds: Math.round(patience / 1000) });
      }
    },
  };
  return inbox;
}

/** Told again, an order may come by another way and a little later; who ordered what does not differ. */
const sameOrder = (a: Action, b: Action): boolean =>
  a.by === b.by && canonical(a.deed as unknown as Json) === canonical(b.deed as unknown as Json);

const taken: Answer = {
  ok: false,
  problem: 'Another order has the same id.',
  mend: 'Give each order an id of its own.',
};
