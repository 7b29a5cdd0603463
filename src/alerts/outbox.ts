import type { Row } from '#src/evidence/engine.ts';
import type { Operations } from '#src/operations/operations.ts';
import type { Letter, Receipt } from './channel.ts';
import type { AlertMessage, ReplyMessage } from './message.ts';

/** A letter as it waits. `alert` and `kind` say which messages must have arrived before it. */
export interface Draft {
  readonly id: string;
  readonly alert: string;
  readonly channel: string;
  readonly content:
    | { readonly is: 'parent' | 'edit'; readonly message: AlertMessage }
    | { readonly is: 'reply'; readonly message: ReplyMessage; readonly broadcast: boolean };
}

/** A letter whose turn it is; null where it would write a message anew that cannot be. `tried`: it may have arrived already, at some time since. */
export interface Turn {
  readonly id: string;
  readonly letter: Letter | null;
  readonly attempts: number;
  readonly tried: number | null;
  readonly created: number;
}

/** What was not delivered, and why. */
export interface Undelivered {
  readonly id: string;
  readonly alert: string;
  readonly channel: string;
  readonly state: 'waiting' | 'parked';
  readonly created: number;
  readonly attempts: number;
  readonly fault: string | null;
  readonly mend: string | null;
}

/**
 * Puts letters into the outbox, behind those that wait. A first message that nobody tried to deliver yet is written anew instead of edited,
 * and of several edits only the last is worth bringing. To be called in the transaction that changes the state.
 */
export function put({ db }: Operations, letters: readonly Draft[], now: number): void {
  if (letters.length === 0) return;
  let seq = Number(db.prepare('SELECT coalesce(max(seq), 0) AS last FROM alert_letter').get()!['last']);
  const untried = db.prepare(
    "UPDATE alert_letter SET content = ? WHERE alert = ? AND kind = 'parent' AND state = 'waiting' AND attempts = 0",
  );
  const isUntried = db.prepare(
    "SELECT 1 AS one FROM alert_letter WHERE alert = ? AND kind = 'parent' AND state = 'waiting' AND attempts = 0",
  );
  const earlier = db.prepare(
    "DELETE FROM alert_letter WHERE alert = ? AND kind = 'edit' AND state IN ('waiting', 'parked') AND attempts = 0",
  );
  const insert = db.prepare(
    "INSERT INTO alert_letter (id, seq, alert, channel, kind, content, state, created, attempts, next) VALUES (?, ?, ?, ?, ?, ?, 'waiting', ?, 0, 0)",
  );
  for (const { id, alert, channel, content } of letters) {
    if (content.is === 'edit') {
      earlier.run(alert);
      if (isUntried.get(alert)) {
        untried.run(JSON.stringify({ ...content, is: 'parent' }), alert);
        continue;
      }
    }
    insert.run(id, ++seq, alert, channel, content.is, JSON.stringify(content), now);
  }
}

/** Channels with letters whose time has come. */
export const channelsWaiting = ({ db }: Operations): string[] =>
  db
    .prepare("SELECT DISTINCT channel FROM alert_letter WHERE state = 'waiting'")
    .all()
    .map(({ channel }) => String(channel));

/**
 * Takes the next letter of a channel: the oldest whose time has come and before which none of its alert waits. From here on it counts as one
 * that may have arrived. Null where there is none. To be called in a transaction.
 */
export function take({ db }: Operations, channel: string, now: number): Turn | null {
  const blocked = new Set<string>();
  for (const row of waitingIn(db, channel)) {
    const alert = String(row['alert']);
    if (blocked.has(alert)) continue;
    blocked.add(alert);
    if (Number(row['next']) > now) continue;
    const parent = row['kind'] === 'parent' ? null : parentOf(db, alert);
    if (parent === 'missing') continue;
    const since = row['since'] === null ? null : Number(row['since']);
    db.prepare('UPDATE alert_letter SET attempts = attempts + 1, since = ? WHERE id = ?').run(since ?? now, row['id']!);
    return {
      id: String(row['id']),
      letter: letterOf(row, channel, parent),
      attempts: Number(row['attempts']) + 1,
      tried: since,
      created: Number(row['created']),
    };
  }
  return null;
}

const page = 500;

