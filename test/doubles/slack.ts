import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parse as parseForm } from 'node:querystring';
import { text as bodyOf } from 'node:stream/consumers';
import { wrongIn, wrongInAnswer } from './slack/contract.ts';
import { type Answer, methods, type Posted, post, type State } from './slack/methods.ts';
import { type Seen, seen } from './slack/screen.ts';
import { type Acknowledged, blockActions, type Press, socketMode, viewSubmission } from './slack/socket-mode.ts';
import { type SlackWorld, workspace } from './slack/world.ts';

export { allScopes, type SlackWorld, workspace } from './slack/world.ts';

/**
 * What goes wrong instead of the answer, or after it: `hang` never answers, `lose` does what was asked and breaks the connection before it says
 * so, an error is Slack's, the rest is what a proxy answers.
 */
export type SlackMischief =
  | 'hang'
  | 'lose'
  | { readonly error: string; readonly more?: object }
  | { readonly status: number; readonly body: string; readonly headers?: Readonly<Record<string, string>> };

export interface SlackDouble {
  /** For `alerts.slack.endpoint`. */
  readonly endpoint: string;
  /** For `alerts.webhook`. */
  readonly webhook: string;
  readonly world: SlackWorld;
  /** Every call so far, in order. */
  readonly calls: readonly { readonly method: string; readonly args: Readonly<Record<string, string>> }[];
  /** Where a call was not as Slack describes it, or an answer of this double. A test that ends with any has failed. */
  readonly faults: readonly string[];
  readonly posted: readonly Posted[];
  readonly ephemerals: State['ephemerals'];
  readonly views: State['views'];
  /** The workspace is another from now on: fewer scopes, another token. */
  change(world: Partial<SlackWorld>): void;
  /** The next `times` calls that match (without `times` all of them) meet the mischief. Later ones come first. */
  disturb(match: RegExp, mischief: SlackMischief, times?: number): void;
  /** What a reader sees of one message. */
  seen(message: Posted): Seen;
  /** A channel as a reader sees it: messages in order, replies indented below theirs. */
  screen(channel: string): string;
  /** Somebody uses an element of a message; `repeat` delivers the same envelope again. */
  press(message: Posted, press: Press): Promise<Acknowledged> & { repeat(): Promise<Acknowledged> };
  /** Somebody submits the form that was opened last, or another. */
  submit(
    values: Readonly<Record<string, string | null>>,
    view?: State['views'][number],
  ): Promise<Acknowledged> & { repeat(): Promise<Acknowledged> };
  /** Sends any payload through the socket. */
  deliver(payload: object): Promise<Acknowledged>;
  readonly socket: { opened(): number; connected(): Promise<void>; refresh(): void; cut(): void };
  /** Somebody else writes into a channel. */
  chat(channel: string, text: string): Posted;
  /** Somebody deletes a message. */
  remove(message: Posted): void;
  close(): Promise<void>;
}

export interface SlackOptions {
  readonly world?: Partial<SlackWorld>;
  readonly now?: () => number;
  /** Messages that a channel takes at once; Slack promises one a second. */
  readonly burst?: number;
}

