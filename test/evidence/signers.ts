import { createPrivateKey } from 'node:crypto';
import { localSigner, type NoteSigner } from '#src/ledger/note.ts';

/** A key that is the same each time: 32 bytes of one value, in the frame that PKCS #8 gives them. */
const testSigner = (name: string, value: number): NoteSigner =>
  localSigner(
    name,
    createPrivateKey({
      key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, value)]),
      format: 'der',
      type: 'pkcs8',
    }),
  );

const origin = 'example.com/evidence';
/** A key, and the one that comes after it. */
export const signers = [testSigner(origin, 1), testSigner(origin, 2)] as const;

/** How the stores of these trials are signed. */
export const signed = { signers: [signers[0]] } as const;
