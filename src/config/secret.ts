import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { inspect } from 'node:util';
import { HoldfastError } from '#src/errors.ts';
import { learnSecret } from '#src/redaction.ts';
import { SecretNotGiven, secretArn, secretInAws } from './secrets-manager.ts';

/** A secret by reference: where it is kept, never what it is. Printing one in any way shows the reference. */
export interface Secret {
  /** As written: `${env:NAME}`, `${file:/path}` or `${aws-sm:arn}`, the ARN with `#field` where the secret is a JSON object. */
  readonly ref: string;
  /** The absolute path of a secret that is a file. */
  readonly file?: string;
  /** Reads it anew each time, so that a rotated secret is picked up. Throws SECRET_NOT_RESOLVED. */
  resolve(): Promise<string>;
  toJSON(): string;
  toString(): string;
}

/** Where secrets are looked up. */
export interface SecretSources {
  /** Relative paths start here. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Reads a secret from AWS Secrets Manager by its ARN; in place of asking AWS. */
  readonly secretsManager?: ((arn: string) => Promise<string>) | undefined;
}

type Reference = { readonly scheme: 'env' | 'file' | 'aws-sm'; readonly name: string };
type ReferenceFault = 'literal' | 'unknown-scheme' | 'no-name' | 'bad-name';

/** Takes a reference apart, or says what is wrong with it without repeating it. */
export function parseReference(text: string): Reference | ReferenceFault {
  const match = /^\$\{([^:{}]*)(?::([^{}]*))?\}$/.exec(text);
  if (match === null) return 'literal';
  const [, scheme = '', name = ''] = match;
  if (scheme !== 'env' && scheme !== 'file' && scheme !== 'aws-sm') return 'unknown-scheme';
  if (name.trim() === '') return 'no-name';
  return nameFits[scheme].test(name) ? { scheme, name } : 'bad-name';
}

const nameFits = {
  env: /^[A-Za-z_][A-Za-z0-9_]*$/,
  file: /^\S(?:.*\S)?$/,
  'aws-sm': secretArn,
};

/**
 * The secret behind a reference that `parseReference` accepts. `where` is told when it cannot be resolved: file, line and field. What others
 * tell too, as AWS does with external ids, is not kept from being said.
 */
export function secretOf(ref: string, where: string, sources: SecretSources, { told = false } = {}): Secret {
  const reference = parseReference(ref);
  if (typeof reference === 'string') throw new TypeError(`not a reference to a secret: ${reference}`);
  const secret: Secret = {
    ref,
    ...(reference.scheme === 'file' && { file: path.resolve(sources.folder, reference.name) }),
    resolve: async () => {
      const value = await lookUp[reference.scheme](reference.name, sources, unresolved);
      if (value === '') throw unresolved('it is empty', emptyMend[reference.scheme]);
      if (!told) learnSecret(value);
      return value;
    },
    toJSON: () => ref,
    toString: () => ref,
  };
  Object.defineProperty(secret, inspect.custom, { value: () => ref, enumerable: false });
  return Object.freeze(secret);

  function unresolved(reason: string, mend: string, cause?: unknown): HoldfastError {
    return new HoldfastError('SECRET_NOT_RESOLVED', { reference: ref, where, reason, mend }, cause === undefined ? {} : { cause });
  }
}

type Unresolved = (reason: string, mend: string, cause?: unknown) => HoldfastError;

const emptyMend = {
  env: 'Give the variable its value before Holdfast starts.',
  file: 'Put the secret into the file.',
  'aws-sm': 'Put the secret into Secrets Manager.',
};

const lookUp: Record<Reference['scheme'], (name: string, sources: SecretSources, unresolved: Unresolved) => Promise<string>> = {
  async env(name, { env }, unresolved) {
    const value = env[name];
    if (value === undefined) throw unresolved(`the environment variable ${name} is not set`, `Set ${name} before Holdfast starts.`);
    return value.trim();
  },

  async file(name, { folder }, unresolved) {
    const file = path.resolve(folder, name);
    try {
      const text = await readFile(file, 'utf8');
      if (text.length > 65_536) throw unresolved(`${file} is too large to be a secret`, 'Name the file that holds the secret alone.');
      return text.trim();
    } catch (cause) {
      if (cause instanceof HoldfastError) throw cause;
      const { code } = cause as NodeJS.ErrnoException;
      if (code === 'ENOENT') throw unresolved(`there is no file ${file}`, 'Put the secret there, or name its path.', cause);
      throw unresolved(`${file} cannot be read (${code})`, 'Let the user that runs Holdfast, and nobody else, read the file.', cause);
    }
  },

  async 'aws-sm'(arn, { secretsManager = secretInAws }, unresolved) {
    try {
      return (await secretsManager(arn)).trim();
    } catch (cause) {
      if (cause instanceof SecretNotGiven) throw unresolved(cause.message, cause.mend, cause);
      const reason = Error.isError(cause) ? cause.name : 'unknown fault';
      throw unresolved(`AWS Secrets Manager did not give it (${reason})`, 'Allow secretsmanager:GetSecretValue on this one secret.', cause);
    }
  },
};
