import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { encode, tags } from '#src/anchors/der.ts';
import { rfc3161Anchor } from '#src/anchors/rfc3161.ts';
import { checkTimeStamp, timeStampRequest } from '#src/anchors/time-stamp.ts';
import { openssl, startTsa, type TsaDouble } from '#test/doubles/tsa.ts';
import { testLedger } from './ledger.ts';

if (!openssl) console.warn('skipped: openssl is not installed');

const refusal = encode(
  tags.sequence,
  encode(tags.sequence, encode(tags.integer, Buffer.of(2)), encode(tags.sequence, encode(0x0c, Buffer.from('not today')))),
);

(openssl ? describe.each(['ec', 'rsa'] as const) : describe.skip.each(['ec'] as const))('a time stamp authority with an %s key', (key) => {
  let tsa: TsaDouble;
  beforeAll(async () => {
    tsa = await startTsa({ key });
  });
  afterAll(() => tsa.close());
  afterEach(() => {
    tsa.meddle = () => undefined;
  });
  const ledger = testLedger(3);
  const anchor = (ca: string | undefined = tsa.ca) =>
    rfc3161Anchor({ name: 'tsa', every: 0, url: tsa.url, ...(ca !== undefined && { ca }) });
  const stamped = () => anchor().publish(ledger.checkpoint(), () => []);

  test('its receipt is accepted by openssl over the checkpoint, and over nothing else', async () => {
    writeFileSync(join(tsa.folder, 'checkpoint.tsr'), (await stamped()).receipt);
    const verify = (content: string) => {
      writeFileSync(join(tsa.folder, 'checkpoint'), content);
      const asked = ['ts', '-verify', '-data', 'checkpoint', '-in', 'checkpoint.tsr', '-CAfile', 'ca.pem', '-untrusted', 'tsa.pem'];
      return spawnSync('openssl', asked, { cwd: tsa.folder, encoding: 'utf8' });
    };
    expect(verify(ledger.checkpoint().note)).toMatchObject({ status: 0, stdout: expect.stringContaining('Verification: OK') });
    expect(verify(ledger.checkpoint(2).note).status).not.toBe(0);
  });

  test('keeps nothing that could be asked for, and can be tried', async () => {
    expect(await anchor().latest()).toBeNull();
    expect(await anchor().check()).toMatch(/its clock says \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });

  test('whose certificate another authority issued is refused; without `ca` that is left open', async () => {
    await expect(anchor(tsa.otherCa).publish(ledger.checkpoint(), () => [])).rejects.toMatchObject({
      message: expect.stringContaining('not issued by the authority'),
    });
    const open = rfc3161Anchor({ name: 'tsa', every: 0, url: tsa.url });
    expect((await open.publish(ledger.checkpoint(), () => [])).receipt.length).toBeGreaterThan(500);
    await expect(anchor(join(tsa.folder, 'none.pem')).check()).rejects.toMatchObject({
      message: expect.stringContaining('cannot be read'),
    });
    await expect(anchor(join(tsa.folder, 'serial')).check()).rejects.toMatchObject({ message: expect.stringContaining('no certificate') });
  });

  test.each<[string, (tsa: TsaDouble) => TsaDouble['meddle'], string]>([
    ['a page', () => () => ({ type: 'text/html', body: '<html>' }), 'answered 200 with text/html'],
    ['a fault', () => () => ({ status: 500 }), 'answered 500'],
    ['no DER', () => () => ({ type: 'application/timestamp-reply', body: 'hello' }), 'not a time stamp'],
    ['nothing', () => () => ({ type: 'application/timestamp-reply', body: '' }), 'not a time stamp'],
    ['a refusal', () => () => ({ type: 'application/timestamp-reply', body: refusal }), 'the authority refused (status 02): not today'],
    [
      'an answer cut short',
      () => (_, answer) => ({ type: 'application/timestamp-reply', body: answer().subarray(0, -7) }),
      'not a time stamp',
    ],
  ])('%s is a fault, and no time stamp', async (_, meddling, says) => {
    tsa.meddle = meddling(tsa);
    await expect(stamped()).rejects.toMatchObject({ name: 'AnchorFault', message: expect.stringContaining(says) });
  });

  test('a stamp over something else, or for another request, is refused', async () => {
    const nonce = Buffer.alloc(16, 0x81);
    const answerTo = async (bytes: Buffer, own: Buffer) => {
      const response = await fetch(tsa.url, { method: 'POST', body: timeStampRequest(bytes, own) });
      return Buffer.from(await response.arrayBuffer());
    };
    const bytes = Buffer.from('checkpoint');
    const answer = await answerTo(bytes, nonce);
    const asked = { stamped: bytes, nonce, authorities: null };
    expect(checkTimeStamp(answer, asked).at).toMatch(/^\d{4}/);
    expect(() => checkTimeStamp(answer, { ...asked, stamped: Buffer.from('other') })).toThrow('over something else');
    expect(() => checkTimeStamp(answer, { ...asked, nonce: Buffer.alloc(16, 0x82) })).toThrow('nonce is not ours');
  });

  test('no bit of the stamp can be changed without being seen', async () => {
    const nonce = Buffer.alloc(8, 7);
    const bytes = Buffer.from('checkpoint');
    const response = await fetch(tsa.url, { method: 'POST', body: timeStampRequest(bytes, nonce) });
    const answer = Buffer.from(await response.arrayBuffer());
    const asked = { stamped: bytes, nonce, authorities: null };
    const time = answer.indexOf(/\d{14}Z/.exec(answer.toString('latin1'))![0], 'latin1');
    for (const at of [time, time + 5, time + 13]) {
      const changed = Buffer.from(answer);
      changed[at]! ^= 1;
      expect(() => checkTimeStamp(changed, asked)).toThrow();
    }
    const signature = Buffer.from(answer);
    signature[signature.length - 3]! ^= 1;
    expect(() => checkTimeStamp(signature, asked)).toThrow('signed it');
  });
});
