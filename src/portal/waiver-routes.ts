import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deed } from '#src/actions/action.ts';
import { isLocalDate, nextDay, startOfDay } from '#src/config/local-date.ts';
import { HoldfastError } from '#src/errors.ts';
import { type Acting, doorkeeper, type SignedIn } from './acting.ts';
import type { PageContext } from './context.ts';
import type { Page } from './layout.ts';
import type { Problem } from './pages/problem.ts';
import { decisionForms, requestPage } from './pages/waiver-forms.ts';
import { waiverLink, waiverPage, waiversPage } from './pages/waivers.ts';

interface Portal {
  readonly server: FastifyInstance;
  readonly page: (address: string, make: (context: PageContext, asked: FastifyRequest, reply: FastifyReply) => Page | Problem) => void;
  readonly problem: (reply: FastifyReply, told: Problem) => FastifyReply;
  /** Epoch ms. */
  readonly now: () => number;
}

const unsigned: SignedIn = { person: null, why: 'These pages have no sign-in of their own, so they only read.' };
const patience = 20_000;

/** The pages about waivers, and the forms where the configuration says who signs people in. */
export function waiverRoutes({ server, page, problem, now }: Portal, acting: Acting | undefined): void {
  const door = acting && doorkeeper(acting, now);
  const signedIn = (request: FastifyRequest): SignedIn => door?.signedIn(request) ?? unsigned;
  /** A form may be sent to us, and the browser may say that it came from here. */
  const withForms = (reply: FastifyReply): void => {
    if (!door) return;
    const policy = String(reply.getHeader('content-security-policy')).replace("form-action 'none'", "form-action 'self'");
    void reply.headers({ 'content-security-policy': policy, 'referrer-policy': 'same-origin' });
  };

  page('/waivers', (own, request) => waiversPage(oneOf(request.query, ['page']), own, signedIn(request)));
  page('/waivers/ask', (own, request, reply) => {
    withForms(reply);
    const { rule = '', scope = '', item = '' } = oneOf(request.query, ['rule', 'scope', 'item']);
    const report = own.report.item(rule, scope, item);
    return report
      ? requestPage(report, own, signedIn(request), acting)
      : notFound(`Nothing is known of the item "${item}" in the scope "${scope}" under the rule "${rule}".`);
  });
  page('/waivers/:id', (own, request, reply) => {
    withForms(reply);
    const { id } = request.params as { id: string };
    const row = own.report.waivers().waivers.find((each) => each.id === id);
    return row ? waiverPage(row, own, decisionForms(row, signedIn(request))) : notFound(`There is no waiver "${id}".`);
  });
  if (!acting || !door) return;

  server.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string', bodyLimit: 32_768 }, (_request, body, done) =>
    done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  );
  const take = async (request: FastifyRequest, reply: FastifyReply, deedOf: (form: Form) => Deed | Problem): Promise<FastifyReply> => {
    const who = signedIn(request);
    if (who.person === null) return problem(reply, refused(403, who.why));
    const form = oneOf(request.body, fields);
    const fault = door.fault(request, who.person, form.token ?? '');
    if (fault !== null) return problem(reply, refused(403, fault));
    const deed = deedOf(form);
    if ('remedy' in deed) return problem(reply, deed);
    try {
      const id = `page ${/^[0-9a-f-]{36}$/.test(form.order ?? '') ? form.order : ''} ${who.person.email}`;
      const order = { id, by: who.person.email, at: now(), via: { way: 'page', remote: request.ip }, deed } as const;
      const answer = await acting.actions.submit(order, patience);
      if (!answer.ok) return problem(reply, { status: 409, title: 'It was not done', says: answer.problem, remedy: answer.mend });
      return reply.redirect(answer.waiver === undefined ? '/waivers' : waiverLink(answer.waiver), 303);
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error;
      return problem(reply, { status: 503, title: 'It was not done yet', says: error.message, remedy: error.remedy });
    }
  };
  server.post('/waivers', (request, reply) =>
    take(request, reply, ({ rule = '', scope = '', item = '', reason = '', compensating = '', until = '' }) =>
      isLocalDate(until)
        ? { do: 'request-waiver', rule, items: [{ scope, item }], reason, compensating, until: startOfDay(nextDay(until), acting.timeZone) }
        : refused(400, 'The last day is no day of the calendar.'),
    ),
  );
  server.post('/waivers/:id', (request, reply) =>
    take(request, reply, ({ what = '', reason = '' }) => {
      const { id } = request.params as { id: string };
      return Object.hasOwn(decisions, what)
        ? { do: decisions[what as keyof typeof decisions], waiver: id, reason }
        : refused(400, 'What to do with the waiver was not said.');
    }),
  );
}

const decisions = { approve: 'approve-waiver', refuse: 'refuse-waiver', withdraw: 'withdraw-waiver' } as const;
const fields = ['token', 'order', 'rule', 'scope', 'item', 'reason', 'compensating', 'until', 'what'] as const;
type Form = { [N in (typeof fields)[number]]?: string };

function oneOf<const Name extends string>(given: unknown, names: readonly Name[]): { [N in Name]?: string } {
  const values = (given ?? {}) as Readonly<Record<string, unknown>>;
  return Object.fromEntries(names.flatMap((name) => (typeof values[name] === 'string' ? [[name, values[name]]] : []))) as {
    [N in Name]?: string;
  };
}

const refused = (status: number, says: string): Problem => ({
  status,
  title: 'It was not done',
  says,
  remedy: 'Go back, load the page anew and send the form again.',
});

const notFound = (says: string): Problem => ({ status: 404, title: 'Not found', says, remedy: 'Follow the links from the status page.' });
