import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { ListedAlert } from '#src/alerts/list.ts';
import { didYouMean } from '#src/errors.ts';
import { addressText, listenError } from '#src/listening.ts';
import type { Report } from '#src/report/types.ts';
import { type Answering, plain } from '#src/vitals/answers.ts';
import type { Acting } from './acting.ts';
import { type PageContext, pageContext } from './context.ts';
import { guard, isLoopback } from './guard.ts';
import { barePage, layout, type Page } from './layout.ts';
import { memoized } from './memo.ts';
import { controlPage } from './pages/control.ts';
import { criteriaPage } from './pages/criteria.ts';
import { deviationsPage } from './pages/deviations.ts';
import { itemPage } from './pages/item.ts';
import { type Problem, problemPage } from './pages/problem.ts';
import { rulePage } from './pages/rule.ts';
import { statusPage } from './pages/status.ts';
import { waiverRoutes } from './waiver-routes.ts';

export interface PortalOptions {
  /** Opens the report of the present. Asked again when the ledger has grown or another minute has begun. */
  readonly report: () => Report;
  /** Entries of the ledger, cheaply. Where it is left out, pages show what was recorded when the minute was first asked for. */
  readonly ledgerSize?: () => number;
  readonly listen: { readonly host: string; readonly port: number };
  readonly company: string;
  readonly example: boolean;
  /** Epoch ms. */
  readonly now: () => number;
  /** When the next cycle is due, epoch ms; null where that is not known. */
  readonly nextCycle?: () => number | null;
  /** What is told as wrong now; left out, or null, where nobody watches. */
  readonly alerts?: () => readonly ListedAlert[] | 'unknown' | null;
  /** Where people are signed in by a proxy in front and may act. Absent: the pages only read. */
  readonly acting?: Acting;
  readonly log?: { error(data: object, message: string): void };
  /** Answers /healthz, /readyz and /metrics beside the pages; without it there is /healthz alone. */
  readonly signs?: Answering;
}

