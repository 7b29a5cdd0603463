import { type Answer, CallFailure, type Place, type Transport } from '#collector';
import { classify, isSilence } from './failures.ts';
import type { Limiter } from './limits.ts';
import { type Operation, type OperationName, operations, type Paging, partsOf } from './operations.ts';
import type { CredentialSource, Sdk, SdkAnswer } from './sdk.ts';

export interface TransportDeps {
  readonly place: Place;
  /** The region of calls that belong to no region. */
  readonly homeRegion: string;
  readonly credentials: CredentialSource;
  readonly limit: Limiter;
  readonly prepare: Sdk['prepare'];
  readonly now: () => number;
  readonly wait: (span: number, signal?: AbortSignal) => Promise<void>;
  /** Gives up whatever is under way. */
  readonly signal?: AbortSignal | undefined;
}

type Body = Readonly<Record<string, unknown>>;

/** So many unanswered calls in a row, and a host that has answered before counts as silent. */
const enough = 3;

/** An answer in the making is asked for every two seconds, for a minute. */
const patience = { span: 2_000, times: 30 };

/**
 * Calls at one place for one cycle. What several collectors ask is asked once; once a service in a region has not answered at all,
 * it is not asked again in this cycle.
 */
export function openTransport({ place, homeRegion, credentials, limit, prepare, now, wait, signal }: TransportDeps): Transport {
  const answered = new Map<string, Promise<Told>>();
  const silent = new Map<string, CallFailure>();
  /** By host: how many calls in a row were met with silence. Zero once it has answered. */
  const silences = new Map<string, number>();

  async function once(operation: OperationName, region: string, input: object): Promise<Answer> {
    const { service } = partsOf(operation);
    const host = `${region} ${service}`;
    const refuse = () => {
      const failure = silent.get(host);
      if (failure) throw new CallFailure(failure.reason, { code: failure.code, detail: failure.message }, { cause: failure });
    };
    refuse();
    try {
      const send = await prepare(operation, { owner: place.account, region, credentials });
      const ask = async () => {
        refuse();
        const answer = answerOf(await send(input, signal));
        silences.set(host, 0);
        return answer;
      };
      return await limit({ account: place.account, region, operation }, ask, signal);
    } catch (error) {
      const failure = classify(error);
      // One call that breaks off says little of a host that has answered others.
      const before = silences.get(host);
      silences.set(host, isSilence(failure) ? (before ?? 0) + 1 : 0);
      if (isSilence(failure) && (before === undefined || before + 1 >= enough)) silent.set(host, failure);
      throw failure;
    }
  }

  /** One page; asks again while the answer is still in the making. */
  async function page(operation: OperationName, region: string, input: object): Promise<Answer> {
    const { again }: Operation = operations[operation];
    const end = now() + patience.span * patience.times;
    for (let asked = 1; ; asked++) {
      const last = asked > patience.times || now() >= end;
      try {
        const answer = await once(operation, region, input);
        if (last || !again?.(answer.body as Body, '')) return answer;
      } catch (error) {
        const elsewhere = bucketRegion(error as CallFailure);
        if (elsewhere !== undefined && elsewhere !== region) return once(operation, elsewhere, input);
        if (last || !again?.(undefined, (error as CallFailure).code)) throw error;
      }
      await wait(patience.span, signal);
    }
  }

  async function* read(operation: OperationName, { $region, ...input }: { $region?: string }, paged: boolean): AsyncGenerator<Answer> {
    const { pages }: Operation = operations[operation];
    const region = $region ?? (place.region === 'global' ? homeRegion : place.region);
    let token: string | undefined;
    do {
      const answer = await page(
        operation,
        region,
        pages ? { ...sized(pages, input), ...(token !== undefined && { [pages.input]: token }) } : input,
      );
      const next = pages && nextToken(pages, answer);
      if (next !== undefined && !paged) throw failure('partial', answer, 'the answer has more pages than were asked for');
      yield answer;
      if (next !== undefined && next === token) throw failure('malformed', answer, 'the answer repeats the token of the page before');
      token = next;
    } while (token !== undefined);
  }

  async function* heard(operation: OperationName, parameters: object, paged: boolean): AsyncGenerator<Answer> {
    const question = `${operation} ${paged} ${JSON.stringify(parameters)}`;
    let telling = answered.get(question);
    if (!telling) answered.set(question, (telling = hear(read(operation, parameters, paged))));
    const { answers, failed } = await telling;
    yield* answers;
    if (failed !== undefined) throw failed;
  }

  return {
    async *call(operation, parameters, paged) {
      if (!Object.hasOwn(operations, operation)) {
        throw new CallFailure('collector-fault', { detail: `the operation ${operation} is not known` });
      }
      const name = operation as OperationName;
      const { shared }: Operation = operations[name];
      yield* shared ? heard(name, parameters, paged) : read(name, parameters, paged);
    },
  };
}

/** Everything a call gave: its pages, and the failure that ended it if one did. */
interface Told {
  readonly answers: readonly Answer[];
  readonly failed?: unknown;
}

async function hear(reading: AsyncIterable<Answer>): Promise<Told> {
  const answers: Answer[] = [];
  try {
    for await (const answer of reading) answers.push(answer);
  } catch (failed) {
    return { answers, failed };
  }
  return { answers };
}

/** Where S3 says the bucket is, when it was asked for in another region. */
function bucketRegion({ status, cause }: CallFailure): string | undefined {
  if (status !== 301 && status !== 307 && status !== 400) return undefined;
  return (cause as { $response?: { headers?: Record<string, string> } } | undefined)?.$response?.headers?.['x-amz-bucket-region'];
}

/** EC2 refuses a page size together with ids. */
function sized({ size }: Paging, input: object): object {
  if (!size || Object.keys(input).some((parameter) => parameter.endsWith('Ids'))) return input;
  return { [size[0]]: size[1], ...input };
}

function nextToken({ output }: Paging, { body }: Answer): string | undefined {
  const token = (body as Body)[output];
  return typeof token === 'string' && token !== '' ? token : undefined;
}

function answerOf({ $metadata, $date: date, ...body }: SdkAnswer): Answer {
  return { body, date, status: $metadata.httpStatusCode ?? 0, requestId: $metadata.requestId ?? $metadata.extendedRequestId ?? '' };
}

const failure = (reason: 'partial' | 'malformed', { status, requestId }: Answer, detail: string): CallFailure =>
  new CallFailure(reason, { status, requestId, detail });
