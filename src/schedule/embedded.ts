import { setTimeout as sleep } from 'node:timers/promises';
import type { Row } from '#src/evidence/engine.ts';
import type { Operations, Part } from '#src/operations/operations.ts';
import { type Job, type NewJob, type Queue, type Reserve, type Timing, type Told, usualTiming, type Working } from './queue.ts';

export const queuePart: Part = {
  name: 'queue',
  versions: [
    `CREATE TABLE queue_job (key TEXT PRIMARY KEY, batch TEXT NOT NULL, payload TEXT NOT NULL, turn BIGINT NOT NULL, place BIGINT NOT NULL,
       due BIGINT NOT NULL, attempt BIGINT NOT NULL, holder TEXT, lease BIGINT);
     CREATE INDEX queue_job_turn ON queue_job (turn, place);
     CREATE TABLE queue_told (id BIGINT PRIMARY KEY, batch TEXT NOT NULL, key TEXT NOT NULL, part TEXT, answer TEXT NOT NULL);
     CREATE TABLE queue_worker (name TEXT PRIMARY KEY, seen BIGINT NOT NULL);
     CREATE TABLE queue_paused (since BIGINT NOT NULL);
     CREATE TABLE queue_quota (name TEXT PRIMARY KEY, began BIGINT NOT NULL, used BIGINT NOT NULL)`,
  ],
  // What workers told is packed. It belongs to a cycle of an agent that no longer runs, so nobody waits for it.
  forget(db) {
    for (const table of ['queue_job', 'queue_told']) db.prepare(`DELETE FROM ${table}`).run();
    return 0;
  },
};

/** A worker that was not seen for so long is forgotten. */
const hour = 3_600_000;

/** Of so much is told at a time. */
const atOnceTold = 64;

/**
 * A queue in the tables beside the evidence: for workers on the same machine where that is a file, on any machine where it is a database.
 * `now` in epoch ms. A clock that jumps ahead costs a job done twice; one that jumps back costs at most a lease.
 */
