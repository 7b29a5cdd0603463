import { createPrivateKey, type KeyObject } from 'node:crypto';
import { type Hash, leafHash } from '#src/ledger/tree.ts';

/** The private key of 32 bytes that RFC 8032 calls the secret key. */
export function privateKeyOf(seed: string): KeyObject {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.from(seed, 'hex')]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}

/** The secret keys of the first two tests of RFC 8032 §7.1. */
export const seeds = [
  '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
  '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
] as const;

export const entries = Array.from({ length: 7 }, (_, i) => `{"n":${i},"t":"evidence"}`);
export const origin = 'example.com/soc2-evidence';
export const vkey = 'example.com/soc2-evidence+6f84d4a5+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea';
export const witnessVkey = 'auditor.example/w1+bc0055ce+BD1AF8PoQ4lakrcKp00bfrycmCzPLsSWjMDNVfEq9GYM';

export const text = `${origin}
7
l2T123jZo6uEf29UQP/XhPrE0X2+x1SaZ0W77a+0mTw=
`;
export const line =
  '— example.com/soc2-evidence b4TUpe8nPbe0Z/b9uJX+BqaD4PNX4IoNpsO7i0XRAr4RoXZwiTDuEveBohqEyxZcKVzOFREGxh2GbRFjFV/GL9qVKQI=';
export const witnessLine =
  '— auditor.example/w1 vABVzgAAAABpVbkA2esGmDA/sud02dLMP4GFDr3qb2l1ET/VqIXijRe6AVSxEsTKFi8unjuFjv2HQV3BBuCA55rq3fIWqu1mbesKBg==';
export const note = `${text}\n${line}\n${witnessLine}\n`;

/** Of entry 3 in a log of 7. */
export const inclusion = [
  'MME11Kl1ElGRm7WtVcpGjp0Rfd6m5TAud4ySdKQKxik=',
  'YvTgHzCm1eDPv1jru0cqHE9b4+DMfl6hSv+rKir82bk=',
  'uUp0b7nYVOgowiMBbdlGkOjpWpSozjNt7CDKEXMKtLg=',
];
/** From a log of 5 to one of 7. */
export const consistency = [
  'eW73uXyLQCPXX4T0yh+s56mmfUjFbnPnDS89kXYnz9E=',
  'gucDDVttSWT04sKmlmaOzFqLW2QrjjShDPmYpW7SPX0=',
  '1CblwbtWqAqOWvwz40mV9Ymz376tCDlZ5miZu3I5ebQ=',
  '/rh+daLajBeNbbScJ35FO8MUShySUV711OWsoRfkU5o=',
];
export const proofFile = `c2sp.org/tlog-proof@v1
index 3
${inclusion.join('\n')}

${note}`;

export const numbered = (n: number): Hash[] => Array.from({ length: n }, (_, i) => leafHash(String(i)));

/** The bytes with one bit the other way, counted round. */
export function flipped(bytes: Buffer, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[(bit >> 3) % copy.length]! ^= 1 << (bit & 7);
  return copy;
}
