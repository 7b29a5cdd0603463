import { createHash } from 'node:crypto';
import { checkpointText, parseCheckpoint } from '#src/ledger/checkpoint.ts';
import { NoteError, noteOf, openNote } from '#src/ledger/note.ts';
import type { Hash } from '#src/ledger/tree.ts';
import { type Anchor, AnchorFault, type Checkpoint, OtherCheckpoint } from './anchor.ts';
import { type Answer, ask, hostOf } from './http.ts';

export interface WitnessSettings {
  readonly name: string;
  readonly every: number;
  readonly origin: string;
  /** The submission prefix. */
  readonly url: string;
  /** The monitoring prefix, where it is another. */
  readonly monitor?: string;
  /** Verifier key of the witness, of type 4. */
  readonly vkey: string;
}

/**
 * A witness: it signs a checkpoint only where that continues the last one it signed. The receipt is its signature line.
 * Source: C2SP tlog-witness v1.0.0 and tlog-cosignature v1.0.1.
 */
export function witnessAnchor({ name, every, origin, url, monitor = url, vkey }: WitnessSettings): Anchor {
  /** The size that the witness signed last, as far as we know. It says so where we are wrong. */
  let known = 0;

  const submit = ({ note }: Checkpoint, old: number, proof: readonly Hash[]): Promise<Answer> =>
    ask(`${url}/add-checkpoint`, {
      method: 'POST',
      type: 'text/plain; charset=utf-8',
      body: `old ${old}\n${proof.map((hash) => `${hash.toString('base64')}\n`).join('')}\n${note}`,
    });

  return {
    name,
    kind: 'witness',
    every,
    async latest() {
      const { status, body } = await ask(`${monitor}/${createHash('sha256').update(origin).digest('hex')}/checkpoint`);
      // A witness need not show what it signed; it says so when it is handed the next.
      if (status === 404 || status === 405 || status === 501) return null;
      if (status !== 200) throw refusal(status, monitor);
      const note = body.toString();
      known = openedBy(note, vkey, origin).size;
      return note;
    },
    async publish(checkpoint, proofFrom) {
      const { size } = checkpoint;
      for (let attempt = 0; attempt < 3; attempt++) {
        const answer = await submit(checkpoint, known, known === 0 || known === size ? [] : proofFrom(known));
        if (answer.status === 409) {
          known = sizeIn(answer, url);
          if (known > size) throw new OtherCheckpoint(`the witness signed size ${known} already`, { size: known });
          continue;
        }
        if (answer.status === 422)
          throw new OtherCheckpoint(`the witness says that size ${size} does not continue size ${known}, which it signed`, { size: known });
        if (answer.status !== 200) throw refusal(answer.status, url);
        const line = cosignature(answer.body.toString(), checkpoint, vkey);
        known = size;
        return { receipt: Buffer.from(`${line}\n`) };
      }
      throw new AnchorFault('the witness names another size each time');
    },
    async check() {
      const note = await this.latest();
      return note === null ? 'the witness answers, and shows no checkpoint of this ledger' : `the witness signed size ${known}`;
    },
  };
}

/** The line among an answer's that is the witness's signature of this checkpoint. */
function cosignature(lines: string, { origin, size, root }: Checkpoint, vkey: string): string {
  const text = checkpointText({ origin, size, root: Buffer.from(root, 'hex') });
  for (const line of lines.split('\n').filter((each) => each !== '')) {
    try {
      const [signed] = openNote(noteOf(text, [line]), [vkey]).verified;
      if (signed?.timestamp) return line;
    } catch (error) {
      if (!(error instanceof NoteError)) throw error;
    }
  }
  throw new AnchorFault('the witness answered without a good signature of its key', {
    mend: 'Compare `vkey` with the key that the witness publishes.',
  });
}

function openedBy(note: string, vkey: string, origin: string) {
  try {
    const checkpoint = parseCheckpoint(openNote(note, [vkey]).text);
    if (checkpoint.origin !== origin) throw new NoteError(`it is a checkpoint of ${checkpoint.origin}`);
    return checkpoint;
  } catch (cause) {
    if (!(cause instanceof NoteError)) throw cause;
    throw new AnchorFault(`what the witness shows is not a checkpoint that it signed: ${cause.message}`, { cause });
  }
}

function sizeIn({ type, body }: Answer, url: string): number {
  const size = /^(0|[1-9]\d{0,15})\n$/.exec(body.toString())?.[1];
  if (type !== 'text/x.tlog.size' || size === undefined)
    throw new AnchorFault(`${hostOf(url)} answered 409 without the size that it signed`);
  return Number(size);
}

function refusal(status: number, url: string): AnchorFault {
  const [says, mend] = refusals[status] ?? [`answered ${status}`, ''];
  return new AnchorFault(`${hostOf(url)} ${says}`, { mend });
}

const refusals: Readonly<Record<number, readonly [says: string, mend: string]>> = {
  400: ['could not read the request (400)', 'Check that `url` is the submission prefix of a witness.'],
  403: ['does not accept the signature of the ledger (403)', 'Give the witness the verifier key that `holdfast key` prints.'],
  404: ['does not know this ledger (404)', 'Ask the witness to take up the verifier key that `holdfast key` prints.'],
};
