import { awsClient, awsFault } from '#src/aws.ts';

/** The ARN of a secret, and the field of it where it is a JSON object: `arn:…:secret:name-AbCdEf#password`. */
export const secretArn = /^(arn:aws[a-z-]*:secretsmanager:([a-z0-9-]+):\d{12}:secret:[A-Za-z0-9/_+=.@-]+)(?:#(\S+))?$/;

/** Why a secret was not given, in our words: nothing of the secret or of the provider's text is in it. */
export class SecretNotGiven extends Error {
  readonly mend: string;

  constructor(reason: string, mend: string, options: ErrorOptions = {}) {
    super(reason, options);
    this.mend = mend;
  }
}

/**
 * Reads one secret of AWS Secrets Manager with the credentials of the process, in the region of its ARN. An endpoint of the environment
 * (`AWS_ENDPOINT_URL_SECRETS_MANAGER`, `AWS_ENDPOINT_URL`) is honoured. Errors: SecretNotGiven.
 */
export async function secretInAws(reference: string): Promise<string> {
  const [, arn, region, field] = secretArn.exec(reference) ?? [];
  if (arn === undefined || region === undefined) throw new TypeError('not the ARN of a secret');
  // Loaded only where it is used: most installations name no such secret.
  const { GetSecretValueCommand, SecretsManagerClient } = await import('@aws-sdk/client-secrets-manager');
  const client = new SecretsManagerClient(awsClient({ region }));
  try {
    const { SecretString, SecretBinary } = await client.send(new GetSecretValueCommand({ SecretId: arn }));
    const text = SecretString ?? (SecretBinary === undefined ? '' : Buffer.from(SecretBinary).toString('utf8'));
    return field === undefined ? text : fieldOf(text, field);
  } catch (cause) {
    if (cause instanceof SecretNotGiven) throw cause;
    const { reason, code } = awsFault(cause);
    throw new SecretNotGiven(`AWS Secrets Manager did not give it (${code || reason})`, mends[reason] ?? mends.denied!, { cause });
  } finally {
    client.destroy();
  }
}

const mends: Readonly<Record<string, string>> = {
  denied: 'Allow what `holdfast policy aws` names for this secret, and see that it exists.',
  'credential-rejected': 'Give the process credentials of AWS that are valid: a task role, an instance profile or a profile.',
  throttled: 'Try again in a minute.',
  unavailable: 'See that AWS Secrets Manager can be reached from here (a VPC endpoint, a proxy), and try again.',
};

function fieldOf(text: string, field: string): string {
  let whole: unknown;
  try {
    whole = JSON.parse(text);
  } catch {
    throw new SecretNotGiven('it is no JSON object, and a field of it is named', 'Leave the # and what follows out.');
  }
  const value =
    typeof whole === 'object' && whole !== null && Object.hasOwn(whole, field) ? (whole as Record<string, unknown>)[field] : undefined;
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  throw new SecretNotGiven('it has no such field with a text', 'Name a field of the JSON object after the #.');
}
