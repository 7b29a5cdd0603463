import { existsSync, readFileSync } from 'node:fs';
import { CallFailure, type Place, type Transport } from '#collector';
import type { Service } from '#collectors/aws/operations.ts';
import { openTransport } from '#collectors/aws/transport.ts';

/** What we answer where a session has no answer, or one of an older AWS: made from what it recorded, `undefined` where it recorded nothing. */
export type Added = Readonly<Record<string, (recorded: any, input: any) => object>>;

export interface Session {
  /** The folder under test/fixtures/aws/custodian. */
  readonly name: string;
  readonly added?: Added;
  /** Answers at the beginning that stand for calls which other tools make and we do not. */
  readonly skip?: Readonly<Record<string, number>>;
}

/**
 * Answers a collector's calls from a recorded session, through the real client's own paging, patience and classification of errors.
 * The nth call of an operation gets its nth answer, as in the recording, and the last one after that. A call that the session does not have
 * is `unavailable`.
 */
export function openSession({ name, added = {}, skip = {} }: Session, place: Place): Transport {
  const asked = new Map<string, number>();
  return openTransport({
    place,
    homeRegion: place.region === 'global' ? 'us-east-1' : place.region,
    credentials: () => Promise.reject(new Error('nothing is signed here')),
    limit: (_, call) => call(),
    now: () => 0,
    wait: () => Promise.resolve(),
    prepare: (operation) =>
      Promise.resolve(async (input) => {
        const nth = (asked.get(operation) ?? 0) + 1;
        asked.set(operation, nth);
        const recorded = recordedAnswer(name, operation, nth + (skip[operation] ?? 0));
        const add = added[operation];
        if (!recorded && !add) throw new CallFailure('unavailable', { detail: `the session has no ${operation}` });
        if (recorded && recorded.status >= 300) throw failed(recorded);
        return { ...(add ? add(recorded?.data, input) : recorded!.data), $metadata: { httpStatusCode: 200, requestId: `${name}-${nth}` } };
      }),
  });
}

interface Recorded {
  readonly status: number;
  readonly data: Record<string, unknown>;
}

/** The nth answer to an operation, or the last one. */
function recordedAnswer(session: string, operation: string, nth: number): Recorded | null {
  const file = (n: number) =>
    new URL(
      `../fixtures/aws/custodian/${session}/${fileNames[operation.split(':')[0]!] ?? operation.split(':')[0]!}.${operation.split(':')[1]!}_${n}.json`,
      import.meta.url,
    );
  const found = Array.from({ length: nth }, (_, i) => file(nth - i)).find((candidate) => existsSync(candidate));
  if (!found) return null;
  const { status_code: status, data } = JSON.parse(readFileSync(found, 'utf8'), revive) as {
    status_code: number;
    data: Record<string, unknown>;
  };
  delete data.ResponseMetadata;
  return { status, data };
}

/** Services whose name in the recordings is another than the SDK's. */
const fileNames: Readonly<Record<string, string>> = { s3control: 's3-control' } satisfies Partial<Record<Service, string>>;

/** Recorded instants are objects, in UTC. */
function revive(_key: string, value: unknown): unknown {
  if ((value as { __class__?: string } | null)?.__class__ !== 'datetime') return value;
  const { year, month, day, hour = 0, minute = 0, second = 0, microsecond = 0 } = value as Record<string, number>;
  return new Date(Date.UTC(year!, month! - 1, day, hour, minute, second, Math.floor(microsecond / 1000)));
}

/** The error as the SDK throws it, so that it is classified as any other. */
function failed({ status, data }: Recorded): Error {
  const { Code = '', Message = '' } = (data.Error ?? {}) as { Code?: string; Message?: string };
  return Object.assign(new Error(Message), { name: Code, Code, $fault: 'client', $metadata: { httpStatusCode: status, requestId: '' } });
}
