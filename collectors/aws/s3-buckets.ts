import { z } from 'zod';
import { type Api, defineCollector, isUnread, mapConcurrently, type Place, type Reply, type Unread } from '#collector';
import { awsS3Bucket, type PublicAccessBlock } from '#populations/aws-s3-bucket';
import { isPlainlyPublic, parsePolicy, refusesPlainHttp } from './bucket-policy.ts';

const Block = z.object({
  PublicAccessBlockConfiguration: z.object({
    BlockPublicAcls: z.boolean(),
    BlockPublicPolicy: z.boolean(),
    IgnorePublicAcls: z.boolean(),
    RestrictPublicBuckets: z.boolean(),
  }),
});

/** The address tells everyone and any AWS account from others; who else has a grant is not kept. */
const Acl = z.object({ Grants: z.array(z.object({ Grantee: z.object({ URI: z.string().optional() }), Permission: z.string() })) });

const Encryption = z.object({
  ServerSideEncryptionConfiguration: z.object({
    Rules: z.array(
      z.object({
        ApplyServerSideEncryptionByDefault: z.object({ SSEAlgorithm: z.string(), KMSMasterKeyID: z.string().optional() }).optional(),
      }),
    ),
  }),
});

// The creation date is no part of what identifies a bucket: S3 moves it when the bucket is changed.
const Buckets = z.object({ Buckets: z.array(z.object({ Name: z.string(), BucketRegion: z.string().optional() })) });

const reads = {
  's3:ListBuckets': { needs: 's3:ListAllMyBuckets', reply: Buckets },
  's3:GetBucketLocation': { needs: 's3:GetBucketLocation', reply: z.object({ LocationConstraint: z.string().optional() }) },
  's3control:GetPublicAccessBlock': {
    needs: 's3:GetAccountPublicAccessBlock',
    reply: Block,
    absent: ['NoSuchPublicAccessBlockConfiguration'],
  },
  's3:GetPublicAccessBlock': { needs: 's3:GetBucketPublicAccessBlock', reply: Block, absent: ['NoSuchPublicAccessBlockConfiguration'] },
  's3:GetBucketPolicyStatus': {
    needs: 's3:GetBucketPolicyStatus',
    reply: z.object({ PolicyStatus: z.object({ IsPublic: z.boolean() }) }),
    absent: ['NoSuchBucketPolicy'],
  },
  's3:GetBucketPolicy': { needs: 's3:GetBucketPolicy', reply: z.object({ Policy: z.string() }), absent: ['NoSuchBucketPolicy'] },
  's3:GetBucketAcl': { needs: 's3:GetBucketAcl', reply: Acl },
  's3:GetBucketOwnershipControls': {
    needs: 's3:GetBucketOwnershipControls',
    reply: z.object({ OwnershipControls: z.object({ Rules: z.array(z.object({ ObjectOwnership: z.string() })).min(1) }) }),
    absent: ['OwnershipControlsNotFoundError'],
  },
  's3:GetBucketEncryption': {
    needs: 's3:GetEncryptionConfiguration',
    reply: Encryption,
    absent: ['ServerSideEncryptionConfigurationNotFoundError'],
  },
  // An empty answer is the documented one of a bucket whose versioning was never set.
  's3:GetBucketVersioning': { needs: 's3:GetBucketVersioning', reply: z.object({ Status: z.enum(['Enabled', 'Suspended']).optional() }) },
} as const;

export default defineCollector(awsS3Bucket, {
  id: 'aws-s3-buckets',
  title: 'Buckets: public access, encryption, versions and transport',
  every: '6h',
  per: 'account',
  reads,
  limits: 'Access points and the access lists of single objects are not read. Directory and table buckets are not listed.',
  async *collect(api, place) {
    const names: z.infer<typeof Buckets>['Buckets'] = [];
    for await (const { Buckets } of api.pages('s3:ListBuckets', {})) names.push(...Buckets);
    if (names.length === 0) return;
    const accountBlock = blockIn(await api.get('s3control:GetPublicAccessBlock', { AccountId: place.account }));
    yield* mapConcurrently(names, 8, ({ Name, BucketRegion }) => bucket(api, place, Name, BucketRegion, accountBlock));
  },
});

