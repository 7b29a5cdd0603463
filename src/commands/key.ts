import { resolve } from 'node:path';
import { HoldfastError } from '#src/errors.ts';
import { keyringOf, ownKeyOf } from '#src/outside.ts';
import { localKey, type PublicForms, publicForms } from '#src/signing/key.ts';
import { makeKeyFile } from '#src/signing/key-file.ts';
import type { Command } from './command.ts';
import { printable } from './text.ts';

export const key: Command = {
  summary: 'The public key that signs the ledger, in the forms to hand to the auditor. With --new: makes a private key in a file.',
  usage: 'key [--new FILE]',
  options: { new: { type: 'string', means: 'Make a private Ed25519 key in this file, which must not be there yet' } },
  run: async ({ options, config, cwd, answer, stderr }) => {
    if (typeof options.new === 'string') {
      const file = resolve(cwd, options.new);
      const { publicKey } = localKey(makeKeyFile(file, null).privateKey);
      stderr.write(
        `Made ${printable(file)}, for its owner alone. Name it in holdfast.yaml:\n  ledger: { origin: …, key: '\${file:${printable(file)}}' }\n`,
      );
      const forms = publicForms(publicKey, 'holdfast');
      answer({ file, ...forms }, () => lines(forms));
      return 0;
    }
    const settings = config();
    const keyring = await keyringOf(settings);
    if (keyring === null) throw new HoldfastError('LEDGER_KEY_NOT_MADE', { file: ownKeyOf(settings) });
    const { origin, signers, besideEvidence } = keyring;
    const [vkey = '', ...previous] = signers.map((signer) => signer.vkey);
    const forms = publicForms(keyring.key.publicKey, origin);
    answer({ origin, vkey, previous, ...forms, besideEvidence: besideEvidence !== null }, () =>
      [
        `Verifier key (C2SP), for --vkey:\n${vkey}\n`,
        ...previous.map((each) => `Earlier, still signing:\n${each}\n`),
        lines(forms),
        ...(besideEvidence === null
          ? []
          : [
              `The private key lies beside the evidence, in ${printable(besideEvidence)}: it protects only up to the last anchor.\nKeep it elsewhere with \`ledger\` in holdfast.yaml, and name \`anchors\`.\n`,
            ]),
        'Hand the fingerprint to the auditor by another way than the evidence.\n',
      ].join('\n'),
    );
    return 0;
  },
};

const lines = ({ pem, ssh, fingerprint, sha256 }: PublicForms): string =>
  `Public key (PEM), for openssl:\n${pem}\nPublic key (OpenSSH), for allowed_signers:\n${ssh}\n\nFingerprint: ${fingerprint}\nSHA-256 of the DER form: ${sha256}\n`;