export interface Portal {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves the pages. Port 0 takes any free port. Errors: PORT_IN_USE, ADDRESS_UNAVAILABLE. */
export async function startPortal(options: PortalOptions): Promise<Portal> {
  const { host, port } = options.listen;
  const server = portalServer(options);
  try {
    await server.listen({ host, port });
  } catch (error) {
    await server.close();
    throw listenError(error, addressText(host, port));
  }
  const bound = server.server.address() as AddressInfo;
  return { url: `http://${addressText(host, bound.port)}`, close: () => server.close() };
}

/**
 * The pages without a socket. They read, and change nothing but by the forms about waivers, which are there only where a proxy signs people
 * in. There is no session.
 */
export function portalServer(options: Omit<PortalOptions, 'listen'> & { readonly listen: { readonly host: string } }): FastifyInstance {
  const { company, example, acting, log, ledgerSize = () => 0, nextCycle = () => null, alerts = () => null } = options;
  const open = memoized(options.report, ledgerSize, options.now);
  const context = (): PageContext => pageContext({ report: open(), company, example, next: nextCycle(), alerts: alerts() });
  const problem = (reply: FastifyReply, told: Problem) => send(reply.code(told.status), barePage(told.title, problemPage(told), example));
  const server = fastify({
    logger: false,
    forceCloseConnections: true,
    exposeHeadRoutes: true,
    routerOptions: { maxParamLength: 200 },
    frameworkErrors: (_error, _request, reply) => {
      guard.headers(reply);
      void problem(reply, badAddress);
    },
  });

  server.addHook('onRequest', async (request, reply) => {
    guard.headers(reply);
    const outside = acting && request.headers.host === new URL(acting.address).host;
    if (isLoopback(options.listen.host) && !outside && !guard.isOurs(request.headers.host, options.listen.host))
      return problem(reply, foreignHost);
    if (request.method === 'POST' && acting && /^\/waivers(\/|$)/.test(request.url)) return undefined;
    if (request.method !== 'GET' && request.method !== 'HEAD') return problem(reply.header('allow', 'GET, HEAD'), readOnly);
    return undefined;
  });
  server.setNotFoundHandler((_request, reply) => problem(reply, notFound('There is no such page.')));
  server.setErrorHandler((error, request, reply) => {
    log?.error({ err: error, url: request.url, request: request.id }, 'a page could not be made');
    return problem(reply, fault(request.id));
  });

  const page = (address: string, make: (context: PageContext, asked: FastifyRequest, reply: FastifyReply) => Page | Problem) =>
    server.get(address, (request, reply) => {
      const own = context();
      const made = make(own, request, reply);
      return 'remedy' in made ? problem(reply, made) : send(reply, layout(made, own));
    });

  page('/', statusPage);
  page('/controls/:id', (own, request) => {
    const { id } = request.params as { id: string };
    const controls = own.report.controls();
    const control = controls.find((each) => each.id === id);
    const none = own.status.window === null ? ' No window is declared, so no control is reported.' : '';
    return control
      ? controlPage(control, own)
      : notFound(
          `There is no control "${id}".${none}${didYouMean(
            id,
            controls.map((each) => each.id),
          )}`,
        );
  });
  page('/rules/:id', (own, request) => {
    const { id } = request.params as { id: string };
    const report = own.report.rule(id);
    return report
      ? rulePage(report, asked(request, ['page', 'owed']), own)
      : notFound(`There is no rule "${id}", or it is not available yet.`);
  });
  page('/items', (own, request) => {
    const { rule, scope, item, ...pages } = asked(request, ['rule', 'scope', 'item', 'page', 'changes']);
    if (rule === undefined || scope === undefined || item === undefined)
      return notFound('An item is found by its rule, its scope and its key.');
    const report = own.report.item(rule, scope, item);
    return report
      ? itemPage(report, pages, own)
      : notFound(`Nothing is known of the item "${item}" in the scope "${scope}" under the rule "${rule}".`);
  });
  waiverRoutes({ server, page, problem, now: options.now }, acting);
  page('/deviations', (own, request) => deviationsPage(asked(request, ['page', 'lapses']), own));
  page('/criteria', criteriaPage);

  server.get('/portal.css', (_request, reply) => reply.type('text/css; charset=utf-8').send(stylesheet));
  const signs: Answering = options.signs ?? { answer: async (path) => (path === '/healthz' ? plain(200, 'ok') : null) };
  for (const path of ['/healthz', '/readyz', '/metrics'])
    server.get(path, async (_request, reply) => {
      const told = await signs.answer(path);
      return told ? reply.code(told.status).type(told.type).send(told.text) : problem(reply, notFound('There is no such page.'));
    });
  return server;
}

const stylesheet = readFileSync(new URL('portal.css', import.meta.url), 'utf8');

const send = (reply: FastifyReply, text: string) => reply.type('text/html; charset=utf-8').send(text);

/** The parameters of the query that a page knows, each once and as text. */
function asked<const Name extends string>({ query }: FastifyRequest, names: readonly Name[]): { [N in Name]?: string } {
  const given = query as Readonly<Record<string, unknown>>;
  return Object.fromEntries(names.flatMap((name) => (typeof given[name] === 'string' ? [[name, given[name]]] : []))) as {
    [N in Name]?: string;
  };
}

const notFound = (says: string): Problem => ({
  status: 404,
  title: 'Not found',
  says,
  remedy: 'Follow the links from the status page. An address that worked before may name something that has since left the configuration.',
});

const fault = (request: string): Problem => ({
  status: 500,
  title: 'This page could not be made',
  says: 'Holdfast met a fault of its own. Nothing that was recorded is touched: pages only read.',
  remedy: `Report this with the log around request ${request}. The command holdfast status says the same in a terminal.`,
});

const badAddress: Problem = {
  status: 400,
  title: 'Not an address',
  says: 'The address is not written as it must be.',
  remedy: 'Follow the links from the status page.',
};
const readOnly: Problem = {
  status: 405,
  title: 'Pages can only be read',
  says: 'Only GET and HEAD are answered here; nothing can be changed over these pages.',
  remedy: 'Use the command line to change something.',
};
const foreignHost: Problem = {
  status: 421,
  title: 'Another host was asked for',
  says: 'These pages are served to this machine alone, and the request names another host.',
  remedy:
    'Open them as http://localhost with the port. To serve others, set `portal.listen` in holdfast.yaml to an address that they reach.',
};
