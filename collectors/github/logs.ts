import type { z } from 'zod';
import {
  type Actor,
  type ChangeEvent,
  defineInvestigator,
  type Finding,
  type Inquiry,
  inOrder,
  type Logs,
  type Question,
  type Reads,
  type Told,
  type Unread,
  whySilent,
} from '#investigator';
import { Activity, AuditEvent, RepositoryEvent } from './log-replies.ts';

const minute = 60_000;
/** How late the audit log may tell, and the events of repositories: https://docs.github.com/rest/activity/events */
const lag = { audit: 10 * minute, events: 6 * 60 * minute };
const margin = { before: 2 * minute, after: 5 * minute };

/** Pages of a hundred events, and repositories that are asked one by one. */
const pagesAtMost = 5;
const repositoriesAtMost = 5;

const auditLog = 'GET /orgs/{org}/audit-log';
const activity = 'GET /repos/{owner}/{repo}/activity';
const repositoryEvents = 'GET /repos/{owner}/{repo}/events';

const reads = {
  [auditLog]: { needs: 'organization_administration:read', reply: AuditEvent.array() },
  [activity]: { needs: 'contents:read', reply: Activity.array() },
  [repositoryEvents]: { needs: 'metadata:read', reply: RepositoryEvent.array() },
} satisfies Reads;

type Door = Logs<typeof reads>;
type Audited = z.infer<typeof AuditEvent>;

/**
 * The audit log tells everything, in one question for all items; only GitHub Enterprise Cloud has it. Elsewhere a repository tells by itself
 * that it was made public, and who made or deleted its default branch. Nobody tells there who changed another setting, a rule or a member.
 */
export default defineInvestigator({
  id: 'github-logs',
  title: 'who changed what, from the audit log, the activity of branches and the events of repositories',
  reads,
  limits:
    "The audit log is told for organizations on GitHub Enterprise Cloud only. On other plans and on GitHub Enterprise Server it is known who made a repository public and who made or deleted its default branch; who changed rulesets, branch protection, members or the organization's settings is not. `contents:read` lets read the code too: leave it out, unless the default branch matters that much.",
  async probe(logs, { account: org }, now) {
    const { unread } = await logs.some(
      auditLog,
      { org, query: { phrase: `created:>=${stamp(now - minute)}`, include: 'web', per_page: 1 } },
      1,
    );
    return unread && withoutAudit(unread);
  },
  async investigate(logs, { account: org }, inquiry) {
    const { from, to, now } = inquiry;
    const window = `${stamp(from - margin.before)}..${stamp(Math.min(now, to + margin.after))}`;
    const audit = await logs.some(auditLog, { org, query: { phrase: `created:${window}`, include: 'web' } }, pagesAtMost);
    if (!audit.unread) return inquiry.questions.map((question) => fromAudit(question, audit, inquiry));
    const asked = inquiry.questions.filter(({ population }) => population === 'github.repository').slice(0, repositoriesAtMost);
    return Promise.all(
      inquiry.questions.map(async (question) =>
        asked.includes(question) ? fromRepository(logs, question, inquiry, audit.unread!) : unknown(withoutAudit(audit.unread!)),
      ),
    );
  },
});

const stamp = (instant: number): string => `${new Date(instant).toISOString().slice(0, 19)}+00:00`;
const unknown = (why: string, again?: number): Finding => ({ known: false, why, ...(again !== undefined && { again }) });

const withoutAudit = (unread: Unread): string =>
  unread.unread === 'denied'
    ? `on GitHub the audit log alone says who changes this; it comes with GitHub Enterprise Cloud, and ${whySilent(unread)}`
    : whySilent(unread);

/** What the audit log calls the changes of each population. Uses of a bypass are no change. */
const changing: Readonly<Record<string, RegExp>> = {
  'github.repository':
    /^(?:repo\.(?:access|archived|unarchived|change_visibility|create|destroy|rename|restore|transfer\w*|update_default_branch|default_branch\w*)|protected_branch\.(?!policy_override|rejected_ref_update)|repository_ruleset\.)/,
  'github.member': /^(?:org\.(?:add|remove|update)_member$|two_factor_authentication\.)/,
  'github.organization':
    /^(?:org\.(?:enable|disable|update|set)_(?!member$)|members_can_|repository_visibility_change|restrict_|two_factor_authentication\.)/,
};

function fromAudit(question: Question, { pages, whole }: Told<Audited[]>, { from, to, now }: Inquiry): Finding {
  const pattern = changing[question.population];
  if (!pattern) return unknown('the audit log of GitHub does not tell this');
  const heard = to + margin.after + lag.audit;
  const events = pages
    .flat()
    .filter((event) => pattern.test(event.action) && isAbout(event, question) && within(event['@timestamp'], from, to));
  const again = now < heard ? { again: heard } : {};
  if (events.length > 0) return { known: true, events: inOrder(events.map(auditedChange), () => true, from, to), ...again };
  if (!whole) return unknown('the audit log of GitHub has more events of that time than could be read');
  return now < heard
    ? unknown('the audit log of GitHub may not have told it yet', heard)
    : unknown('no event of the audit log of GitHub says that it was changed');
}

