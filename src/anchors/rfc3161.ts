import { randomBytes, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type Anchor, AnchorFault, type Checkpoint } from './anchor.ts';
import { ask, hostOf } from './http.ts';
import { checkTimeStamp, timeStampRequest } from './time-stamp.ts';

export interface Rfc3161Settings {
  readonly name: string;
  readonly every: number;
  readonly url: string;
  /** Absolute path of the certificates (PEM) of which one must have issued that of the time stamps. Absent: that is left to the auditor. */
  readonly ca?: string;
}

/**
 * A time stamp authority: it says that the signed checkpoint was there at a time, and keeps nothing. The receipt is its whole answer, the
 * `.tsr` that `openssl ts -verify -data checkpoint` takes.
 */
export function rfc3161Anchor({ name, every, url, ca }: Rfc3161Settings): Anchor {
  const stamp = async (stamped: Buffer): Promise<{ answer: Buffer; at: string }> => {
    const nonce = randomBytes(16);
    const asked = { method: 'POST', type: 'application/timestamp-query', body: timeStampRequest(stamped, nonce) } as const;
    const { status, type, body: answer } = await ask(url, asked);
    if (status !== 200 || type !== 'application/timestamp-reply')
      throw new AnchorFault(`${hostOf(url)} answered ${status}${type ? ` with ${type}` : ''} in place of a time stamp`, {
        mend: 'Check that `url` is the address of a time stamp authority.',
      });
    return { answer, ...checkTimeStamp(answer, { stamped, nonce, authorities: ca === undefined ? null : await certificatesIn(ca) }) };
  };
  return {
    name,
    kind: 'rfc3161',
    every,
    latest: async () => null,
    publish: async ({ note }: Checkpoint) => ({ receipt: (await stamp(Buffer.from(note))).answer }),
    check: async () => `the authority stamps; its clock says ${(await stamp(Buffer.from('holdfast check'))).at}`,
  };
}

async function certificatesIn(file: string): Promise<X509Certificate[]> {
  try {
    const found = (await readFile(file, 'utf8')).match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
    if (found.length > 0) return found.map((pem) => new X509Certificate(pem));
  } catch (cause) {
    throw new AnchorFault(`the certificates in ${file} cannot be read`, { cause });
  }
  throw new AnchorFault(`${file} has no certificate in PEM`);
}
