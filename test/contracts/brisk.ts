import type { Timing } from '#src/schedule/queue.ts';

/** Short spans: what takes half a minute in operation takes half a second here. */
export const brisk: Timing = { lease: 900, attempts: 2, rest: 50, poll: 20 };
