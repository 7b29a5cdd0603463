import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { AwsError, type Call, type Told } from './calls.ts';
import { pageOf, tokenFor } from './paging.ts';
import { actionOf, allows, everythingAllowed, type Policy } from './permissions.ts';
import { type Asked, type Protocol, protocols, services, type Written } from './protocols.ts';
import { type Account, emptyRegion, type World } from './world.ts';

/**
 * What goes wrong instead of the answer: the connection is `reset`, nothing comes at all (`hang`), a page comes again with its token
 * (`repeat`), a proxy answers with a page of its own, AWS asks to slow down, or it says something else.
 */
export type Mischief =
  | 'reset'
  | 'hang'
  | 'repeat'
  | { readonly html: number }
  | { readonly throttle: 'silently' | { readonly retryAfterSeconds: number } }
  | { readonly refuse: readonly [code: string, status: number, message: string] };

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** One customer of the double: an identity, what it may do, what goes wrong for it, and what it has asked. */
export interface Session {
  readonly credentials: Credentials;
  /** What this identity, and every role it assumes, may do. */
  policy: Policy;
  /** What there is, for this customer. */
  world: World;
  /** Milliseconds that each answer takes. */
  slowness: number;
  /** Every call so far, refused ones too. */
  readonly calls: readonly Call[];
  /** Calls so far by operation. */
  counts(): Readonly<Record<string, number>>;
  /** The calls that match (without `times` all of them) meet the mischief instead. Later ones come first. */
  disturb(match: (call: Call) => boolean, mischief: Mischief, times?: number): void;
}

export interface AwsDouble {
  /** Without a trailing slash. */
  readonly endpoint: string;
  /** A new customer, in the account named. */
  session(options: { readonly world: World; readonly account: string; readonly policy?: Policy }): Session;
  close(): Promise<void>;
}

interface Identity {
  readonly owner: Owner;
  readonly account: string;
  readonly role?: string;
}
interface Owner extends Session {
  readonly heard: Call[];
  readonly disturbances: { match(call: Call): boolean; readonly mischief: Mischief; left: number }[];
}

/**
 * AWS on this machine, as far as the collectors ask it: five wire protocols, real pages, roles, permissions, and trouble on demand.
 * Who asks, and where, is read from the signature, which is not checked.
 */
