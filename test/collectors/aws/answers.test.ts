import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { proveAnswer, type WireAnswer } from '#collectors/aws/answers.ts';
import { type OperationName, operations } from '#collectors/aws/operations.ts';

const answer = (body: string, statusCode = 200): WireAnswer => ({
  statusCode,
  headers: { 'x-amzn-requestid': 'r' },
  body: Readable.from([Buffer.from(body)]),
});

test.each([
  [
    'ec2:DescribeVolumes',
    '<?xml version="1.0" encoding="UTF-8"?>\n<DescribeVolumesResponse xmlns="x"><volumeSet/></DescribeVolumesResponse>',
  ],
  ['iam:GetAccountSummary', '<GetAccountSummaryResponse/>'],
  ['s3:GetBucketVersioning', '<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>'],
  ['s3:GetBucketPolicy', '{"Version":"2012-10-17"}'],
  ['kms:ListKeys', '{"Keys":[]}'],
] as const)('%s with its own answer is read again as it came', async (operation, body) => {
  const wire = answer(body);
  await proveAnswer(operation, wire);
  expect(await text(wire.body as Readable)).toBe(body);
});

test.each(Object.keys(operations) as OperationName[])('%s with another answer is malformed', async (operation) => {
  for (const body of [
    '',
    ' \n',
    '<!DOCTYPE html><html></html>',
    '<html/>',
    '<Error><Code>AccessDenied</Code></Error>',
    'hello',
    '[]',
    '<ListBucketResult/>',
  ]) {
    await expect(proveAnswer(operation, answer(body))).rejects.toMatchObject({ reason: 'malformed', status: 200, requestId: 'r' });
  }
});

test('a refusal is left to the SDK', async () => {
  const wire = answer('<html/>', 404);
  await proveAnswer('s3:GetBucketPolicy', wire);
  expect(await text(wire.body as Readable)).toBe('<html/>');
});