const within = (at: number, from: number, to: number): boolean => at >= from - margin.before && at <= to + margin.after;
const same = (a: string | null | undefined, b: unknown): boolean => typeof b === 'string' && a?.toLowerCase() === b.toLowerCase();

/** A ruleset of the whole organization names no repository. */
function isAbout({ action, repo, user, actor }: Audited, { population, snapshot: { name } }: Question): boolean {
  if (population === 'github.repository') return same(repo, name) || (!repo && action.startsWith('repository_ruleset.'));
  if (population === 'github.member') return same(user ?? (action.startsWith('two_factor') ? actor : null), name);
  return true;
}

const auditedChange = (event: Audited): ChangeEvent => ({
  at: event['@timestamp'],
  operation: event.action,
  source: 'GitHub audit log',
  id: event._document_id ?? `${event['@timestamp']} ${event.action}`,
  actor: personOf(event.actor, throughOf(event), event.actor_is_bot),
});

function personOf(login: string | null | undefined, through: string, bot = login?.endsWith('[bot]') ?? false): Actor {
  if (!login) return { name: 'not told', kind: 'unknown', through };
  return { name: login.slice(0, 200), kind: bot ? 'app' : 'person', through };
}

function throughOf({ programmatic_access_type: access, user_agent: agent }: Audited): string {
  if (access) return access.slice(0, 60);
  if (agent?.startsWith('Mozilla/')) return 'a browser';
  return agent?.split(/\s/)[0]?.slice(0, 60) || 'not told';
}

/** What a repository tells of itself, on any plan. */
async function fromRepository(logs: Door, { snapshot }: Question, { from, to, now }: Inquiry, audit: Unread): Promise<Finding> {
  const [owner = '', repo = ''] = typeof snapshot.name === 'string' ? snapshot.name.split('/') : [];
  const branch = typeof snapshot.defaultBranch === 'string' ? snapshot.defaultBranch : null;
  const isPublic = snapshot.visibility === 'public';
  const published = isPublic ? await logs.some(repositoryEvents, { owner, repo }, 1) : nothing;
  const period = periodOf(now - from);
  const moves =
    branch === null
      ? []
      : await Promise.all(
          branchMoves.map((activity_type) =>
            logs.some(activity, { owner, repo, query: { ref: branch, time_period: period, activity_type } }, 1),
          ),
        );
  const events = [
    ...published.pages.flat().flatMap((event) => publication(event)),
    ...moves.flatMap(({ pages }) => pages.flat().flatMap((event) => movement(event))),
  ].filter(({ at }) => within(at, from, to));
  if (events.length > 0) return { known: true, events: inOrder(events, () => true, from, to) };
  const again = isPublic && now < to + lag.events ? to + lag.events : undefined;
  const gaps = new Set([
    ...unheard(repositoryEvents, published, ({ created_at }) => created_at, from),
    ...moves.flatMap((told) => unheard(activity, told, ({ timestamp }) => timestamp, from)),
  ]);
  return unknown(gaps.size === 0 ? withoutAudit(audit) : `${[...gaps].join('; ')}; and of the audit log: ${whySilent(audit)}`, again);
}

const nothing: Told<never[]> = { pages: [], whole: true, unread: null };

/** Why a repository did not tell all of the time since `from`; empty where it did. It tells the latest first. */
function unheard<T>(
  call: string,
  { pages, whole, unread }: Told<T[]>,
  at: (event: T) => string | null | undefined,
  from: number,
): string[] {
  if (unread) return [whySilent(unread)];
  if (whole || pages.flat().some((event) => Date.parse(at(event) ?? '') < from - margin.before)) return [];
  return [`${call} tells more events of that time than could be read`];
}

const publication = ({ id, type, created_at, actor }: z.infer<typeof RepositoryEvent>): ChangeEvent[] =>
  type === 'PublicEvent' && created_at
    ? [{ at: Date.parse(created_at), operation: 'made public', source: 'GitHub events', id, actor: personOf(actor?.login, 'not told') }]
    : [];

/** Pushes change nothing that is judged; a default branch that is made or deleted does. Asked for by kind, one page has all of them. */
const branchMoves = ['branch_creation', 'branch_deletion'];
const movement = ({ id, activity_type, timestamp, actor }: z.infer<typeof Activity>): ChangeEvent[] =>
  branchMoves.includes(activity_type)
    ? [
        {
          at: Date.parse(timestamp),
          operation: activity_type === 'branch_creation' ? 'default branch made' : 'default branch deleted',
          source: 'GitHub activity',
          id: String(id),
          actor: personOf(actor?.login, 'not told', actor?.type === 'Bot'),
        },
      ]
    : [];

const day = 24 * 60 * minute;
function periodOf(span: number): string {
  if (span < day) return 'day';
  if (span < 7 * day) return 'week';
  return span < 28 * day ? 'month' : span < 90 * day ? 'quarter' : 'year';
}