export function openEmbedded(
  { db, transaction }: Operations,
  now: () => number,
  timing: Timing = usualTiming,
): Queue & { reserve: Reserve } {
  const sql = {
    known: db.prepare('SELECT key FROM queue_job WHERE key = ?'),
    last: db.prepare('SELECT coalesce(max(place), 0) AS last FROM queue_job'),
    add: db.prepare('INSERT INTO queue_job (key, batch, payload, turn, place, due, attempt) VALUES (?, ?, ?, ?, ?, 0, 0)'),
    // No lease and no rest lies further ahead than its span; one that does was given under another clock.
    free: db.prepare(
      `SELECT key, batch, payload, turn, attempt FROM queue_job
       WHERE (due <= ? OR due > ?) AND (lease IS NULL OR lease <= ? OR lease > ?) ORDER BY turn, place LIMIT ?`,
    ),
    take: db.prepare('UPDATE queue_job SET attempt = attempt + 1, holder = ?, lease = ? WHERE key = ?'),
    renew: db.prepare('UPDATE queue_job SET lease = ? WHERE holder = ?'),
    rest: db.prepare('UPDATE queue_job SET due = ?, holder = NULL, lease = NULL WHERE key = ? AND holder = ?'),
    end: db.prepare('DELETE FROM queue_job WHERE key = ? AND holder = ?'),
    clear: db.prepare('DELETE FROM queue_job WHERE lease IS NULL OR lease <= ?'),
    lastTold: db.prepare('SELECT coalesce(max(id), 0) AS last FROM queue_told'),
    tell: db.prepare('INSERT INTO queue_told (id, batch, key, part, answer) VALUES (?, ?, ?, ?, ?)'),
    told: db.prepare('SELECT id, key, part, answer FROM queue_told WHERE batch = ? ORDER BY id LIMIT ?'),
    heard: db.prepare('DELETE FROM queue_told WHERE id = ?'),
    forget: db.prepare('DELETE FROM queue_told'),
    paused: db.prepare('SELECT since FROM queue_paused'),
    pause: db.prepare('INSERT INTO queue_paused (since) VALUES (?)'),
    resume: db.prepare('DELETE FROM queue_paused'),
    seen: db.prepare('INSERT INTO queue_worker (name, seen) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET seen = excluded.seen'),
    gone: db.prepare('DELETE FROM queue_worker WHERE name = ? OR seen < ?'),
    workers: db.prepare('SELECT count(*) AS n FROM queue_worker WHERE seen > ?'),
    leased: db.prepare('SELECT count(*) AS n FROM queue_job WHERE lease > ?'),
    resting: db.prepare('SELECT count(*) AS n FROM queue_job WHERE lease IS NULL AND due > ?'),
    all: db.prepare('SELECT count(*) AS n FROM queue_job'),
    quota: db.prepare('SELECT began, used FROM queue_quota WHERE name = ?'),
    use: db.prepare(
      'INSERT INTO queue_quota (name, began, used) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET began = excluded.began, used = excluded.used',
    ),
  };
  const longestRest = timing.rest * 2 ** timing.attempts;
  const number = (row: Row | undefined, name: string): number => Number(row?.[name] ?? 0);
  /** Within a transaction. */
  const tell = (batch: string, key: string, part: string | null, answer: string): void =>
    void sql.tell.run(number(sql.lastTold.get(), 'last') + 1, batch, key, part, answer);

  function take(holder: string, most: number): Job[] {
    if (most <= 0) return [];
    return transaction(() => {
      if (sql.paused.get()) return [];
      const at = now();
      return sql.free.all(at, at + longestRest, at, at + timing.lease, most).flatMap((row) => {
        const [key, group, attempt] = [String(row['key']), String(row['batch']), Number(row['attempt']) + 1];
        sql.take.run(holder, at + timing.lease, key);
        if (attempt > timing.attempts) {
          // Whoever had it fell silent each time.
          sql.end.run(key, holder);
          tell(group, key, null, `workers were lost at it ${timing.attempts} times`);
          return [];
        }
        const answer = async (part: string, bytes: Uint8Array) =>
          transaction(() => tell(group, key, part, Buffer.from(bytes).toString('base64')));
        return [{ key, group, payload: String(row['payload']), soon: row['turn'] === 0, attempt, tell: answer }];
      });
    });
  }

  async function handleOne(job: Job, holder: string, handle: (job: Job) => Promise<void>): Promise<void> {
    let fault: unknown;
    try {
      await handle(job);
    } catch (error) {
      fault = error;
    }
    if (fault === undefined) sql.end.run(job.key, holder);
    else if (job.attempt < timing.attempts) sql.rest.run(now() + timing.rest * 2 ** (job.attempt - 1), job.key, holder);
    else
      transaction(() => {
        sql.end.run(job.key, holder);
        tell(job.group, job.key, null, Error.isError(fault) ? fault.message : 'it failed');
      });
  }

  return {
    name: db.name,
    async add(jobs: readonly NewJob[]) {
      transaction(() => {
        let place = number(sql.last.get(), 'last');
        for (const { key, group, payload, soon = false } of jobs)
          if (!sql.known.get(key)) sql.add.run(key, group, payload, soon ? 0 : 1, ++place);
      });
    },
    async told(group) {
      return transaction(() =>
        sql.told.all(group, atOnceTold).map((row): Told => {
          sql.heard.run(Number(row['id']));
          const [key, part, answer] = [String(row['key']), row['part'], String(row['answer'])];
          return part === null ? { key, gaveUp: answer } : { key, part: String(part), answer: Buffer.from(answer, 'base64') };
        }),
      );
    },
    async clear() {
      transaction(() => {
        sql.clear.run(now());
        sql.forget.run();
      });
    },
    work({ name, atOnce }, handle) {
      const holder = `${name} ${process.pid} ${Math.random().toString(36).slice(2)}`;
      const stop = new AbortController();
      const underWay = new Set<Promise<void>>();
      const { promise: ended, resolve: end, reject } = Promise.withResolvers<void>();
      const fail = (fault: unknown) => {
        stop.abort();
        clearInterval(beat);
        reject(fault);
      };
      ended.catch(() => undefined);
      const live = () => {
        try {
          sql.renew.run(now() + timing.lease, holder);
          sql.seen.run(holder, now());
        } catch (fault) {
          fail(fault);
        }
      };
      const beat = setInterval(live, Math.max(20, timing.lease / 3));
      live();
      const loop = (async () => {
        while (!stop.signal.aborted) {
          const jobs = take(holder, atOnce - underWay.size);
          for (const job of jobs) {
            const doing = handleOne(job, holder, handle)
              .catch(fail)
              .finally(() => underWay.delete(doing));
            underWay.add(doing);
          }
          if (jobs.length > 0 && underWay.size < atOnce) continue;
          const pause = sleep(timing.poll, undefined, { signal: stop.signal }).catch(() => undefined);
          await (underWay.size >= atOnce ? Promise.race([pause, ...underWay]) : pause);
        }
      })().catch(fail);
      return {
        ended,
        async drain(atMost) {
          stop.abort();
          await loop;
          await Promise.race([Promise.all(underWay), sleep(atMost, undefined, { ref: false })]);
          clearInterval(beat);
          sql.gone.run(holder, now() - hour);
          end();
        },
      } satisfies Working;
    },
    async pause() {
      transaction(() => {
        if (!sql.paused.get()) sql.pause.run(now());
      });
    },
    async resume() {
      sql.resume.run();
    },
    async counts() {
      const [all, underWay, resting] = [
        number(sql.all.get(), 'n'),
        number(sql.leased.get(now()), 'n'),
        number(sql.resting.get(now()), 'n'),
      ];
      const paused = sql.paused.get();
      return {
        waiting: all - underWay - resting,
        underWay,
        resting,
        workers: number(sql.workers.get(now() - 2 * timing.lease), 'n'),
        paused: paused !== undefined,
        pausedSince: paused ? number(paused, 'since') : null,
      };
    },
    async reserve(name, perSecond) {
      return transaction(() => {
        const at = now();
        const row = sql.quota.get(name);
        const [began, used] = windowAfter(number(row, 'began'), number(row, 'used'), perSecond, at);
        sql.use.run(name, began, used);
        return Math.max(0, began - at);
      });
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** The second in which the next call falls, and how many fall in it: the first that has room, from the one that began on. */
export function windowAfter(began: number, used: number, perSecond: number, at: number): [began: number, used: number] {
  // One that lies far ahead was begun under another clock.
  if (at >= began + 1_000 || began > at + 60_000) return [at, 1];
  return used < perSecond ? [began, used + 1] : [began + 1_000, 1];
}
