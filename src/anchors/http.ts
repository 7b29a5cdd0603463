import { AnchorFault, patience } from './anchor.ts';

export interface Answer {
  readonly status: number;
  /** Without its parameters, in small letters. */
  readonly type: string;
  readonly body: Buffer;
}

export interface Question {
  readonly method?: 'GET' | 'POST';
  readonly type?: string;
  readonly body?: Uint8Array | string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Asks once, within the time and size that an answer here may have. Redirects are not followed. Errors: AnchorFault where nothing answers. */
export async function ask(url: string, { method = 'GET', type, body, headers = {} }: Question = {}): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      signal: AbortSignal.timeout(patience),
      headers: { ...headers, ...(type !== undefined && { 'content-type': type }) },
      ...(body !== undefined && { body: typeof body === 'string' ? body : Buffer.from(body) }),
    });
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      if (length > most) throw new AnchorFault(`${hostOf(url)} answered with more than ${most} bytes`);
      chunks.push(chunk);
    }
    const told = response.headers.get('content-type') ?? '';
    return { status: response.status, type: told.split(';')[0]!.trim().toLowerCase(), body: Buffer.concat(chunks) };
  } catch (cause) {
    if (cause instanceof AnchorFault) throw cause;
    throw new AnchorFault(`${hostOf(url)} does not answer (${reasonOf(cause)})`, { cause });
  }
}

/** What may be shown of an address: a path may hold a secret. */
export const hostOf = (url: string): string => URL.parse(url)?.host ?? 'the address';

const most = 256 * 1024;

function reasonOf(error: unknown): string {
  const { name, cause } = error as Error & { cause?: { code?: string } };
  if (name === 'TimeoutError') return `nothing within ${patience / 1000} s`;
  return cause?.code ?? name;
}
