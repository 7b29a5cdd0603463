import type { Trouble } from '#src/alerts/sources.ts';
import { besideEvidence, type Config } from '#src/config.ts';
import { type Operations, type Part } from '#src/operations/operations.ts';
import { watchClock } from './clock.ts';
import { type Disk, diskAt, isFull, isNearlyFull, type UnknownDisk } from './disk.ts';
import { type Ages, agesOf, type Problem, spanInWords, unseenIn } from './problems.ts';
import type { Watched } from './watched.ts';

/** What the agent knows of its own life. It outlives the agent, which may be opened anew after its database was away. */
export interface Vitals extends Disposable {
  /** From now on this agent is the one; the answer is called when it closes. */
  attach(watched: Watched): () => void;
  readonly watched: Watched | null;
  /** A pass over the connections begins, or has ended. */
  passes(begins: boolean): void;
  /** Why the process should be begun anew; empty while it lives. */
  dead(now: number): Problem[];
  /** Why it is not well; empty while it is. A store that cannot be asked is one reason, and never thrown. */
  problems(now: number): Problem[];
  /** The same for people who can do something about it before it is too late. Cheap. */
  troubles(now: number): readonly Trouble[];
  /** Looks at what can only be seen by looking again and again. Called every few seconds by itself. */
  sample(): void;
  /** Null before the first look, and where it cannot be told. */
  disk(): Disk | null;
  ages(): Ages[];
}

export interface VitalsOptions {
  readonly config: Config;
  /** Epoch ms. */
  readonly now: () => number;
  /** Milliseconds of a clock that nobody sets. */
  readonly running?: () => number;
  readonly diskOf?: (file: string) => Disk | UnknownDisk;
  /** Milliseconds between two samples; null: only when asked. */
  readonly every?: number | null;
}

/** One row that is written again and again: where it cannot be, neither can evidence. */
export const vitalsPart: Part = { name: 'vitals', versions: ['CREATE TABLE vitals_sign (name TEXT PRIMARY KEY, at BIGINT NOT NULL)'] };

const [second, minute, hour] = [1_000, 60_000, 3_600_000];

/** Signing takes seconds where a key service is slow; longer is a head that nobody vouches for. */
const unsignedFor = minute;

export function openVitals({
  config,
  now,
  running = () => performance.now(),
  diskOf = diskAt,
  every = 15 * second,
}: VitalsOptions): Vitals {
  let watched: Watched | null = null;
  let since = now();
  let begun: number | null = null;
  let unsigned: number | null = null;
  let unread: string | null = null;
  let written = { at: -Infinity, fault: null as string | null };
  let disk: Volume = { now: null, nearlyFullSince: null, unknown: null };
  const clock = watchClock(now, running);
  let jumped = clock.jump();
  const file = typeof config.store === 'string' && config.store !== ':memory:' ? config.store : besideEvidence(config, 'operations.db');

  const ages = (): Ages[] => (watched ? agesOf(watched.periods, watched.store) : []);

  const found = (at: number): Problem[] => {
    try {
      return [...unseenIn(ages(), at), ...(watched?.problems?.(at) ?? [])];
    } catch (error) {
      return unread === null ? [unreadable(reasonOf(error))] : [];
    }
  };

  /** A pass may wait long for a provider's quota; one that takes this long hangs. */
  const longest = (): number => Math.max(6 * hour, ...[...(watched?.periods.values() ?? [])].map((period) => 2 * period));
  const stuck = (): Problem[] =>
    begun !== null && running() - begun > longest()
      ? [{ key: 'pass', says: `the pass over the connections that began ${spanInWords(running() - begun)} ago has not ended` }]
      : [];

  const vitals: Vitals = {
    attach(own) {
      watched = own;
      vitals.sample();
      return () => {
        if (watched !== own) return;
        [watched, begun, unsigned, unread, since] = [null, null, null, null, now()];
        written = { at: -Infinity, fault: null };
      };
    },
    get watched() {
      return watched;
    },
    passes: (begins) => (begun = begins ? running() : null),
    dead: stuck,
    problems(at) {
      if (watched === null) return [{ key: 'store', says: `the evidence is not open, for ${spanInWords(at - since)}` }];
      return [
        ...stuck(),
        ...(unread === null ? [] : [unreadable(unread)]),
        ...(written.fault === null ? [] : [{ key: 'store', says: `nothing can be written: ${written.fault}` }]),
        ...(unsigned !== null && at - unsigned > unsignedFor
          ? [{ key: 'signature', says: `what was recorded is not signed, for ${spanInWords(at - unsigned)}` }]
          : []),
        ...(disk.now && isFull(disk.now)
          ? [{ key: 'disk', says: `the volume of the evidence is full: ${megabytes(disk.now.free)} are left` }]
          : []),
        ...found(at),
      ];
    },
    troubles: () => [...diskTrouble(disk), ...(jumped ? [jumpTrouble(jumped)] : [])],
    sample() {
      const at = now();
      jumped = clock.jump();
      const found = diskOf(file);
      disk =
        'code' in found
          ? { now: null, nearlyFullSince: null, unknown: { code: found.code, since: disk.unknown?.since ?? at } }
          : { now: found, nearlyFullSince: isNearlyFull(found) ? (disk.nearlyFullSince ?? at) : null, unknown: null };
      if (watched === null) return;
      try {
        const signedTo = watched.store.checkpoint()?.size ?? 0;
        unsigned = watched.signs && signedTo < watched.store.head().size ? (unsigned ?? at) : null;
        unread = null;
      } catch (error) {
        unread = reasonOf(error);
      }
      if (Math.abs(at - written.at) >= minute) written = { at, fault: faultOfWriting(watched.operations, at) };
    },
    disk: () => disk.now,
    ages,
    [Symbol.dispose]: () => clearInterval(timer),
  };
  const timer = every === null ? undefined : setInterval(vitals.sample, every).unref();
  return vitals;
}

