/** A piece of work for whoever takes it. Of all jobs with one key, one waits or is under way at a time. */
export interface NewJob {
  readonly key: string;
  /** What it belongs to; what is told of it is fetched by this. */
  readonly group: string;
  readonly payload: string;
  /** Taken before others that wait. */
  readonly soon?: boolean;
}

/** A job that was taken. It may be taken a second time, where whoever had it fell silent: so it must be one that can be done twice. */
export interface Job extends NewJob {
  /** 1 at first. */
  readonly attempt: number;
  /** Hands over a part of what came of it. Resolves once the queue has it. */
  tell(part: string, answer: Uint8Array): Promise<void>;
}

/** A part of what came of a job, or that it was given up after several attempts. A part may be told twice. */
export type Told =
  | { readonly key: string; readonly part: string; readonly answer: Uint8Array }
  | { readonly key: string; readonly gaveUp: string };

export interface Counts {
  readonly waiting: number;
  /** Taken, and not ended yet. */
  readonly underWay: number;
  /** Failed, and to be tried again. */
  readonly resting: number;
  readonly workers: number;
  readonly paused: boolean;
  /** Epoch ms; null where it is not paused, and where somebody else's tool paused it. */
  readonly pausedSince: number | null;
}

export interface Working {
  /** Rejects with what makes it impossible to go on; resolves when it was drained. */
  readonly ended: Promise<void>;
  /** Takes no more. Resolves when what is under way has ended, or after so many ms; what is left is taken by others. */
  drain(atMost: number): Promise<void>;
}

/**
 * Durable jobs. What was added is there after a crash of anyone; what is under way is leased, and goes to somebody else where the lease is
 * not renewed. Where the queue cannot be reached, each call throws QUEUE_UNREACHABLE or a fault of the store, within seconds.
 */
export interface Queue extends AsyncDisposable {
  /** Where it is, as errors name it; never a password. */
  readonly name: string;
  /** Adds those whose key neither waits nor is under way. */
  add(jobs: readonly NewJob[]): Promise<void>;
  /** What was told of a group since it was asked last, some of it at a time; it is handed out once. */
  told(group: string): Promise<Told[]>;
  /** Takes back what waits. What is under way goes on. */
  clear(): Promise<void>;
  /** Takes jobs, so many at the same time, until it is drained. Whoever handles one throws to have it tried again later. */
  work(who: { readonly name: string; readonly atOnce: number }, handle: (job: Job) => Promise<void>): Working;
  /** Nothing is taken, by nobody, until `resume`; what is under way goes on, what waits stays. Outlives every process; a second time changes nothing. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  counts(): Promise<Counts>;
}

/** Spans in ms; a queue whose workers differ in them recovers later, and loses nothing. */
export interface Timing {
  /** A job whose lease is this old without being renewed is somebody else's. */
  readonly lease: number;
  /** Times that a job is tried before it is given up. */
  readonly attempts: number;
  /** Before the second attempt; twice as long before each further one. */
  readonly rest: number;
  /** Between two questions for work, where nobody says that there is some. */
  readonly poll: number;
}

export const usualTiming: Timing = { lease: 30_000, attempts: 3, rest: 2_000, poll: 200 };

/** Lets calls through no faster than a rate, together with everyone who shares it. Returns how many ms to wait before the call. */
export type Reserve = (name: string, perSecond: number) => Promise<number>;
