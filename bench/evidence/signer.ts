import { createPrivateKey } from 'node:crypto';
import { localSigner, type NoteSigner } from '#src/ledger/note.ts';

/** The key of the simulated company: the same every time, so that the same seed makes the same signatures. It protects nothing. */
export const simulatedSigner: NoteSigner = localSigner(
  'evidence.example.com/simulated',
  createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, 7)]),
    format: 'der',
    type: 'pkcs8',
  }),
);
