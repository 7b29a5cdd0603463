import { type Double, type Reply, startDouble } from './double.ts';

type Resource = { readonly id: string; readonly members?: readonly object[] } & Readonly<Record<string, unknown>>;

export interface ScimWorld {
  readonly users: readonly Resource[];
  readonly groups: readonly Resource[];
  readonly token?: string;
  /** The most that one page holds, whatever is asked for. */
  readonly cap?: number;
  /** What the service claims to have in all, whatever it has. */
  readonly claims?: number;
  readonly ignoresStartIndex?: boolean;
  /** Lists leave `members` out; the group alone shows them. */
  readonly membersApart?: boolean;
  /** Members are never shown. */
  readonly membersHidden?: boolean;
}

/** A SCIM service with the quirks that services in the field have. */
export function startScim(world: ScimWorld): Promise<Double> {
  return startDouble('application/scim+json', (request, url) => {
    if (request.headers.authorization !== `Bearer ${world.token ?? 'token'}`) return scimError(401, 'Authorization failure');
    const [kind, id] = url.pathname.split('/').slice(-2);
    if (url.pathname.endsWith('/ServiceProviderConfig'))
      return { body: { schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'], patch: { supported: true } } };
    if (url.pathname.endsWith('/Users')) return list(world, world.users, url);
    if (url.pathname.endsWith('/Groups'))
      return list(
        world,
        world.groups.map((group) => (world.membersApart || world.membersHidden ? bare(group) : group)),
        url,
      );
    const group = kind === 'Groups' ? world.groups.find((candidate) => candidate.id === decodeURIComponent(id!)) : undefined;
    return group ? { body: world.membersHidden ? bare(group) : group } : scimError(404, `Resource ${id} not found`);
  });
}

export function scimError(status: number, detail: string, headers: Record<string, string> = {}): Reply {
  return { status, headers, body: { schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: String(status), detail } };
}

const bare = (group: Resource) => Object.fromEntries(Object.entries(group).filter(([name]) => name !== 'members'));

function list({ cap = 100, claims, ignoresStartIndex }: ScimWorld, rows: readonly object[], url: URL): Reply {
  const start = url.searchParams.get('startIndex');
  const count = url.searchParams.get('count');
  // As services do that give nothing to whoever does not say how much.
  const Resources =
    start === null || count === null ? [] : rows.slice(ignoresStartIndex ? 0 : Number(start) - 1).slice(0, Math.min(cap, Number(count)));
  return {
    body: {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
      totalResults: claims ?? rows.length,
      startIndex: Number(start ?? 1),
      itemsPerPage: Resources.length,
      Resources,
    },
  };
}
