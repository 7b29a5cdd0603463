import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { CallFailure } from '#collector';
import { type OperationName, partsOf, type Service } from './operations.ts';

/** An answer on the wire, before the SDK reads it. */
export interface WireAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  body?: unknown;
}

/**
 * Refuses a 200 that AWS did not write: a proxy's page, an empty body, an error in disguise. The SDK reads those as an empty answer, which
 * in S3 means "not set". Gives the body back as a stream to read again.
 */
export async function proveAnswer(operation: OperationName, answer: WireAnswer): Promise<void> {
  if (answer.statusCode < 200 || answer.statusCode >= 300) return;
  const bytes = await buffer(answer.body as Readable);
  const flaw = flawIn(operation, bytes.toString('utf8', 0, 4096));
  if (flaw === null) {
    answer.body = Readable.from([bytes]);
    return;
  }
  const requestId = answer.headers['x-amzn-requestid'] ?? answer.headers['x-amz-request-id'] ?? '';
  throw new CallFailure('malformed', { status: answer.statusCode, requestId, detail: `HTTP ${answer.statusCode} with ${flaw}` });
}

function flawIn(operation: OperationName, text: string): string | null {
  const wanted = rootOf(operation);
  const root = text.trimStart().startsWith('{')
    ? 'JSON'
    : (/^\uFEFF?\s*(?:<\?xml[^>]*>\s*)?(?:<!--[^]*?-->\s*)*<([\w:.-]+)/.exec(text)?.[1] ?? 'other text');
  // Doubles of S3 name some answers after the operation.
  if (root === wanted || root === `${operation.slice(operation.indexOf(':') + 1)}Response`) return null;
  return text.trim() === '' ? 'an empty body' : `${root.slice(0, 40)} where ${wanted} belongs`;
}

/** What the answer consists of: JSON, or an XML element. */
function rootOf(operation: OperationName): string {
  const { service, command } = partsOf(operation);
  if (operation in roots) return roots[operation as keyof typeof roots];
  return inXml.has(service) ? `${command.replace(/Command$/, '')}Response` : 'JSON';
}

const inXml: ReadonlySet<Service> = new Set<Service>(['ec2', 'iam', 'rds', 'sts']);

const roots = {
  's3:ListBuckets': 'ListAllMyBucketsResult',
  's3:GetPublicAccessBlock': 'PublicAccessBlockConfiguration',
  's3:GetBucketPolicyStatus': 'PolicyStatus',
  's3:GetBucketPolicy': 'JSON',
  's3:GetBucketAcl': 'AccessControlPolicy',
  's3:GetBucketOwnershipControls': 'OwnershipControls',
  's3:GetBucketEncryption': 'ServerSideEncryptionConfiguration',
  's3:GetBucketVersioning': 'VersioningConfiguration',
  's3:GetBucketLogging': 'BucketLoggingStatus',
  's3:GetBucketTagging': 'Tagging',
  's3:GetBucketLocation': 'LocationConstraint',
  's3control:GetPublicAccessBlock': 'PublicAccessBlockConfiguration',
} as const satisfies Record<Extract<OperationName, `${'s3' | 's3control'}:${string}`>, string>;