export async function startAws(): Promise<AwsDouble> {
  const identities = new Map<string, Identity>();
  let requests = 0;
  let keys = 0;

  const enroll = (identity: Identity): Credentials => {
    const accessKeyId = `${identity.role === undefined ? 'AKIA' : 'ASIA'}${String(++keys).padStart(16, '0')}`;
    identities.set(accessKeyId, identity);
    return { accessKeyId, secretAccessKey: 'not-a-secret', ...(identity.role !== undefined && { sessionToken: 'not-a-token' }) };
  };

  const server = createServer((request, response) => {
    // Tests bring a clock of their own.
    response.sendDate = false;
    serve(request, response).catch((error: unknown) => response.destroy(error as Error));
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = `00000000-0000-4000-8000-${String(++requests).padStart(12, '0')}`;
    const body = await text(request);
    const [, accessKeyId = '', region = '', service = ''] =
      /Credential=([^/]+)\/\d+\/([^/]+)\/([^/]+)\/aws4_request/.exec(request.headers.authorization ?? '') ?? [];
    const spoken = protocols[service];
    if (!spoken) return send(response, html(400));
    let protocol = spoken;
    try {
      const read = spoken.read(request, new URL(request.url!, 'http://aws'), body);
      const asked: Asked = { service, ...read };
      protocol = protocols[asked.service]!;
      const identity = identities.get(accessKeyId);
      if (!identity) throw new AwsError('InvalidClientTokenId', 403, 'The security token included in the request is invalid.');
      const { clock } = identity.owner.world;
      if (clock) {
        response.setHeader('date', new Date(clock()).toUTCString());
        refuseOtherTimes(String(request.headers['x-amz-date']), clock());
      }
      if (identity.owner.slowness > 0) await sleep(identity.owner.slowness, undefined, { ref: false });
      const written = answer(identity, asked, region, protocol, requestId);
      if (written === 'hang') return;
      if (written === 'reset') return void request.socket.resetAndDestroy();
      send(response, written);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      send(response, protocol.refuse(error, requestId));
    }
  }

  function answer(
    { owner, account, role }: Identity,
    asked: Asked,
    region: string,
    protocol: Protocol,
    requestId: string,
  ): Written | 'hang' | 'reset' {
    const operation = `${asked.service}:${asked.name}`;
    const { parameters } = asked;
    // A page that is refused for its size is still a call.
    const page = attempt(() => pageOf(operation, parameters, owner.world.shorterPages?.[operation]));
    const call: Call = { operation, account, region, parameters, page: 'index' in page ? page.index : 0 };
    owner.heard.push(call);
    const trouble = owner.disturbances.find(({ match, left }) => left > 0 && match(call));
    if (trouble) trouble.left--;
    const mischief = trouble?.mischief;
    if (mischief === 'hang' || mischief === 'reset') return mischief;
    if (typeof mischief === 'object') return misbehave(mischief, protocol, requestId);

    const action = actionOf[operation];
    if (action === undefined) throw new AwsError('InvalidAction', 400, `The double knows no operation ${operation}`);
    if (action !== null && !allows(owner.policy, action)) {
      const who = role === undefined ? `arn:aws:iam::${account}:user/holdfast` : `arn:aws:sts::${account}:assumed-role/${role}/holdfast`;
      throw new AwsError(
        ...protocol.denied,
        `User: ${who} is not authorized to perform: ${action} because no identity-based policy allows the ${action} action`,
      );
    }
    if (!('index' in page)) throw page.error;
    if (asked.service === 'sts') return protocol.answer(asked, sts(owner, account, role, asked), requestId);

    const here: Account | undefined = owner.world.accounts[account];
    if (!here) throw new AwsError('InvalidClientTokenId', 403, 'The account does not exist');
    const told: Told = {
      ...call,
      world: owner.world,
      here,
      place: {
        ...emptyRegion,
        ...here.regions[region],
      },
      text: (name) => (parameters[name] === undefined ? undefined : String(parameters[name])),
      paged(list) {
        const again = mischief === 'repeat' && page.index > 0 ? 1 : 0;
        const from = page.from - again * page.size;
        const end = from + page.size;
        return {
          part: list.slice(from, end),
          next: end < list.length ? tokenFor(operation, page.index + 1 - again, end) : undefined,
        };
      },
    };
    const operations = services[asked.service] ?? {};
    return protocol.answer(asked, operations[asked.name]!(told), requestId);
  }

  /** STS needs what nothing else does: who is known. */
  function sts(owner: Owner, account: string, role: string | undefined, { name, parameters }: Asked): object {
    if (name === 'GetCallerIdentity') {
      return {
        Account: account,
        UserId: 'AIDAEXAMPLE',
        Arn: role === undefined ? `arn:aws:iam::${account}:user/holdfast` : `arn:aws:sts::${account}:assumed-role/${role}/holdfast`,
      };
    }
    const arn = String(parameters.RoleArn);
    const [, , , , id = '', path = ''] = arn.split(':');
    const wanted = owner.world.accounts[id]?.role;
    // AWS does not tell a role that is not there from one that does not let in.
    if (!wanted || path !== `role/${wanted.name}` || wanted.externalId !== parameters.ExternalId)
      throw new AwsError(
        'AccessDenied',
        403,
        `User: arn:aws:iam::${account}:user/holdfast is not authorized to perform: sts:AssumeRole on resource: ${arn}`,
      );
    const { accessKeyId, secretAccessKey, sessionToken } = enroll({ owner, account: id, role: wanted.name });
    return {
      Credentials: {
        AccessKeyId: accessKeyId,
        SecretAccessKey: secretAccessKey,
        SessionToken: sessionToken,
        Expiration: new Date(Date.now() + 3_600_000),
      },
    };
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    session({ world, account, policy = everythingAllowed }) {
      const heard: Call[] = [];
      const disturbances: Owner['disturbances'] = [];
      const owner: Owner = {
        policy,
        world,
        heard,
        disturbances,
        calls: heard,
        slowness: 0,
        credentials: {
          accessKeyId: '',
          secretAccessKey: '',
        },
        counts: () =>
          Object.fromEntries([...Map.groupBy(heard, ({ operation }) => operation)].map(([operation, calls]) => [operation, calls.length])),
        disturb: (match, mischief, times = Number.POSITIVE_INFINITY) =>
          void disturbances.unshift({
            match,
            mischief,
            left: times,
          }),
      };
      return Object.assign(owner, { credentials: enroll({ owner, account }) });
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A request that was signed more than five minutes before or after now. */
function refuseOtherTimes(signed: string, now: number): void {
  const at = Date.parse(signed.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (Math.abs(at - now) > 300_000)
    throw new AwsError('RequestTimeTooSkewed', 403, 'The difference between the request time and the current time is too large.');
}

function attempt<T extends object>(make: () => T): T | { error: unknown } {
  try {
    return make();
  } catch (error) {
    return { error };
  }
}

function misbehave(mischief: Exclude<Mischief, string>, protocol: Protocol, requestId: string): Written {
  if ('html' in mischief) return html(mischief.html);
  if ('refuse' in mischief) throw new AwsError(...mischief.refuse);
  const { throttle } = mischief;
  const headers: Record<string, string> = throttle === 'silently' ? {} : { 'retry-after': String(throttle.retryAfterSeconds) };
  return protocol.refuse(new AwsError(...protocol.throttled, 'Rate exceeded', headers), requestId);
}

/** What a proxy or a captive portal says. */
const html = (status: number): Written => ({
  status,
  headers: { 'content-type': 'text/html' },
  body: `<!DOCTYPE html>\n<html><head><title>${status}</title></head><body><h1>Error</h1><p>Try again.</p></body></html>`,
});

function send(response: ServerResponse, { status, headers, body }: Written): void {
  response.writeHead(status, { ...headers, 'content-length': String(Buffer.byteLength(body)) });
  response.end(body);
}
