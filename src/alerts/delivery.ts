import { setTimeout as sleep } from 'node:timers/promises';
import { HoldfastError } from '#src/errors.ts';
import type { Operations } from '#src/operations/operations.ts';
import { type Channel, ChannelFault, type Letter, Overtaken, type Receipt } from './channel.ts';
import type { Lease } from './lease.ts';
import { channelsWaiting, delivered, failed, isOwn, type Turn, take } from './outbox.ts';

export interface DeliveryOptions {
  readonly operations: Operations;
  readonly channel: Channel;
  readonly lease: Lease;
  readonly log: Record<'info' | 'warn', (data: object, message: string) => void>;
  /** Epoch ms. */
  readonly now: () => number;
  /** Milliseconds between two letters to one channel. */
  readonly pace?: number;
  /** From 0 to 1, for the jitter. */
  readonly random?: () => number;
  /** Told of each letter that arrived, how many seconds after it was written. */
  readonly delivered?: (seconds: number) => void;
}

export interface Delivery {
  /** Begins to bring what waits. Never throws, never waits. */
  nudge(): void;
  /** Resolves when nothing is under way. */
  settled(): Promise<void>;
  /** Begins nothing more; resolves when what is under way is done, or after two seconds: then it counts as what may have arrived. */
  close(): Promise<void>;
}

/**
 * Brings the letters of the outbox, each channel apart, at the pace that a channel bears. A letter counts as one that may have arrived from
 * before it is brought, so that after a crash it is looked for first; a channel that cannot look gets it again. Whoever stood still for longer
 * than the lease in the middle of a delivery finds that it was overtaken, and brings nothing; or takes back what it brought second.
 */
export function openDelivery({
  operations,
  channel,
  lease,
  log,
  now,
  pace = 1_000,
  random = Math.random,
  delivered: told,
}: DeliveryOptions): Delivery {
  const lanes = new Map<string, Promise<void>>();
  /** Until when a channel asked to be left alone. */
  const pauses = new Map<string, number>();
  const stop = new AbortController();

  async function lane(name: string): Promise<void> {
    while (!stop.signal.aborted) {
      const turn =
        now() < (pauses.get(name) ?? 0) ? null : operations.transaction(() => (lease.lasts(now()) ? take(operations, name, now()) : null));
      if (!turn) return;
      await bring(name, turn);
      await sleep(pace, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  }

  async function bring(name: string, { id, letter, attempts, tried, created }: Turn): Promise<void> {
    try {
      const there = tried === null || letter === null ? null : await find(letter, tried);
      const receipt = there ?? (letter && isWorthBringing(letter) ? await channel.deliver(letter, still(id, attempts)) : null);
      if (!operations.transaction(() => delivered(operations, id, receipt, now()))) {
        await retract(name, id, receipt);
        return;
      }
      told?.((now() - created) / 1_000);
      log.info({ letter: id, channel: name, attempts, found: there !== null }, 'letter delivered');
    } catch (error) {
      if (error instanceof Overtaken) log.info({ letter: id, channel: name, attempts }, error.message);
      else note(name, id, attempts, error);
    }
  }

  const still = (id: string, attempts: number) => (): void => {
    if (!operations.transaction(() => lease.isHeld(now()) && isOwn(operations, id, attempts)))
      throw new Overtaken('another process tells people by now, and this letter with it');
  };

  /** What another process brought before is there twice. */
  async function retract(name: string, id: string, receipt: Receipt | null): Promise<void> {
    if (receipt === null || !channel.retract) {
      log.warn({ letter: id, channel: name }, 'a letter was brought twice: the channel takes nothing back');
      return;
    }
    for (let attempt = 1; attempt <= 5; attempt++)
      try {
        await channel.retract(receipt);
        log.info({ letter: id, channel: name }, 'a letter that two processes brought was taken back once');
        return;
      } catch (error) {
        if (attempt === 5) log.warn({ letter: id, channel: name, reason: saying(error) }, 'a letter was brought twice and not taken back');
        else await sleep(pace * 2 ** attempt);
      }
  }

  /** Where the channel can never tell, the letter is brought again: once too often rather than never. */
  async function find(letter: Letter, since: number) {
    try {
      return await channel.find(letter, since - clockSkew);
    } catch (error) {
      if (error instanceof ChannelFault && error.permanent) return null;
      throw new ChannelFault(`it cannot be told whether it has arrived: ${saying(error)}`, {
        uncertain: true,
        retryAfter: error instanceof ChannelFault ? error.retryAfter : null,
        mend: error instanceof ChannelFault ? error.mend : '',
        cause: error,
      });
    }
  }

  /** Without edits, replies tell how it goes on, and how it ended. */
  const isWorthBringing = ({ content }: Letter): boolean => channel.threads || content.is !== 'edit';

  function note(name: string, id: string, attempts: number, error: unknown): void {
    const fault = error instanceof ChannelFault ? error : new ChannelFault(saying(error), { uncertain: true, cause: error });
    const { permanent, uncertain, retryAfter, mend } = fault;
    const next = permanent ? null : now() + (retryAfter ?? pauseAfter(attempts, random()));
    if (retryAfter !== null) pauses.set(name, now() + retryAfter);
    operations.transaction(() => failed(operations, { id, attempts }, { says: fault.message, mend, next, uncertain }));
    log.warn({ letter: id, channel: name, attempts, reason: fault.message, parked: permanent }, 'a letter was not delivered');
  }

  return {
    nudge() {
      if (stop.signal.aborted) return;
      for (const name of channelsWaiting(operations)) {
        if (lanes.has(name)) continue;
        const running = lane(name)
          .catch((error: unknown) => log.warn({ channel: name, reason: saying(error) }, 'letters could not be taken from the outbox'))
          .finally(() => lanes.delete(name));
        lanes.set(name, running);
      }
    },
    async settled() {
      while (lanes.size > 0) await Promise.all(lanes.values());
    },
    async close() {
      stop.abort();
      await Promise.race([Promise.all(lanes.values()), sleep(patience, undefined, { ref: false })]);
    },
  };
}

const patience = 2_000;

/** What the other side's clock may differ by. */
const clockSkew = 120_000;

const saying = (error: unknown): string => (error instanceof HoldfastError || Error.isError(error) ? error.message : String(error));

/** Five seconds, then twice as long each time, up to ten minutes; and up to half of it less. */
const pauseAfter = (attempts: number, chance: number): number =>
  Math.round(Math.min(5_000 * 2 ** (attempts - 1), 600_000) * (1 - chance / 2));
