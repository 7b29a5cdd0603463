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
