import type { Problem } from './problems.ts';

/** What is asked of the agent's life, by the path. */
export interface Told {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

export interface Answering {
  /** The answer to a path; null for any other. */
  answer(path: string): Promise<Told | null>;
}

export const plain = (status: number, text: string): Told => ({ status, type: 'text/plain; charset=utf-8', text });

export const verdict = (problems: readonly Problem[]): Told =>
  problems.length === 0 ? plain(200, 'ok') : plain(503, problems.map(({ says }) => says).join('\n'));

/** What Prometheus reads. */
export const exposition = (text: string): Told => ({ status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', text });
