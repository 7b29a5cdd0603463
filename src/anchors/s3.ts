import { createHash } from 'node:crypto';
import type { ListObjectVersionsCommandOutput } from '@aws-sdk/client-s3';
import { awsClient, awsFault, endpointInEnvironment } from '#src/aws.ts';
import { type Anchor, AnchorFault, type Checkpoint, OtherCheckpoint, sameText } from './anchor.ts';

export interface S3Settings {
  readonly name: string;
  readonly every: number;
  readonly origin: string;
  readonly bucket: string;
  /** Before the origin in the keys: empty, or with a slash at its end. */
  readonly prefix: string;
  readonly region: string;
  /** For how long nobody, the owner of the account included, may delete what was put there. Days. */
  readonly retainDays: number;
  readonly endpoint?: string;
  /** Epoch ms. */
  readonly now: () => number;
}

/**
 * A bucket with Object Lock: an object for each checkpoint, under its size, locked in compliance mode. A delete marker hides nothing, for all
 * versions are looked at; of several under one key the oldest counts.
 */
export function s3Anchor({ name, every, origin, bucket, prefix, region, retainDays, endpoint, now }: S3Settings): Anchor {
  const folder = `${prefix}${origin}/`;
  const keyOf = (size: number): string => folder + String(size).padStart(20, '0');
  const client = once(async () => {
    const sdk = await import('@aws-sdk/client-s3');
    const forcePathStyle = (endpoint ?? endpointInEnvironment('S3')) !== undefined;
    return { sdk, s3: new sdk.S3Client({ ...awsClient({ region, ...(endpoint !== undefined && { endpoint }) }), forcePathStyle }) };
  });

  const locked = once(async () => {
    const { sdk, s3 } = await client();
    const told = await s3.send(new sdk.GetObjectLockConfigurationCommand({ Bucket: bucket })).catch((cause: unknown) => {
      if (awsFault(cause).code === 'ObjectLockConfigurationNotFoundError') return null;
      throw cause;
    });
    if (told?.ObjectLockConfiguration?.ObjectLockEnabled !== 'Enabled')
      throw new AnchorFault(`the bucket ${bucket} has no Object Lock, so what is put there can be deleted`, {
        mend: 'Enable Object Lock on the bucket, or name one that has it.',
      });
  });

  const read = async (key: string, version: string | undefined) => {
    const { sdk, s3 } = await client();
    const object = await s3.send(
      new sdk.GetObjectCommand({ Bucket: bucket, Key: key, ...(version !== undefined && { VersionId: version }) }),
    );
    return { note: (await object.Body?.transformToString()) ?? '', mode: object.ObjectLockMode, until: object.ObjectLockRetainUntilDate };
  };

  /** The versions of our keys that begin like this, by key and then from the oldest. */
  const versions = async (beginning: string) => {
    const { sdk, s3 } = await client();
    const found: { key: string; version: string | undefined; at: number; etag: string | undefined }[] = [];
    for (let at: { KeyMarker?: string; VersionIdMarker?: string } | null = {}; at !== null; ) {
      const page: ListObjectVersionsCommandOutput = await s3.send(
        new sdk.ListObjectVersionsCommand({ Bucket: bucket, Prefix: beginning, ...at }),
      );
      for (const { Key = '', VersionId, LastModified, ETag } of page.Versions ?? [])
        if (/^\d{20}$/.test(Key.slice(folder.length)))
          found.push({ key: Key, version: VersionId, at: LastModified?.getTime() ?? 0, etag: ETag });
      if (page.IsTruncated && page.NextKeyMarker === undefined) throw new AnchorFault(`the list of ${bucket} breaks off`);
      at = page.IsTruncated
        ? { KeyMarker: page.NextKeyMarker!, ...(page.NextVersionIdMarker !== undefined && { VersionIdMarker: page.NextVersionIdMarker }) }
        : null;
    }
    // Listed from the newest; their times are in whole seconds, so that the order of the list decides between two of one second.
    return found.reverse().toSorted((a, b) => (a.key === b.key ? a.at - b.at : a.key < b.key ? -1 : 1));
  };

  /** Puts an object where there is none; one that is there stays as it is. */
  const put = async (key: string, note: string): Promise<void> => {
    const { sdk, s3 } = await client();
    try {
      await s3.send(
        new sdk.PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: note,
          ContentType: 'text/plain; charset=utf-8',
          IfNoneMatch: '*',
          ChecksumAlgorithm: 'SHA256',
          ChecksumSHA256: createHash('sha256').update(note).digest('base64'),
          ObjectLockMode: 'COMPLIANCE',
          ObjectLockRetainUntilDate: new Date(now() + retainDays * 86_400_000),
        }),
      );
    } catch (cause) {
      if (awsFault(cause).status !== 412) throw cause;
    }
  };

  return {
    name,
    kind: 's3',
    every,
    latest: () =>
      told(async () => {
        const found = await versions(folder);
        const largest = found.at(-1)?.key;
        const oldest = found.find(({ key }) => key === largest);
        return oldest ? (await read(oldest.key, oldest.version)).note : null;
      }),
    publish: ({ size, note }: Checkpoint) =>
      told(async () => {
        await locked();
        const key = keyOf(size);
        await put(key, note);
        const [kept] = await versions(key);
        if (!kept) throw new AnchorFault(`${key} was put, and is not there`);
        const { note: found, mode, until } = await read(key, kept.version);
        if (!sameText(found, note)) throw new OtherCheckpoint(`${key} is another checkpoint`, { note: found, size });
        if (mode !== 'COMPLIANCE' || until === undefined) throw new AnchorFault(`${key} is there, and not locked in compliance mode`);
        const receipt = { bucket, key, versionId: kept.version ?? null, etag: kept.etag ?? null, retainUntil: until.toISOString() };
        return { receipt: Buffer.from(JSON.stringify(receipt)) };
      }),
    check: () =>
      told(async () => {
        await locked();
        const found = await versions(folder);
        return `the bucket has Object Lock, and keeps ${found.length} checkpoints of this ledger`;
      }),
  };
}

/** Asks until it is answered, and then no more. */
function once<T>(act: () => Promise<T>): () => Promise<T> {
  let held: Promise<T> | undefined;
  return () => {
    held ??= act().catch((error: unknown) => {
      held = undefined;
      throw error;
    });
    return held;
  };
}

async function told<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    if (cause instanceof AnchorFault) throw cause;
    const { message, reason } = awsFault(cause);
    const mend = reason === 'denied' ? 'Grant what `holdfast policy aws` names for the bucket.' : '';
    throw new AnchorFault(message, { mend, cause });
  }
}
