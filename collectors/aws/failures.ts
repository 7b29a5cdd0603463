import { CallFailure, type Unread } from '#collector';

/**
 * What a failed call means. The HTTP status decides first, because an answer that is not from AWS (a proxy's page, a gateway's fault)
 * carries a status but no code, and the SDK then names the error after its own parser. A fact ("this is not set") needs AWS's own code.
 */
export function classify(error: unknown): CallFailure {
  if (error instanceof CallFailure) return error;
  const facts = factsOf(error);
  return new CallFailure(reasonFor(facts), { ...facts, detail: wording(facts) }, { cause: error });
}

/** True where nothing answered at all, so that asking the same host again in this cycle is a waste of minutes. */
export function isSilence({ status, message, code }: CallFailure): boolean {
  return status === 0 && connection.test(`${code} ${message}`);
}

interface Facts {
  readonly date: string | undefined;
  readonly code: string;
  readonly status: number;
  readonly requestId: string;
  readonly name: string;
  readonly message: string;
}

const connection =
  /ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE|TimeoutError|socket hang up|certificate|ERR_TLS|ERR_SSL|SELF_SIGNED/i;
const credentials =
  /^(?:ExpiredToken(?:Exception)?|InvalidClientTokenId|UnrecognizedClient(?:Exception)?|InvalidToken|InvalidAccessKeyId|SignatureDoesNotMatch|InvalidSignature(?:Exception)?|IncompleteSignature(?:Exception)?|MissingAuthenticationToken(?:Exception)?|RequestExpired|RequestInTheFuture|RequestTimeTooSkewed|TokenRefreshRequired|NotSignedUp|IDPCommunicationError|IDPRejectedClaim|InvalidIdentityToken)$/;
const throttling =
  /^(?:Throttl\w*|Request(?:Limit|Rate)Exceeded|RequestThrottled\w*|TooManyRequests\w*|SlowDown|BandwidthLimitExceeded|PriorRequestNotComplete|EC2ThrottledException|LimitExceeded(?:Exception)?)$/;
const denial =
  /^(?:AccessDenied\w*|Unauthorized\w*|NotAuthorized\w*|AuthFailure|AuthorizationError\w*|AllAccessDisabled|AccountProblem|Blocked|PendingVerification|ForbiddenException|KMSAccessDenied\w*)$/;
const missing = /^NoSuch|NotFound|DoesNotExist/;
const notOffered =
  /^(?:OptInRequired|SubscriptionRequired\w*|UnsupportedOperation\w*|UnknownOperation\w*|InvalidAction|NotImplemented|AWSOrganizationsNotInUseException)$/;
const ourMistake =
  /^(?:Validation\w*|InvalidParameter\w*|MissingParameter\w*|MissingAction|MalformedQueryString|InvalidArgument|InvalidInput\w*|SerializationException|InvalidRequest)$/;

function reasonFor({ code, status, name, message }: Facts): Unread['unread'] {
  if (status === 0) return /Credentials?Provider|TokenProvider|NoSuchProfile/.test(name) ? 'credential-rejected' : silence(name, message);
  if (status < 300) return 'malformed';
  if (credentials.test(code)) return 'credential-rejected';
  if (status === 429 || throttling.test(code)) return 'throttled';
  if (denial.test(code)) return 'denied';
  if (status >= 500) return 'unavailable';
  if (notOffered.test(code)) return 'not-offered';
  if (status === 401 || status === 403) return 'denied';
  if (missing.test(code)) return 'gone';
  if (ourMistake.test(code)) return 'collector-fault';
  return 'unavailable';
}

/** No answer came: the network, or an input that the SDK would not send. */
const silence = (name: string, message: string): Unread['unread'] =>
  /^(?:TypeError|RangeError|SerializationError)$/.test(name) || /^(?:No value provided for|Empty value provided for)/.test(message)
    ? 'collector-fault'
    : 'unavailable';

function factsOf(error: unknown): Facts {
  const { name = '', message = '', code, Code, Error: inner, $metadata, $response, $fault } = (error ?? {}) as Partial<SdkError>;
  const status = $metadata?.httpStatusCode ?? $response?.statusCode ?? 0;
  const spoken = [Code, inner?.Code, $fault && name, status === 0 && code, name === 'TimeoutError' && name].find(
    (word): word is string => typeof word === 'string' && word !== '',
  );
  return {
    code: spoken === undefined || invented.has(spoken) ? '' : spoken,
    status,
    requestId: $metadata?.requestId ?? '',
    date: $response?.headers?.date,
    name,
    message,
  };
}

/** Names that the SDK makes up where the answer had no code; `NotFound` for any 404 without one, whoever answered it. */
const invented = new Set(['NotFound', 'Unknown', 'UnknownError', 'Error', 'SyntaxError', 'TypeError']);

interface SdkError {
  name: string;
  message: string;
  code: unknown;
  Code: unknown;
  Error: { Code?: unknown };
  $metadata: { httpStatusCode?: number; requestId?: string };
  $response: { statusCode?: number; headers?: Readonly<Record<string, string>> };
  $fault: string;
}

/** `code: message` in one line, shortened, without anything that could open a door. */
function wording({ code, status, name, message }: Facts): string {
  const words = message.replace(/\s+/g, ' ').trim();
  const foreign = words === '' || invented.has(words) || /^<|deserializ|parse error|Unexpected token|is not valid JSON/i.test(words);
  const said = foreign ? unreadable(status, name) : withoutSecrets(words);
  return (code && !said.startsWith(code) ? `${code}: ${said}` : said).slice(0, 300);
}

const unreadable = (status: number, name: string): string =>
  status === 0 ? `no answer (${name || 'no reason given'})` : `HTTP ${status} with an answer that AWS does not give`;

/** AWS quotes the signed request, with its session token, in some refusals, and encodes the caller's context in others. */
const withoutSecrets = (words: string): string =>
  words
    .replace(/The Canonical String for this request should have been.*/, '(the signed request is left out)')
    .replace(/(?<=Encoded authorization failure message: )\S+/, '(left out)')
    .replace(/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, '(access key)')
    .replace(/[A-Za-z0-9+/=]{40,}|[A-Za-z0-9+/=_-]{100,}/g, '(left out)');
