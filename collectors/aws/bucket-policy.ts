import { z } from 'zod';

const words = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());

const Statement = z.looseObject({
  Effect: z.enum(['Allow', 'Deny']),
  Principal: z.union([z.literal('*').transform((): Record<string, string[]> => ({ AWS: ['*'] })), z.record(z.string(), words)]).optional(),
  Action: words.optional(),
  Resource: words.optional(),
  Condition: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
});

type Statement = z.infer<typeof Statement>;

/** The statements of a bucket policy, or null where the text is not one. */
export function parsePolicy(text: string): Statement[] | null {
  try {
    const { Statement: statements } = JSON.parse(text) as { Statement: unknown };
    return z.array(Statement).parse(Array.isArray(statements) ? statements : [statements]);
  } catch {
    return null;
  }
}

/**
 * Whether a policy is public, where that leaves no doubt: every grant names whom it is for, or one is for everyone without any condition.
 * Undefined otherwise: which conditions keep the public out is for the provider to say.
 */
export function isPlainlyPublic(statements: readonly Statement[]): boolean | undefined {
  const grants = statements.filter(({ Effect }) => Effect === 'Allow');
  if (grants.some(isForEveryone)) return true;
  return grants.every(namesWhom) ? false : undefined;
}

const isForEveryone = (statement: Statement): boolean =>
  statement.Principal?.AWS?.includes('*') === true &&
  Object.keys(statement.Condition ?? {}).length === 0 &&
  statement.Action !== undefined &&
  statement.Resource !== undefined;

const namesWhom = ({ Principal, NotPrincipal }: Statement): boolean =>
  NotPrincipal === undefined &&
  Principal !== undefined &&
  Object.values(Principal).length > 0 &&
  Object.values(Principal)
    .flat()
    .every((whom) => !whom.includes('*'));

/** Whether everyone is denied every action without TLS, on the bucket as on its objects, without any further condition. */
export function refusesPlainHttp(statements: readonly Statement[], arn: string): boolean {
  const denied = statements.filter(deniesPlainHttp).flatMap(({ Resource = [] }) => Resource);
  return denied.some((pattern) => covers(pattern, arn)) && denied.some((pattern) => covers(pattern, `${arn}/*`));
}

function deniesPlainHttp({ Effect, Principal, Action, Condition }: Statement): boolean {
  if (Effect !== 'Deny' || !Principal?.AWS?.includes('*')) return false;
  if (!Action?.some((action) => action === '*' || action.toLowerCase() === 's3:*')) return false;
  const conditions = Object.entries(Condition ?? {}).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, value]) => ({ operator, key: key.toLowerCase(), value: String(value) })),
  );
  return conditions.every(
    ({ operator, key, value }) => /^Bool(IfExists)?$/.test(operator) && key === 'aws:securetransport' && value === 'false',
  );
}

/** Whether everything that `resource` stands for is within `pattern`, whose only wildcard that is understood is one at its end. */
const covers = (pattern: string, resource: string): boolean =>
  pattern === resource || (pattern.endsWith('*') && !/[*?]/.test(pattern.slice(0, -1)) && resource.startsWith(pattern.slice(0, -1)));
