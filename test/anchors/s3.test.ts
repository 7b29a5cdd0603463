import { CreateBucketCommand, DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { judgeMark } from '#src/anchors/marks.ts';
import { s3Anchor } from '#src/anchors/s3.ts';
import { type AwsDouble, startAws } from '#test/doubles/aws-http.ts';
import { motoServer, startMoto } from '#test/doubles/moto.ts';
import { testAnchor } from './contract.ts';
import { type TestLedger, testLedger } from './ledger.ts';

process.env['AWS_ACCESS_KEY_ID'] = 'test';
process.env['AWS_SECRET_ACCESS_KEY'] = 'test';
if (motoServer === null) console.warn('skipped: moto_server is not installed');

const now = () => Date.parse('2030-01-01T00:00:00Z');
const settings = { name: 'worm', every: 0, prefix: 'soc2/', region: 'us-east-1', retainDays: 2557, now };

(motoServer === null ? describe.skip : describe)('a bucket with Object Lock (moto)', () => {
  let moto: Awaited<ReturnType<typeof startMoto>>;
  let s3: S3Client;
  let buckets = 0;
  beforeAll(async () => {
    moto = await startMoto();
    s3 = new S3Client({ region: 'us-east-1', endpoint: moto.endpoint, forcePathStyle: true });
    for (let i = 0; i < 8; i++) await s3.send(new CreateBucketCommand({ Bucket: `worm-${i}`, ObjectLockEnabledForBucket: true }));
    await s3.send(new CreateBucketCommand({ Bucket: 'plain' }));
  });
  afterAll(() => moto.close());
  const place = (bucket = `worm-${buckets++}`) => ({
    bucket,
    open: ({ origin }: TestLedger) => s3Anchor({ ...settings, origin, bucket, endpoint: moto.endpoint }),
  });

  testAnchor(place);

  test('an object lies under its size, locked for as long as asked, and the receipt names its version', async () => {
    const ledger = testLedger(3);
    const { bucket, open } = place();
    const receipt = JSON.parse((await open(ledger).publish(ledger.checkpoint(), () => [])).receipt.toString());
    expect(receipt).toMatchObject({
      bucket,
      key: 'soc2/evidence.example.com/acme/00000000000000000003',
      retainUntil: '2037-01-01T00:00:00.000Z',
    });
    expect(receipt.versionId).toMatch(/\S{8}/);
    expect(receipt.etag).toMatch(/\S{8}/);
  });

  test('a delete marker hides no mark, and what is put over it does not count', async () => {
    const ledger = testLedger(9);
    const { bucket, open } = place();
    await open(ledger).publish(ledger.checkpoint(), () => []);
    const Key = 'soc2/evidence.example.com/acme/00000000000000000009';
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
    expect(judgeMark(open(ledger), (await open(ledger).latest())!, ledger.own)).toBe(9);
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'nothing of ours' }));
    expect(judgeMark(open(ledger), (await open(ledger).latest())!, ledger.own)).toBe(9);
    const older = ledger.copy(4);
    expect(() => judgeMark(open(older), ledger.checkpoint().note, older.own)).toThrow(
      expect.objectContaining({ code: 'STORE_ROLLED_BACK' }),
    );
  });

  test('one without Object Lock is refused', async () => {
    const ledger = testLedger(1);
    const { open } = place('plain');
    for (const act of [() => open(ledger).publish(ledger.checkpoint(), () => []), () => open(ledger).check()])
      await expect(act()).rejects.toMatchObject({ name: 'AnchorFault', message: expect.stringContaining('has no Object Lock') });
  });

  test('one that is not there is told', async () => {
    await expect(place('nowhere').open(testLedger(1)).check()).rejects.toMatchObject({ message: expect.stringContaining('NoSuchBucket') });
  });
});

describe('a bucket that misbehaves', () => {
  let aws: AwsDouble;
  afterEach(() => aws.close());
  const ledger = testLedger(2);
  const anchor = () => s3Anchor({ ...settings, origin: ledger.origin, bucket: 'worm', endpoint: aws.endpoint });
  const lock = { body: '<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>' };

  test('refuses with what to grant', async () => {
    aws = await startAws(() => ({ status: 403, body: '<Error><Code>AccessDenied</Code><Message>no</Message></Error>' }));
    await expect(anchor().latest()).rejects.toMatchObject({
      name: 'AnchorFault',
      message: 'AccessDenied: no',
      mend: 'Grant what `holdfast policy aws` names for the bucket.',
    });
  });

  test('a list that breaks off is no short list', async () => {
    aws = await startAws(() => ({ body: '<ListVersionsResult><IsTruncated>true</IsTruncated></ListVersionsResult>' }));
    await expect(anchor().latest()).rejects.toMatchObject({ message: expect.stringContaining('breaks off') });
  });

  test('what was put and is not locked, or is not there, does not count', async () => {
    const key = 'soc2/evidence.example.com/acme/00000000000000000002';
    let listed = `<Version><Key>${key}</Key><VersionId>v1</VersionId><IsLatest>true</IsLatest><LastModified>2030-01-01T00:00:00.000Z</LastModified><ETag>e</ETag></Version>`;
    aws = await startAws(({ path, headers }) => {
      if (path.includes('object-lock')) return lock;
      if (path.includes('versions')) return { body: `<ListVersionsResult><IsTruncated>false</IsTruncated>${listed}</ListVersionsResult>` };
      return headers['if-none-match'] === '*' ? {} : { headers: { 'content-type': 'text/plain' }, body: ledger.checkpoint().note };
    });
    await expect(anchor().publish(ledger.checkpoint(), () => [])).rejects.toMatchObject({
      message: expect.stringContaining('not locked in compliance mode'),
    });
    listed = '';
    await expect(anchor().publish(ledger.checkpoint(), () => [])).rejects.toMatchObject({
      message: expect.stringContaining('is not there'),
    });
    const put = aws.requests.find(({ headers }) => headers['if-none-match'] === '*')!;
    expect(put.headers).toMatchObject({
      'x-amz-object-lock-mode': 'COMPLIANCE',
      'x-amz-object-lock-retain-until-date': '2037-01-01T00:00:00Z',
    });
    expect(put.headers['x-amz-checksum-sha256']).toMatch(/^[A-Za-z0-9+/]{43}=$/);
  });
});
