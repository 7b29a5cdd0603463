interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: readonly string[];
  readonly Resource?: string | readonly string[];
  readonly NotResource?: readonly string[];
  readonly Condition?: {
    readonly StringEquals?: Readonly<Record<string, string | readonly string[]>>;
    readonly StringNotEquals?: Readonly<Record<string, string | readonly string[]>>;
  };
}
export interface Policy {
  readonly Statement: readonly Statement[];
}

/** What IAM says to a request, as far as these policies go: a denial wins, and without an allowance there is none. */
export function verdictOf(
  { Statement }: Policy,
  action: string,
  resource: string,
  context: Readonly<Record<string, string>> = {},
): 'allow' | 'deny' | 'none' {
  const effects = new Set(
    Statement.filter(
      (each) =>
        each.Action.includes(action) &&
        (each.NotResource
          ? !each.NotResource.some((pattern) => fits(pattern, resource))
          : [each.Resource ?? []].flat().some((pattern) => fits(pattern, resource))) &&
        Object.entries(each.Condition?.StringEquals ?? {}).every(([key, value]) => [value].flat().includes(context[key] ?? '')) &&
        Object.entries(each.Condition?.StringNotEquals ?? {}).every(([key, value]) => ![value].flat().includes(context[key] ?? '')),
    ).map(({ Effect }) => Effect),
  );
  if (effects.has('Deny')) return 'deny';
  return effects.has('Allow') ? 'allow' : 'none';
}

const fits = (pattern: string, resource: string): boolean =>
  new RegExp(
    `^${pattern
      .split('*')
      .map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`))
      .join('.*')}$`,
  ).test(resource);
