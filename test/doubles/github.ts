import { verify } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type Double, type Reply, startDouble } from './double.ts';

interface GithubRepository {
  readonly id: number;
  readonly name: string;
  readonly visibility?: 'public' | 'internal' | 'private';
  readonly archived?: boolean;
  readonly fork?: boolean;
  readonly empty?: boolean;
  readonly branch?: string;
  /** Classic protection as GitHub writes it. */
  readonly protection?: object;
  /** Ids of the rulesets that are active on the default branch. */
  readonly rulesets?: readonly number[];
  /** Protection costs extra: GitHub asks to upgrade. */
  readonly freePlan?: boolean;
  /** What GitHub answers besides. */
  readonly more?: object;
  /** As GitHub writes them, the latest first. */
  readonly activity?: readonly { readonly ref: string; readonly timestamp: string; readonly activity_type: string }[];
  readonly events?: readonly object[];
}

interface GithubRuleset {
  readonly id: number;
  readonly rules: readonly { readonly type: string; readonly parameters?: object }[];
  /** Left out where the caller may not write the ruleset. */
  readonly bypass_actors?: readonly object[];
}

interface GithubMember {
  readonly id: number;
  readonly login: string;
  readonly owner?: boolean;
  readonly bot?: boolean;
  readonly withoutTwoFactor?: boolean;
}

export interface GithubWorld {
  readonly organization: string;
  readonly id: number;
  readonly repositories: readonly GithubRepository[];
  readonly members: readonly GithubMember[];
  readonly outsiders?: readonly GithubMember[];
  readonly rulesets?: readonly GithubRuleset[];
  /** Settings of the organization that only owners are told. */
  readonly settings?: object;
  /** What a caller who is no owner is not told is left out. */
  readonly owner?: boolean;
  /** Only GitHub Enterprise Cloud has one. */
  readonly auditLog?: readonly { readonly '@timestamp': number }[];
  readonly token?: string;
  /** With it callers must be this App: its key, and on what it is installed. */
  readonly app?: {
    readonly id: number;
    readonly installation: number;
    readonly publicKey: string;
    readonly selection?: 'all' | 'selected';
    readonly total?: number;
  };
  /** Pages whose link leads past the page that follows. */
  readonly skipPages?: RegExp;
}

/** GitHub as far as the collectors ask it, driven by a world that is data. */
export function startGithub(world: GithubWorld): Promise<Double> {
  return startDouble('application/json; charset=utf-8', (request, url) => {
    const refused = authorize(world, request, url);
    const reply = refused ?? route(world, url, request.headers.host!);
    return {
      ...reply,
      headers: { 'x-github-request-id': `AAAA:${url.pathname.length}`, 'x-ratelimit-remaining': '4999', ...reply.headers },
    };
  });
}

export const refusals = {
  integration: {
    status: 403,
    headers: { 'x-accepted-github-permissions': 'administration=read' },
    body: { message: 'Resource not accessible by integration', documentation_url: 'https://docs.github.com/rest', status: '403' },
  },
  notFound: { status: 404, body: { message: 'Not Found', documentation_url: 'https://docs.github.com/rest', status: '404' } },
  branchNotProtected: {
    status: 404,
    body: { message: 'Branch not protected', documentation_url: 'https://docs.github.com/rest', status: '404' },
  },
  branchNotFound: { status: 404, body: { message: 'Branch not found', documentation_url: 'https://docs.github.com/rest', status: '404' } },
  upgrade: {
    status: 403,
    body: {
      message: 'Upgrade to GitHub Pro or make this repository public to enable this feature.',
      documentation_url: 'https://docs.github.com/rest',
      status: '403',
    },
  },
  badCredentials: { status: 401, body: { message: 'Bad credentials', documentation_url: 'https://docs.github.com/rest', status: '401' } },
  ownersOnly: {
    status: 422,
    body: {
      message: 'Validation Failed',
      errors: [{ resource: 'Organization', code: 'invalid', message: 'Only owners can use this filter.' }],
      documentation_url: 'https://docs.github.com/rest',
      status: '422',
    },
  },
  secondaryLimit: {
    status: 403,
    headers: { 'retry-after': '30' },
    body: { message: 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.' },
  },
  tooMany: { status: 429, headers: { 'retry-after': '7' }, body: { message: 'Too many requests' } },
  primaryLimit: (reset: number) => ({
    status: 403,
    headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(reset / 1000) },
    body: { message: 'API rate limit exceeded for installation ID 9.' },
  }),
  html: { body: '<html><body>Whoa there!</body></html>' },
  unicorn: { status: 502, body: '<html><body>Unicorn!</body></html>' },
} satisfies Record<string, Reply | ((reset: number) => Reply)>;

