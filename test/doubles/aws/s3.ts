import { AwsError, type Operation, type Told } from './calls.ts';
import type { Bucket } from './world.ts';
import { type Node, xml } from './xml.ts';

/** S3 and S3 Control: REST with XML. By the word in the query that names the setting. */
export const settings: Readonly<Record<string, string>> = {
  location: 'GetBucketLocation',
  publicAccessBlock: 'GetPublicAccessBlock',
  policyStatus: 'GetBucketPolicyStatus',
  policy: 'GetBucketPolicy',
  acl: 'GetBucketAcl',
  ownershipControls: 'GetBucketOwnershipControls',
  encryption: 'GetBucketEncryption',
  versioning: 'GetBucketVersioning',
};

const namespace = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';
const document = (root: string, node: Node): string => `<?xml version="1.0" encoding="UTF-8"?>\n${xml(`${root} ${namespace}`, node)}`;

export const s3: Readonly<Record<string, Operation>> = {
  ListBuckets: (told) => {
    const { part, next } = told.paged(told.here.buckets);
    const Bucket = part.map(({ name, region, regionUntold }) => ({
      Name: name,
      CreationDate: new Date('2025-01-01T00:00:00Z'),
      BucketRegion: regionUntold ? undefined : region,
    }));
    return document('ListAllMyBucketsResult', { Owner: { ID: 'f'.repeat(12) }, Buckets: { Bucket }, ContinuationToken: next });
  },
  GetBucketLocation: (told) => {
    const { region } = anywhere(told);
    return `<?xml version="1.0" encoding="UTF-8"?>\n<LocationConstraint ${namespace}>${region === 'us-east-1' ? '' : region}</LocationConstraint>`;
  },
  GetPublicAccessBlock: (told) =>
    document(
      'PublicAccessBlockConfiguration',
      (bucketOf(told).publicAccessBlock ?? missing('NoSuchPublicAccessBlockConfiguration')) as Node,
    ),
  GetBucketPolicyStatus: (told) =>
    document('PolicyStatus', { IsPublic: (bucketOf(told).policy ?? missing('NoSuchBucketPolicy')).isPublic }),
  GetBucketPolicy: (told) => (bucketOf(told).policy ?? missing('NoSuchBucketPolicy')).text,
  GetBucketAcl: (told) => {
    const group = (uri: string): string =>
      `<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group"><URI>${uri}</URI></Grantee>`;
    const owner =
      '<Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>ffffffffffff</ID></Grantee><Permission>FULL_CONTROL</Permission></Grant>';
    const grants = (bucketOf(told).grants ?? []).map(
      ({ uri, permission }) => `<Grant>${group(uri)}<Permission>${permission}</Permission></Grant>`,
    );
    return `<?xml version="1.0" encoding="UTF-8"?>\n<AccessControlPolicy ${namespace}><Owner><ID>ffffffffffff</ID></Owner><AccessControlList>${owner}${grants.join('')}</AccessControlList></AccessControlPolicy>`;
  },
  GetBucketOwnershipControls: (told) =>
    document('OwnershipControls', { Rule: { ObjectOwnership: bucketOf(told).ownership ?? missing('OwnershipControlsNotFoundError') } }),
  GetBucketEncryption: (told) => {
    const { algorithm, key } = bucketOf(told).encryption ?? missing('ServerSideEncryptionConfigurationNotFoundError');
    return document('ServerSideEncryptionConfiguration', {
      Rule: { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: algorithm, KMSMasterKeyID: key }, BucketKeyEnabled: true },
    });
  },
  GetBucketVersioning: (told) => document('VersioningConfiguration', { Status: bucketOf(told).versioning }),
};

export const s3control: Readonly<Record<string, Operation>> = {
  GetPublicAccessBlock: (told) => {
    if (told.text('x-amz-account-id') !== told.account) throw new AwsError('AccessDenied', 403, 'Access Denied');
    return document(
      'PublicAccessBlockConfiguration',
      (told.here.publicAccessBlock ?? missing('NoSuchPublicAccessBlockConfiguration')) as Node,
    );
  },
};

function missing(code: string): never {
  throw new AwsError(code, 404, 'The configuration does not exist');
}

function anywhere({ here, text }: Told): Bucket {
  const bucket = here.buckets.find(({ name }) => name === text('Bucket'));
  if (!bucket) throw new AwsError('NoSuchBucket', 404, 'The specified bucket does not exist');
  return bucket;
}

/** A bucket answers in its own region; elsewhere it says where that is. */
function bucketOf(told: Told): Bucket {
  const bucket = anywhere(told);
  if (bucket.region === told.region) return bucket;
  throw new AwsError('PermanentRedirect', 301, 'The bucket you are attempting to access must be addressed using the specified endpoint.', {
    'x-amz-bucket-region': bucket.region,
  });
}
