import { setTimeout as sleep } from 'node:timers/promises';
import { HoldfastError } from '#src/errors.ts';
import type { Hash } from '#src/ledger/tree.ts';
import { type Anchor, AnchorFault, type Checkpoint, OtherCheckpoint } from './anchor.ts';
import type { Faults } from './faults.ts';
import type { Progress, Published } from './lag.ts';
import { isConflict, judgeMark, judgeRefusal, type Own } from './marks.ts';

export interface OutboxOptions {
  readonly anchors: readonly Anchor[];
  readonly own: Own;
  /** The latest signed head; null where nothing was signed. */
  readonly checkpoint: () => Checkpoint | null;
  readonly proofFrom: (old: number, size: number) => Hash[];
  readonly progress: Progress;
  /** Records a receipt durably, and gives the index of the leaf that names it. */
  readonly record: (row: Published) => Promise<number>;
  readonly faults: Faults;
  readonly log: Record<'info' | 'warn' | 'error', (data: object, message: string) => void>;
  /** Epoch ms. */
  readonly now: () => number;
  /** From 0 to 1, for the jitter. */
  readonly random?: () => number;
  /** Milliseconds after which an anchor counts as failed, whatever its adapter promises. */
  readonly patience?: number;
}

export interface Outbox {
  /**
   * Holds the ledger against every anchor that can be reached. Errors: STORE_ROLLED_BACK, STORE_FORKED. What cannot be reached, or keeps
   * nonsense, is noted and stops nothing.
   */
  verifyMarks(): Promise<void>;
  /** Publishes in the background what is due. Never throws, never waits. */
  nudge(): void;
  /** Resolves when nothing is under way, or after this many milliseconds. */
  settled(atMost: number): Promise<void>;
  /** Why nothing may be signed any more, where an anchor showed that the ledger was rolled back or forked. */
  refusal(): HoldfastError | null;
  /** Begins nothing more, and records nothing more. */
  close(): void;
}

/**
 * Publishes checkpoints to the anchors, beside the cycles and never in their way: each anchor apart, one attempt at a time, repeated later and
 * later while it fails. What was published is in the store, so that a restart goes on from there; being killed between a publication and its
 * record costs one more attempt, which finds there what it brought.
 */
export function openOutbox(options: OutboxOptions): Outbox {
  const { anchors, own, checkpoint, proofFrom, progress, record, faults, log, now, random = Math.random, patience = 60_000 } = options;
  /** Also what was given up: a place that hangs is not asked a second time before it answers the first. */
  const underWay = new Map<string, Promise<void>>();
  let refused: HoldfastError | null = null;
  let closed = false;

  const failed = (anchor: Anchor, error: unknown): void => {
    if (closed) return;
    if (isConflict(error)) {
      refused ??= error;
      log.error({ anchor: anchor.name, code: error.code, reason: error.message }, 'nothing is signed any more');
    }
    const reason = Error.isError(error) ? error.message : String(error);
    const mend = error instanceof HoldfastError ? error.remedy : error instanceof AnchorFault ? error.mend : '';
    const attempts = (faults.of(anchor.name)?.attempts ?? 0) + 1;
    faults.note(anchor.name, { at: now(), attempts, reason, mend, nextAt: now() + pauseAfter(attempts, random()) });
    log.warn({ anchor: anchor.name, reason, attempts }, 'an anchor failed');
  };

  /** Works at an anchor, for as long as it takes; resolves when that is done or given up. */
  const at = async (anchor: Anchor, work: () => Promise<void>): Promise<void> => {
    const working = work().catch((error: unknown) =>
      failed(anchor, error instanceof OtherCheckpoint ? judgeRefusal(anchor, error, own) : error),
    );
    underWay.set(
      anchor.name,
      working.finally(() => underWay.delete(anchor.name)),
    );
    const given = new AbortController();
    const late = sleep(patience, true, { signal: given.signal, ref: false }).catch(() => false);
    if (await Promise.race([working.then(() => false), late])) failed(anchor, new AnchorFault(`nothing within ${patience / 1000} s`));
    given.abort();
  };

  /** The size of the largest checkpoint that the place keeps, 0 for none; held against ours. */
  const mark = async (anchor: Anchor): Promise<number> => {
    const note = await anchor.latest();
    return note === null ? 0 : judgeMark(anchor, note, own);
  };

  const publish = async (anchor: Anchor, current: Checkpoint): Promise<void> => {
    const kept = await mark(anchor);
    const confirmed = progress.last(anchor.name)?.size ?? 0;
    const { receipt } = await anchor.publish(current, (old) => proofFrom(old, current.size));
    if (closed) return;
    const { name, kind } = anchor;
    const row = { name, kind, size: current.size, at: now(), receipt };
    if (!progress.has(name, current.size)) progress.published(row, await record(row));
    faults.clear(name);
    log.info({ anchor: name, size: current.size }, 'checkpoint published');
    if (canBeAsked.has(kind) && kept < confirmed)
      failed(
        anchor,
        new AnchorFault(`it had lost the checkpoint of size ${confirmed}, which it confirmed; size ${current.size} was brought`),
      );
  };

  const isDue = ({ name, every }: Anchor, { size }: Checkpoint): boolean => {
    if (underWay.has(name) || now() < (faults.of(name)?.nextAt ?? 0)) return false;
    const last = progress.last(name);
    return last === null || (size > last.size && now() - last.at >= every && progress.since(last.size, size).count > 0);
  };

  return {
    async verifyMarks() {
      await Promise.all(anchors.map((anchor) => at(anchor, async () => void (await mark(anchor)))));
      if (refused) throw refused;
    },
    nudge() {
      const current = closed || refused ? null : checkpoint();
      if (current === null) return;
      for (const anchor of anchors) if (isDue(anchor, current)) void at(anchor, () => publish(anchor, current));
    },
    async settled(atMost) {
      const given = new AbortController();
      await Promise.race([Promise.all(underWay.values()), sleep(atMost, undefined, { signal: given.signal }).catch(() => undefined)]);
      given.abort();
    },
    refusal: () => refused,
    close() {
      closed = true;
    },
  };
}

/** Places that keep what they confirmed, and show it when they are asked. A witness may be slow to show it. */
const canBeAsked: ReadonlySet<string> = new Set(['file', 's3', 'git']);

/** Half a minute, then twice as long each time, up to half an hour; and up to half of it less, so that not all come back at once. */
const pauseAfter = (attempts: number, chance: number): number =>
  Math.round(Math.min(30_000 * 2 ** (attempts - 1), 1_800_000) * (1 - chance / 2));