/** When an agent last showed that it lives, epoch ms, to the minute; null where none ever did. */
export function lastSign({ db }: Operations): number | null {
  const row = db.prepare("SELECT at FROM vitals_sign WHERE name = 'agent'").get();
  return row ? Number(row['at']) : null;
}

function faultOfWriting({ db, transaction }: Operations, at: number): string | null {
  try {
    transaction(() =>
      db.prepare("INSERT INTO vitals_sign (name, at) VALUES ('agent', ?) ON CONFLICT (name) DO UPDATE SET at = excluded.at").run(at),
    );
    return null;
  } catch (error) {
    return reasonOf(error);
  }
}

const unreadable = (reason: string): Problem => ({ key: 'store', says: `the evidence cannot be read: ${reason}` });
const reasonOf = (error: unknown): string => (Error.isError(error) ? error.message.split('\n')[0]! : String(error));

interface Volume {
  readonly now: Disk | null;
  readonly nearlyFullSince: number | null;
  readonly unknown: (UnknownDisk & { readonly since: number }) | null;
}

function diskTrouble({ now, nearlyFullSince, unknown }: Volume): Trouble[] {
  if (unknown !== null)
    return [
      {
        key: 'disk unknown',
        severity: 'low',
        headline: 'It cannot be told what the volume of the evidence has left.',
        says: `The system answers ${unknown.code}: nobody would be told before the volume is full.`,
        remedy: 'See that the folder of the evidence is there and may be read, or watch the volume by other means.',
        since: unknown.since,
      },
    ];
  if (now === null || nearlyFullSince === null) return [];
  return [
    {
      key: 'disk',
      severity: 'high',
      headline: 'The volume of the evidence is nearly full.',
      says: `${megabytes(now.free)} of ${megabytes(now.size)} are left. Once nothing is left no look can be recorded, and that time is a gap.`,
      remedy: 'Make the volume larger, or let `retention` take away what nobody needs.',
      since: nearlyFullSince,
    },
  ];
}

const jumpTrouble = ({ by, at }: { by: number; at: number }): Trouble => ({
  key: 'clock',
  severity: 'medium',
  headline: `The clock of the agent was set ${by < 0 ? 'back' : 'forward'} by ${spanInWords(Math.abs(by))}.`,
  says: 'Instants in the evidence are those of this clock. Set back, it records nothing until it has caught up.',
  remedy: 'See that the machine keeps its time with NTP, and which of the two times was right.',
  since: at,
});

const megabytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20).toLocaleString('en')} MB`;
