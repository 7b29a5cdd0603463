import type { Place } from '#src/collector.ts';

type Declared = { readonly is: 'in' } | { readonly is: 'out'; readonly reason: string } | { readonly is: 'unclassified' };

/** What the company declares of places: `aws:123456789012/eu-central-1`, `github:acme/api`. */
export interface ScopeDeclaration {
  of(label: string): Declared;
}

/** How a place is named in a scope declaration. */
export function labelOf(provider: string, { account, region }: Place): string {
  return region === 'global' ? `${provider}:${account}` : `${provider}:${account}/${region}`;
}

/**
 * Reads `scope` of the configuration. In a pattern `*` stands for anything. `out` wins over `in`; an account declared as a whole
 * (`aws:123456789012`) covers its regions, an organization its repositories, unless a pattern names them more closely.
 */
export function scopeDeclaration({
  in: within = [],
  out = [],
}: {
  in?: readonly string[];
  out?: readonly { match: string; reason: string }[];
}): ScopeDeclaration {
  const inside = within.map(matcher);
  const outside = out.map(({ match, reason }) => ({ matches: matcher(match), reason }));
  return {
    of(label) {
      const parent = label.split('/')[0]!;
      const excluded = outside.find(({ matches }) => matches(label) || matches(parent));
      if (excluded) return { is: 'out', reason: excluded.reason };
      return inside.some((matches) => matches(label) || matches(parent)) ? { is: 'in' } : { is: 'unclassified' };
    },
  };
}

function matcher(pattern: string): (label: string) => boolean {
  const expression = new RegExp(
    `^${pattern
      .split('*')
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
  );
  return (label) => expression.test(label);
}
