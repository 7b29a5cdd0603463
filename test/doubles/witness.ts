import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { parseCheckpoint } from '#src/ledger/checkpoint.ts';
import { cosignedText, NoteError, noteOf, openNote, signatureLine, vkeyOf } from '#src/ledger/note.ts';
import { isConsistent } from '#src/ledger/proof.ts';
import { digest } from '#src/ledger/tree.ts';
import { rawPublicKey } from '#src/signing/key.ts';
import { type Answered, type Asked, startHttp } from './http.ts';

export interface WitnessDouble {
  readonly url: string;
  readonly vkey: string;
  /** The statuses of add-checkpoint, in order. */
  readonly answered: number[];
  meddle: (asked: Asked) => Answered | undefined;
  close(): Promise<void>;
}

/** A witness that checks what C2SP tlog-witness v1.0.0 says it must, for the logs whose keys it is given. `shows`: whether it has a monitoring prefix. */
export async function startWitness(logs: readonly string[], { shows = true }: { shows?: boolean } = {}): Promise<WitnessDouble> {
  const key = generateKeyPairSync('ed25519').privateKey;
  const vkey = vkeyOf('auditor.example/w1', rawPublicKey(createPublicKey(key)), 4);
  const seen = new Map<string, { size: number; root: Buffer; note: string }>();
  let clock = 1_767_225_600;

  const add = (body: string): Answered => {
    const [, decimal, lines = '', note] = /^old (0|[1-9]\d*)\n((?:[A-Za-z0-9+/=]+\n){0,63})\n(.*)$/s.exec(body) ?? [];
    if (note === undefined) return { status: 400 };
    const old = Number(decimal);
    const own = logs.filter((each) => note.startsWith(`${each.split('+')[0]}\n`));
    if (own.length === 0) return { status: 404 };
    let text: string;
    try {
      ({ text } = openNote(note, own));
    } catch (error) {
      if (error instanceof NoteError) return { status: 403 };
      throw error;
    }
    const { origin, size, root } = parseCheckpoint(text);
    const before = seen.get(origin) ?? { size: 0, root: digest('') };
    if (old > size) return { status: 400 };
    if (old !== before.size) return { status: 409, type: 'text/x.tlog.size', body: `${before.size}\n` };
    const proof = lines
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => Buffer.from(line, 'base64'));
    if (old === 0 ? proof.length > 0 : !isConsistent(before.size, before.root, size, root, proof)) return { status: 422 };
    const line = cosign(key, vkey, text, clock++);
    seen.set(origin, { size, root, note: `${note}${line}\n` });
    return { body: `${line}\n` };
  };
  const show = (path: string): Answered => {
    const [, note] = [...seen].find(([origin]) => path === `/${createHash('sha256').update(origin).digest('hex')}/checkpoint`) ?? [];
    return note && shows ? { body: note.note } : { status: 404 };
  };

  const server = await startHttp((asked) => {
    const meddled = double.meddle(asked);
    if (meddled) return meddled;
    if (asked.method === 'GET') return show(asked.path);
    if (asked.path !== '/add-checkpoint') return { status: 404 };
    const answer = add(asked.body.toString());
    double.answered.push(answer === 'hang' ? 0 : (answer.status ?? 200));
    return answer;
  });
  const double: WitnessDouble = { ...server, vkey, answered: [], meddle: () => undefined };
  return double;
}

function cosign(key: KeyObject, vkey: string, text: string, time: number): string {
  const stamp = Buffer.alloc(8);
  stamp.writeBigUInt64BE(BigInt(time));
  const line = signatureLine(vkey, Buffer.concat([stamp, sign(null, Buffer.from(cosignedText(text, time)), key)]));
  openNote(noteOf(text, [line]), [vkey]);
  return line;
}
