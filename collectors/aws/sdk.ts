import { NodeHttpHandler } from '@smithy/node-http-handler';
import { proveAnswer, type WireAnswer } from './answers.ts';
import { type OperationName, partsOf, type Service, services } from './operations.ts';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}
export type CredentialSource = () => Promise<AwsCredentials>;

/** What the SDK gave back: the answer and how it came. */
export interface SdkAnswer extends Record<string, unknown> {
  readonly $metadata: { readonly httpStatusCode?: number; readonly requestId?: string; readonly extendedRequestId?: string };
  /** The clock of AWS, as the answer's header says. */
  readonly $date?: string | undefined;
}
type Send = (input: object, signal?: AbortSignal) => Promise<SdkAnswer>;

export interface SdkOptions {
  /** Replaces every service's endpoint; without it the SDK's own environment decides. */
  readonly endpoint?: string;
  /** Attempts per call; without it AWS_MAX_ATTEMPTS, or 6. */
  readonly maxAttempts?: number;
  readonly connectionTimeout?: number;
  readonly requestTimeout?: number;
}

/** The SDK clients of one connection: one per account, region and service, which share their sockets. */
export interface Sdk {
  /** Prepares an operation; `owner` names whose credentials these are. */
  readonly prepare: (operation: OperationName, at: { owner: string; region: string; credentials: CredentialSource }) => Promise<Send>;
  /** The region that the SDK finds in its environment and profiles. */
  readonly regionInEnvironment: () => Promise<string | undefined>;
  readonly close: () => Promise<void>;
}

export function openSdk({
  endpoint,
  maxAttempts = attemptsInEnvironment(),
  connectionTimeout = 5_000,
  requestTimeout = 30_000,
}: SdkOptions): Sdk {
  const requestHandler = new NodeHttpHandler({ connectionTimeout, requestTimeout, throwOnRequestTimeout: true });
  const clients = new Map<string, Promise<Loaded>>();

  const client = (owner: string, region: string, service: Service, credentials: CredentialSource): Promise<Loaded> => {
    const name = `${owner} ${region} ${service}`;
    const known = clients.get(name);
    if (known) return known;
    const loading = load(service, { region, credentials, requestHandler, maxAttempts, ...(endpoint !== undefined && { endpoint }) });
    clients.set(name, loading);
    return loading;
  };

  return {
    async prepare(operation, at) {
      const { service, command } = partsOf(operation);
      const { sdk, instance } = await client(at.owner, at.region, service, at.credentials);
      const Command = sdk[command] as new (input: object) => SdkCommand;
      return async (input, signal) => {
        const prepared = new Command(input);
        let date: string | undefined;
        const seen = ({ headers }: WireAnswer) => {
          date = headers.date;
        };
        prepared.middlewareStack.add(proving(operation, seen), { step: 'deserialize', priority: 'low', name: 'proveAnswer' });
        return { ...(await instance.send(prepared, signal && { abortSignal: signal })), $date: date };
      };
    },
    async regionInEnvironment() {
      const { sdk } = await services.sts();
      return new sdk.STSClient({}).config.region().catch(() => undefined);
    },
    async close() {
      for (const loading of clients.values()) (await loading.catch(() => undefined))?.instance.destroy();
      requestHandler.destroy();
    },
  };
}

interface Loaded {
  readonly sdk: Readonly<Record<string, unknown>>;
  readonly instance: Instance;
}

interface SdkCommand {
  readonly middlewareStack: { add(middleware: Middleware, options: { step: 'deserialize'; priority: 'low'; name: string }): void };
}
type Middleware = (
  next: (request: unknown) => Promise<{ response: WireAnswer }>,
) => (request: unknown) => Promise<{ response: WireAnswer }>;

const proving =
  (operation: OperationName, seen: (answer: WireAnswer) => void): Middleware =>
  (next) =>
  async (request) => {
    const result = await next(request);
    seen(result.response);
    await proveAnswer(operation, result.response);
    return result;
  };

/** What we use of an SDK client, whichever service it is for. */
interface Instance {
  send(command: SdkCommand, options?: { abortSignal: AbortSignal }): Promise<SdkAnswer>;
  destroy(): void;
  readonly config: {
    endpointProvider: (parameters: EndpointParameters, context: unknown) => unknown;
    retryStrategy: () => Promise<RetryStrategy>;
  };
}
type EndpointParameters = { readonly Endpoint?: string } & Record<string, unknown>;
type RetryError = { readonly error?: unknown; readonly errorType: string; readonly retryAfterHint?: Date };
interface RetryStrategy {
  acquireInitialRetryToken(scope: string): Promise<RetryToken>;
  refreshRetryTokenForRetry(token: RetryToken, error: RetryError): Promise<RetryToken>;
  recordSuccess(token: RetryToken): void;
}
interface RetryToken {
  getRetryCount(): number;
}

async function load(service: Service, configuration: { readonly endpoint?: string; readonly [name: string]: unknown }): Promise<Loaded> {
  const { sdk, Client } = await services[service]();
  // An endpoint of our choosing has one host for everything, so the bucket goes into the path.
  const forcePathStyle = service === 's3' && (configuration.endpoint ?? endpointInEnvironment('S3')) !== undefined;
  const instance = new Client({
    retryMode: 'standard',
    ...configuration,
    ...(forcePathStyle && { forcePathStyle }),
  }) as unknown as Instance;
  if (service === 's3control') keepHost(instance);
  await patient(instance);
  return { sdk, instance };
}

/** The endpoint that the environment names for a service, as the SDK itself finds it. */
export function endpointInEnvironment(service: string): string | undefined {
  if (process.env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS === 'true') return undefined;
  return process.env[`AWS_ENDPOINT_URL_${service}`] || process.env.AWS_ENDPOINT_URL || undefined;
}

/** S3 Control puts the account id before the host, also before a host of our choosing. A header carries the id anyway. */
function keepHost({ config }: Instance): void {
  const resolve = config.endpointProvider;
  config.endpointProvider = (parameters, context) =>
    resolve(parameters.Endpoint ? { ...parameters, RequiresAccountId: false } : parameters, context);
}

/** Where nothing answers, a second attempt is enough. Where the service says when to come back, that is when we come back. */
async function patient({ config }: Instance): Promise<void> {
  const strategy = await config.retryStrategy();
  config.retryStrategy = () =>
    Promise.resolve({
      acquireInitialRetryToken: (scope) => strategy.acquireInitialRetryToken(scope),
      recordSuccess: (token) => strategy.recordSuccess(token),
      async refreshRetryTokenForRetry(token, { retryAfterHint, ...error }) {
        if (unanswered(error.error) && token.getRetryCount() >= 1) throw new Error('nothing answers');
        const renewed = await strategy.refreshRetryTokenForRetry(token, error);
        if (retryAfterHint) await wait(Math.min(retryAfterHint.getTime() - Date.now(), longestPause));
        return renewed;
      },
    });
}

const unanswered = (error: unknown): boolean => {
  const { $metadata, $response } = (error ?? {}) as { $metadata?: { httpStatusCode?: number }; $response?: unknown };
  return $metadata?.httpStatusCode === undefined && $response === undefined;
};

const longestPause = 60_000;
const wait = (span: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.max(0, span)));

function attemptsInEnvironment(): number {
  const written = Number(process.env.AWS_MAX_ATTEMPTS);
  return Number.isInteger(written) && written > 0 ? written : 6;
}