async function bucket(
  api: Api<typeof reads>,
  place: Place,
  Bucket: string,
  listedRegion: string | undefined,
  accountBlock: PublicAccessBlock | null | Unread,
) {
  const region = listedRegion ?? regionIn(await api.get('s3:GetBucketLocation', { Bucket }));
  const at = { Bucket, ...(!isUnread(region) && { $region: region }) };
  const [block, status, policy, acl, controls, encryption, versioning] = await Promise.all([
    api.get('s3:GetPublicAccessBlock', at),
    api.get('s3:GetBucketPolicyStatus', at),
    api.get('s3:GetBucketPolicy', at),
    api.get('s3:GetBucketAcl', at),
    api.get('s3:GetBucketOwnershipControls', at),
    api.get('s3:GetBucketEncryption', at),
    api.get('s3:GetBucketVersioning', at),
  ]);

  const arn = `arn:${place.partition ?? 'aws'}:s3:::${Bucket}`;
  const bucketBlock = blockIn(block);
  const text = policy.ok ? (policy.value?.Policy ?? null) : policy.unread;
  const statements =
    isUnread(text) || text === null
      ? text
      : (parsePolicy(text) ?? api.unread('s3:GetBucketPolicy', 'malformed', `the policy of ${Bucket} cannot be understood`));
  // The provider's own word on the policy counts. Without it, only a policy that leaves no doubt is read by ourselves.
  const policyIsPublic = status.ok ? (status.value?.PolicyStatus.IsPublic ?? false) : status.unread;
  const grantedByPolicy =
    isUnread(policyIsPublic) && !isUnread(statements) ? (isPlainlyPublic(statements ?? []) ?? policyIsPublic) : policyIsPublic;
  const aclPublicGrants = acl.ok ? publicGrantsIn(acl.value) : acl.unread;
  const ownership = controls.ok ? (controls.value?.OwnershipControls.Rules[0]?.ObjectOwnership ?? null) : controls.unread;
  const rule = encryption.ok
    ? (encryption.value?.ServerSideEncryptionConfiguration.Rules[0]?.ApplyServerSideEncryptionByDefault ?? null)
    : encryption.unread;

  return {
    key: arn,
    name: Bucket,
    region,
    accountBlock,
    bucketBlock,
    policyIsPublic,
    aclPublicGrants,
    ownership,
    publicByPolicy: leftOf(grantedByPolicy, false, [either(accountBlock, bucketBlock, 'restrictPublicBuckets')]),
    publicByAcl: leftOf(
      aclPublicGrants,
      [],
      [either(accountBlock, bucketBlock, 'ignorePublicAcls'), isUnread(ownership) ? ownership : ownership === 'BucketOwnerEnforced'],
    ),
    refusesPlainHttp: isUnread(statements) ? statements : statements !== null && refusesPlainHttp(statements, arn),
    encryption: isUnread(rule) ? rule : (rule?.SSEAlgorithm ?? null),
    kmsKeyId: isUnread(rule) ? rule : rule?.KMSMasterKeyID || null,
    versioning: versioning.ok
      ? (({ Enabled: 'enabled', Suspended: 'suspended' } as const)[versioning.value.Status!] ?? ('never' as const))
      : versioning.unread,
  };
}

/**
 * What is left of a public grant. Nothing granted, or one thing known to take it away, settles it whatever else could not be read;
 * a grant is called public only when all that could take it away was read and does not. Everything between is unread.
 */
function leftOf<T extends boolean | string[]>(granted: T | Unread, nothing: T, taken: readonly (boolean | Unread)[]): T | Unread {
  if (taken.includes(true)) return nothing;
  if (isUnread(granted)) return granted;
  if (granted === false || (Array.isArray(granted) && granted.length === 0)) return nothing;
  return taken.find(isUnread) ?? granted;
}

/** A switch is on where either block has it on; it is known to be off only where both were read. */
function either(
  account: PublicAccessBlock | null | Unread,
  own: PublicAccessBlock | null | Unread,
  flag: keyof PublicAccessBlock,
): boolean | Unread {
  const flags = [account, own].map((block) => (isUnread(block) ? block : (block?.[flag] ?? false)));
  return flags.includes(true) || (flags.find(isUnread) ?? false);
}

function blockIn(reply: Reply<z.infer<typeof Block> | null>): PublicAccessBlock | null | Unread {
  if (!reply.ok) return reply.unread;
  if (reply.value === null) return null;
  const { BlockPublicAcls, BlockPublicPolicy, IgnorePublicAcls, RestrictPublicBuckets } = reply.value.PublicAccessBlockConfiguration;
  return {
    blockPublicAcls: BlockPublicAcls,
    blockPublicPolicy: BlockPublicPolicy,
    ignorePublicAcls: IgnorePublicAcls,
    restrictPublicBuckets: RestrictPublicBuckets,
  };
}

const publicGroups = /\/groups\/global\/(AllUsers|AuthenticatedUsers)$/;

const publicGrantsIn = ({ Grants }: z.infer<typeof Acl>): string[] =>
  Grants.flatMap(({ Grantee, Permission }) => {
    const group = publicGroups.exec(Grantee.URI ?? '')?.[1];
    return group === undefined ? [] : `${group} ${Permission}`;
  }).toSorted();

/** No constraint is us-east-1, `EU` is eu-west-1: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html */
function regionIn(reply: Reply<{ LocationConstraint?: string | undefined }>): string | Unread {
  if (!reply.ok) return reply.unread;
  const { LocationConstraint } = reply.value;
  return LocationConstraint === 'EU' ? 'eu-west-1' : LocationConstraint || 'us-east-1';
}
