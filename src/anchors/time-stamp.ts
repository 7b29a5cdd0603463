import { createHash, hash, verify, X509Certificate } from 'node:crypto';
import { AnchorFault } from './anchor.ts';
import { contentOf, DerError, decode, type Element, elements, encode, oid, tags, unsigned, within } from './der.ts';

/* Requests and answers of a time stamp authority. Source: RFC 3161 §2.4, RFC 5652 §5 (the signature), RFC 5280 (the certificate). */

/** The request for a stamp over the SHA-256 of bytes, with the certificate of the authority in the answer. */
export function timeStampRequest(stamped: Uint8Array, nonce: Buffer): Buffer {
  return encode(tags.sequence, unsigned(Buffer.of(1)), imprintOf(stamped), unsigned(nonce), encode(tags.boolean, Buffer.of(0xff)));
}

/**
 * Checks an answer: granted, over these bytes and this nonce, signed by a certificate in it that is meant for time stamping, and issued, over
 * the certificates in it, by one of `authorities` where those are given. Gives the time it states. Errors: AnchorFault.
 */
export function checkTimeStamp(
  answer: Buffer,
  { stamped, nonce, authorities }: { stamped: Uint8Array; nonce: Buffer; authorities: readonly X509Certificate[] | null },
): { readonly at: string } {
  try {
    const [status, token] = within(decode(answer), tags.sequence);
    refuseStatus(status);
    const signed = signedData(token);
    const info = within(decode(signed.content), tags.sequence);
    const [, , imprint, , time, ...rest] = info;
    if (!imprint?.bytes.equals(imprintOf(stamped))) throw new AnchorFault('the time stamp is over something else');
    const own = decode(unsigned(nonce));
    if (!rest.some(({ tag, content }) => tag === tags.integer && content.equals(own.content)))
      throw new AnchorFault('the time stamp answers another request: its nonce is not ours');
    checkSignature(signed, authorities);
    return { at: timeOf(contentOf(time, tags.generalizedTime)) };
  } catch (cause) {
    if (!(cause instanceof DerError)) throw cause;
    throw new AnchorFault(`the answer is not a time stamp: ${cause.message}`, { cause });
  }
}

interface SignedData {
  /** What is stamped: TSTInfo. */
  readonly content: Buffer;
  readonly certificates: readonly X509Certificate[];
  readonly signer: readonly Element[];
}

const sha256 = '2.16.840.1.101.3.4.2.1';
const imprintOf = (stamped: Uint8Array): Buffer =>
  encode(
    tags.sequence,
    encode(tags.sequence, oid(sha256), Buffer.of(5, 0)),
    encode(tags.octetString, createHash('sha256').update(stamped).digest()),
  );

function refuseStatus(status: Element | undefined): void {
  const [code, ...told] = within(status, tags.sequence);
  const granted = contentOf(code, tags.integer);
  if (granted.length === 1 && granted[0]! <= 1) return;
  const words = told
    .filter(({ tag }) => tag === tags.sequence)
    .flatMap(({ content }) => elements(content).map(({ content: text }) => text.toString()));
  throw new AnchorFault(
    `the authority refused (status ${granted.toString('hex')})${words.length > 0 ? `: ${words.join(' ').slice(0, 200)}` : ''}`,
  );
}

function signedData(token: Element | undefined): SignedData {
  const [type, wrapped] = within(token, tags.sequence);
  if (!type?.bytes.equals(oid('1.2.840.113549.1.7.2'))) throw new DerError('it is not signed data');
  const parts = within(elements(contentOf(wrapped, tags.context0))[0], tags.sequence);
  const [inner, held] = within(parts[2], tags.sequence);
  if (!inner?.bytes.equals(oid('1.2.840.113549.1.9.16.1.4'))) throw new DerError('what is signed is not a time stamp');
  const content = contentOf(elements(contentOf(held, tags.context0))[0], tags.octetString);
  const certificates = parts
    .slice(3)
    .filter(({ tag }) => tag === tags.context0)
    .flatMap(({ content: each }) => elements(each).flatMap(({ bytes }) => certificateOf(bytes)));
  const [signer] = within(parts.at(-1), tags.set);
  return { content, certificates, signer: within(signer, tags.sequence) };
}

function certificateOf(bytes: Buffer): X509Certificate[] {
  try {
    return [new X509Certificate(bytes)];
  } catch {
    return [];
  }
}

const digests: Readonly<Record<string, string>> = {
  [sha256]: 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};
const forTimeStamping = '1.3.6.1.5.5.7.3.8';

function checkSignature({ content, certificates, signer }: SignedData, authorities: readonly X509Certificate[] | null): void {
  const [, , algorithm, attributes, , signature] = signer;
  const named = within(algorithm, tags.sequence)[0]?.bytes;
  const digest = Object.entries(digests).find(([each]) => named?.equals(oid(each)))?.[1];
  if (digest === undefined) throw new AnchorFault('the time stamp is signed with a digest that is not of the SHA-2 family');
  const signed = contentOf(attributes, tags.context0);
  const stated = elements(signed)
    .map((attribute) => within(attribute, tags.sequence))
    .find(([type]) => type?.bytes.equals(oid('1.2.840.113549.1.9.4')));
  const over = stated && contentOf(within(stated[1], tags.set)[0], tags.octetString);
  if (!over?.equals(hash(digest, content, 'buffer'))) throw new AnchorFault('the time stamp is not what its authority signed');
  // RFC 5652 §5.4: what is signed is the set of attributes under its own tag.
  const message = encode(tags.set, signed);
  const by = certificates.find(
    (certificate) =>
      certificate.keyUsage?.includes(forTimeStamping) && accepts(certificate, digest, message, contentOf(signature, tags.octetString)),
  );
  if (!by) throw new AnchorFault('no certificate in the time stamp, of those for time stamping, signed it');
  if (authorities !== null && !issuedBy(by, certificates, authorities))
    throw new AnchorFault('the certificate of the time stamp was not issued by the authority in `ca`');
}

function accepts({ publicKey }: X509Certificate, digest: string, message: Buffer, signature: Buffer): boolean {
  try {
    return verify(publicKey.asymmetricKeyType === 'ed25519' ? null : digest, message, publicKey, signature);
  } catch {
    return false;
  }
}

function issuedBy(
  certificate: X509Certificate,
  between: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
  depth = 0,
): boolean {
  const by = (issuer: X509Certificate) => certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  if (authorities.some((issuer) => issuer.fingerprint256 === certificate.fingerprint256 || by(issuer))) return true;
  return depth < 8 && between.some((issuer) => by(issuer) && issuedBy(issuer, between, authorities, depth + 1));
}

/** `20260728230000Z`, perhaps with fractions. */
function timeOf(content: Buffer): string {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d+)?Z$/.exec(content.toString('latin1'));
  if (!match) throw new DerError('its time cannot be read');
  const [, year, month, day, hour, minute, second] = match;
  return `${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
}