/** Slack on this machine: the Web API, Socket Mode and one incoming webhook, as strict as the real one. */
export async function startSlack({ world = {}, now = Date.now, burst = 1 }: SlackOptions = {}): Promise<SlackDouble> {
  let current: SlackWorld = { ...workspace, ...world };
  const state: State = {
    get world() {
      return current;
    },
    now,
    posted: [],
    ephemerals: [],
    views: [],
    triggers: new Map(),
  };
  const calls: { method: string; args: Record<string, string> }[] = [];
  const faults: string[] = [];
  const disturbances: { match: RegExp; mischief: SlackMischief; left: number }[] = [];
  const sockets = socketMode(state);
  const rates = new Map<string, { left: number; at: number }>();

  /** Seconds to wait before a channel takes another message. */
  function tooFast(channel: string): number | null {
    const rate = rates.get(channel) ?? { left: burst, at: now() };
    rate.left = Math.min(burst, rate.left + (now() - rate.at) / 1000);
    rate.at = now();
    rates.set(channel, rate);
    if (rate.left < 1) return Math.max(1, Math.ceil(1 - rate.left));
    rate.left--;
    return null;
  }

  function authorize(method: string, header: string | undefined): Answer | null {
    const token = /^Bearer (\S+)$/.exec(header ?? '')?.[1];
    const right = method === 'apps.connections.open' ? current.appToken : current.token;
    if (token === right) return null;
    if (token === undefined) return { ok: false, error: 'not_authed' };
    return { ok: false, error: token === current.token || token === current.appToken ? 'not_allowed_token_type' : 'invalid_auth' };
  }

  function answer(method: string, args: Record<string, string>, request: IncomingMessage): Answer {
    const refused = authorize(method, request.headers.authorization);
    if (refused) return refused;
    const wrong = wrongIn(method, args);
    faults.push(...wrong);
    if (wrong.length > 0) return { ok: false, error: 'invalid_arg_name' };
    if (method === 'apps.connections.open')
      return current.appScopes.includes('connections:write')
        ? { ok: true, url: sockets.address(request.headers.host!) }
        : { ok: false, error: 'missing_scope', needed: 'connections:write', provided: current.appScopes.join(',') };
    const found = methods[method];
    return found ? found(state, args) : { ok: false, error: 'unknown_method' };
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    const method = new URL(request.url!, 'http://double').pathname.replace(/^\/(api\/)?/, '');
    const args = method.startsWith('services/') ? { body } : ({ ...parseForm(body) } as Record<string, string>);
    calls.push({ method, args });
    const disturbance = disturbances.find(({ match, left }) => left > 0 && match.test(method));
    if (disturbance) disturbance.left--;
    const mischief = disturbance?.mischief;
    if (mischief === 'hang') return;
    if (typeof mischief === 'object' && 'status' in mischief) {
      response.writeHead(mischief.status, { 'content-type': 'text/html', ...mischief.headers }).end(mischief.body);
      return;
    }
    const channel = current.channels.find(({ id, name }) => id === args['channel'] || `#${name}` === args['channel'])?.id ?? '';
    const wait = method === 'chat.postMessage' ? tooFast(channel) : null;
    if (wait !== null) {
      response
        .writeHead(429, { 'content-type': 'application/json', 'retry-after': String(wait) })
        .end('{"ok":false,"error":"ratelimited"}');
      return;
    }
    if (method.startsWith('services/')) {
      const { status, said } = hook(method, body);
      if (mischief === 'lose') {
        response.destroy();
        return;
      }
      response.writeHead(status, { 'content-type': 'text/html', ...(status === 429 && { 'retry-after': '1' }) }).end(said);
      return;
    }
    const told = typeof mischief === 'object' ? { ok: false, error: mischief.error, ...mischief.more } : answer(method, args, request);
    if (typeof mischief !== 'object') faults.push(...wrongInAnswer(method, told));
    if (mischief === 'lose') {
      response.destroy();
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'x-oauth-scopes': scopesOf(method).join(',') });
    response.end(JSON.stringify(told));
  }

  const scopesOf = (method: string): readonly string[] => (method === 'apps.connections.open' ? current.appScopes : current.scopes);

  function hook(path: string, body: string): { status: number; said: string } {
    if (path !== hookPath) return { status: 404, said: 'no_service' };
    if (tooFast(current.webhookChannel) !== null) return { status: 429, said: 'rate_limited' };
    let told: Record<string, unknown>;
    try {
      told = JSON.parse(body) as Record<string, unknown>;
    } catch {
      return { status: 400, said: 'invalid_payload' };
    }
    const args = Object.fromEntries(
      Object.entries(told).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
    );
    const message = post(state, current.webhookChannel, args, 'U0WEBHOOK1');
    return 'ok' in message ? { status: 400, said: message.error ?? 'invalid_payload' } : { status: 200, said: 'ok' };
  }

  const server = createServer((request, response) => {
    // Tests bring a clock of their own.
    response.sendDate = false;
    serve(request, response).catch((error: unknown) => {
      faults.push(String(error));
      response.destroy();
    });
  });
  server.on('upgrade', (request, stream) => sockets.accept(request, stream));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const nameOf = (id: string): string =>
    current.users.find((user) => user.id === id)?.name ?? current.channels.find((each) => each.id === id)?.name ?? id;
  const sent = (payload: object): Promise<Acknowledged> & { repeat(): Promise<Acknowledged> } =>
    Object.assign(sockets.deliver(payload), { repeat: () => sockets.deliver(payload) });
  return {
    endpoint: `${base}/api`,
    webhook: `${base}/${hookPath}`,
    get world() {
      return current;
    },
    calls,
    faults,
    posted: state.posted,
    ephemerals: state.ephemerals,
    views: state.views,
    change: (other) => {
      current = { ...current, ...other };
    },
    disturb: (match, mischief, times = Number.POSITIVE_INFINITY) => void disturbances.unshift({ match, mischief, left: times }),
    seen: (message) => seen(message, nameOf),
    screen: (channel) => {
      const inside = state.posted.filter((each) => each.channel === channel || nameOf(each.channel) === channel.replace(/^#/, ''));
      const told = (message: Posted, indent: string): string => seen(message, nameOf).text.replaceAll(/^/gm, indent);
      return inside
        .filter(({ thread }) => thread === null)
        .flatMap((parent) => [told(parent, ''), ...inside.filter(({ thread }) => thread === parent.ts).map((reply) => told(reply, '    '))])
        .join('\n\n');
    },
    press: (message, press) => sent(blockActions(state, message, press)),
    submit: (values, view = state.views.at(-1)!) => sent(viewSubmission(state, view, values)),
    deliver: (payload) => sockets.deliver(payload),
    socket: sockets,
    chat: (channel, content) => post(state, channel, { text: content }, 'U0DANA0001') as Posted,
    remove: (message) => void state.posted.splice(state.posted.indexOf(message), 1),
    close: () =>
      new Promise((resolve) => {
        sockets.close();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const hookPath = 'services/T0ACME0001/B0HOOK0001/double-secret';