function authorize(world: GithubWorld, request: IncomingMessage, url: URL): Reply | null {
  const given = /^(?:token|bearer) (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (request.headers['x-github-api-version'] === undefined && request.method === 'GET')
    return { status: 400, body: { message: 'no version was asked for' } };
  if (!world.app) return given === (world.token ?? 'token') ? null : refusals.badCredentials;
  if (url.pathname !== `/app/installations/${world.app.installation}/access_tokens`)
    return given === 'ghs_installation' ? null : refusals.badCredentials;
  return isSignedBy(world.app, given ?? '')
    ? {
        status: 201,
        body: {
          token: 'ghs_installation',
          expires_at: '2099-01-01T00:00:00Z',
          permissions: { metadata: 'read' },
          repository_selection: 'all',
        },
      }
    : refusals.badCredentials;
}

function isSignedBy({ id, publicKey }: { id: number; publicKey: string }, token: string): boolean {
  const [head, body, signature] = token.split('.');
  if (!head || !body || !signature) return false;
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as { iss: number | string };
  return Number(claims.iss) === id && verify('sha256', Buffer.from(`${head}.${body}`), publicKey, Buffer.from(signature, 'base64url'));
}

function route(world: GithubWorld, url: URL, host: string): Reply {
  const [root, first, second, ...rest] = url.pathname.split('/').slice(1).map(decodeURIComponent);
  const list = (rows: readonly object[]) => paged(world, rows, url, host);
  if (url.pathname === '/installation/repositories') return installation(world, url);
  if (root === 'orgs' && first!.toLowerCase() === world.organization.toLowerCase()) {
    if (second === undefined) return { body: organization(world) };
    if (second === 'repos') return list(world.repositories.map((repository) => repositoryBody(world, repository)));
    if (second === 'audit-log') return world.auditLog ? list(audited(world.auditLog, url)) : refusals.notFound;
    if (second === 'members' || second === 'outside_collaborators')
      return people(world, second === 'members' ? world.members : (world.outsiders ?? []), url, list);
  }
  const repository = root === 'repos' && first === world.organization ? world.repositories.find(({ name }) => name === second) : undefined;
  if (repository && rest[0] === 'activity') return activityOf(repository, url, list);
  return repository ? ofRepository(world, repository, rest, list) : refusals.notFound;
}

function ofRepository(
  world: GithubWorld,
  repository: GithubRepository,
  [what, ...rest]: string[],
  list: (rows: readonly object[]) => Reply,
): Reply {
  const branch = repository.branch ?? 'main';
  if (what === 'contributors') return repository.empty ? { status: 204, body: null } : { body: [account({ id: 1, login: 'octavia' })] };
  if (what === 'events') return list(repository.events ?? []);
  if (repository.freePlan) return refusals.upgrade;
  if (what === 'rules' && rest[1] === branch) {
    const rulesets = (repository.rulesets ?? []).map((id) => world.rulesets!.find((ruleset) => ruleset.id === id)!);
    return list(
      rulesets.flatMap(({ id, rules }) =>
        rules.map((rule) => ({ ...rule, ruleset_source_type: 'Organization', ruleset_source: world.organization, ruleset_id: id })),
      ),
    );
  }
  if (what === 'branches' && rest[1] === 'protection') {
    if (repository.empty || rest[0] !== branch) return refusals.branchNotFound;
    return repository.protection ? { body: repository.protection } : refusals.branchNotProtected;
  }
  if (what === 'rulesets') {
    const ruleset = world.rulesets?.find(({ id }) => String(id) === rest[0]);
    return ruleset
      ? {
          body: {
            name: `ruleset ${ruleset.id}`,
            target: 'branch',
            source_type: 'Organization',
            source: world.organization,
            enforcement: 'active',
            ...ruleset,
          },
        }
      : refusals.notFound;
  }
  return refusals.notFound;
}

/** Between two instants, as the phrase asks. */
function audited(log: NonNullable<GithubWorld['auditLog']>, url: URL): readonly object[] {
  const [, from = '', to = ''] = /created:(\S+)\.\.(\S+)/.exec(url.searchParams.get('phrase') ?? '') ?? [];
  return log.filter((event) => event['@timestamp'] >= Date.parse(from) && event['@timestamp'] <= Date.parse(to));
}

const periods = ['day', 'week', 'month', 'quarter', 'year'];

function activityOf({ activity = [] }: GithubRepository, { searchParams }: URL, list: (rows: readonly object[]) => Reply): Reply {
  const [ref, period, type] = ['ref', 'time_period', 'activity_type'].map((name) => searchParams.get(name));
  if (typeof period === 'string' && !periods.includes(period)) return refusals.ownersOnly;
  return list(
    activity.filter(
      (each) => (ref === null || each.ref === ref || each.ref === `refs/heads/${ref}`) && (type === null || each.activity_type === type),
    ),
  );
}

function people(world: GithubWorld, everyone: readonly GithubMember[], url: URL, list: (rows: readonly object[]) => Reply): Reply {
  const filtered = url.searchParams.get('filter') === '2fa_disabled';
  if (filtered && world.owner === false) return refusals.ownersOnly;
  const role = url.searchParams.get('role');
  return list(
    everyone.filter(({ withoutTwoFactor, owner }) => (!filtered || withoutTwoFactor) && (role !== 'admin' || owner)).map(account),
  );
}

const account = ({ id, login, bot }: { id: number; login: string; bot?: boolean }) => ({
  id,
  login,
  node_id: `U_${id}`,
  type: bot ? 'Bot' : 'User',
  site_admin: false,
  url: `https://api.github.com/users/${login}`,
});

function organization({ organization: login, id, settings = {}, owner = true, repositories }: GithubWorld): object {
  const open = repositories.filter(({ visibility }) => visibility === 'public').length;
  const told = {
    total_private_repos: repositories.length - open,
    two_factor_requirement_enabled: true,
    default_repository_permission: 'read',
    members_can_create_public_repositories: false,
    members_can_delete_repositories: false,
    members_can_change_repo_visibility: false,
    ...settings,
  };
  return { id, login, node_id: `O_${id}`, name: 'Acme', type: 'Organization', public_repos: open, ...(owner ? told : {}) };
}

function repositoryBody(
  { organization }: GithubWorld,
  { id, name, visibility = 'private', archived = false, fork = false, empty, branch = 'main', more = {} }: GithubRepository,
): object {
  return {
    id,
    node_id: `R_${id}`,
    name,
    full_name: `${organization}/${name}`,
    private: visibility !== 'public',
    visibility,
    archived,
    fork,
    is_template: false,
    default_branch: branch,
    size: empty ? 0 : 120 + id,
    ...more,
  };
}

function installation(world: GithubWorld, url: URL): Reply {
  if (!world.app)
    return {
      status: 403,
      body: { message: 'You must authenticate with an installation access token in order to list repositories for an installation.' },
    };
  const rows = world.repositories.slice(0, Number(url.searchParams.get('per_page'))).map((repository) => repositoryBody(world, repository));
  return {
    body: {
      total_count: world.app.total ?? world.repositories.length,
      repository_selection: world.app.selection ?? 'all',
      repositories: rows,
    },
  };
}

function paged({ skipPages }: GithubWorld, rows: readonly object[], url: URL, host: string): Reply {
  const size = Number(url.searchParams.get('per_page') ?? 30);
  const page = Number(url.searchParams.get('page') ?? 1);
  const next = new URL(url.pathname + url.search, `http://${host}`);
  next.searchParams.set('page', String(page + (skipPages?.test(`${url.pathname} ${page}`) ? 2 : 1)));
  const more = page * size < rows.length;
  return {
    body: rows.slice((page - 1) * size, page * size),
    headers: more ? { link: `<${next.href}>; rel="next", <${next.href}>; rel="last"` } : {},
  };
}