/** Every letter that waits for a channel, the oldest first. */
function* waitingIn(db: Operations['db'], channel: string): Generator<Row> {
  const after = db.prepare(
    `SELECT id, seq, alert, kind, content, attempts, since, next, created FROM alert_letter WHERE state = 'waiting' AND channel = ? AND seq > ? ORDER BY seq LIMIT ${page}`,
  );
  for (let seq = -1; ; ) {
    const rows = after.all(channel, seq);
    yield* rows;
    if (rows.length < page) return;
    seq = Number(rows.at(-1)!['seq']);
  }
}

/** Where the first message lies; `missing` where it was not delivered. */
function parentOf(db: Operations['db'], alert: string): Receipt | null | 'missing' {
  const row = db.prepare("SELECT receipt, state FROM alert_letter WHERE alert = ? AND kind = 'parent'").get(alert);
  if (!row || row['state'] !== 'delivered') return 'missing';
  return row['receipt'] === null ? null : (JSON.parse(String(row['receipt'])) as Receipt);
}

/** What a message came to say is told by replies too: one that cannot be written anew stays as it is. */
function letterOf(row: Row, channel: string, parent: Receipt | null): Letter | null {
  const content = JSON.parse(String(row['content'])) as Draft['content'];
  const id = String(row['id']);
  switch (content.is) {
    case 'parent':
      return { id, channel, content: { is: 'alert', message: content.message } };
    case 'reply':
      return { id, channel, content: { ...content, to: parent } };
    case 'edit':
      return parent && { id, channel, content: { is: 'edit', message: content.message, of: parent } };
  }
}

/** Whether it is still to be brought by who took it at that attempt. */
export const isOwn = ({ db }: Operations, id: string, attempts: number): boolean =>
  db.prepare("SELECT 1 AS one FROM alert_letter WHERE id = ? AND state = 'waiting' AND attempts = ?").get(id, attempts) !== undefined;

/**
 * It has arrived. What it said is no longer kept. False where another process brought it too, and to another place: that one stands. To be
 * called in a transaction.
 */
export function delivered({ db }: Operations, id: string, receipt: Receipt | null, now: number): boolean {
  const row = db.prepare('SELECT state, receipt FROM alert_letter WHERE id = ?').get(id);
  const own = receipt === null ? null : JSON.stringify(receipt);
  if (row?.['state'] === 'delivered') return row['receipt'] === own;
  db.prepare(
    "UPDATE alert_letter SET state = 'delivered', receipt = ?, delivered = ?, content = NULL, fault = NULL, mend = NULL WHERE id = ?",
  ).run(own, now, id);
  return true;
}

/**
 * It did not arrive at that attempt, or nobody knows: it is tried again from `next` on; null: not before somebody mends something. Says
 * nothing where another process has taken it since.
 */
export function failed(
  { db }: Operations,
  { id, attempts }: { readonly id: string; readonly attempts: number },
  fault: { readonly says: string; readonly mend: string; readonly next: number | null; readonly uncertain: boolean },
): void {
  const { says, mend, next, uncertain } = fault;
  db.prepare(
    `UPDATE alert_letter SET state = ?, fault = ?, mend = ?, next = ?${uncertain ? '' : ', since = NULL'} WHERE id = ? AND state = 'waiting' AND attempts = ?`,
  ).run(next === null ? 'parked' : 'waiting', says, mend, next ?? 0, id, attempts);
}

/** Parked letters are tried again: at a start, and now and then. What came after a first message that was parked waits with it. */
export const unpark = ({ db }: Operations): void =>
  void db.prepare("UPDATE alert_letter SET state = 'waiting', next = 0 WHERE state = 'parked'").run();

/** Every letter that was not delivered, the oldest first. */
export const undelivered = ({ db }: Operations): Undelivered[] =>
  db
    .prepare("SELECT id, alert, channel, state, created, attempts, fault, mend FROM alert_letter WHERE state <> 'delivered' ORDER BY seq")
    .all()
    .map(({ id, alert, channel, state, created, attempts, fault, mend }) => ({
      id: String(id),
      alert: String(alert),
      channel: String(channel),
      state: state as Undelivered['state'],
      created: Number(created),
      attempts: Number(attempts),
      fault: fault === null ? null : String(fault),
      mend: mend === null ? null : String(mend),
    }));
