import { resolve } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { keyringOf } from '#src/outside.ts';
import { exportPackage, knownUntil } from '#src/package/export.ts';
import type { Command } from './command.ts';
import { windowIn, windowOptions } from './window.ts';

export const exportCommand: Command = {
  summary: 'Writes the auditor’s package of a window: evidence, ledger, results, and what it takes to check them offline.',
  usage: 'export [--from DAY] [--to DAY] [--out FILE.zip] [--force]',
  options: {
    ...windowOptions,
    out: { type: 'string', means: 'The file to write; holdfast-FROM-TO.zip in the working directory when not given' },
    force: { type: 'boolean', means: 'Replace the file where it exists' },
  },
  run: async ({ options, cwd, config, reading, answer, stderr, now }) => {
    const settings = config();
    // A year passes through the memory and little of it stays: what is done with is to be given back early.
    setFlagsFromString('--heap-growing-percent=10');
    return reading(async (_, { store, reporting }) => {
      const { from = settings.window?.from, to = settings.window?.to } = options;
      const last = store.lastCycle()?.asOf ?? 0;
      const { to: end } = windowIn(options, settings, last);
      const asOf = options.example === true ? last : knownUntil(last, end, now());
      const out = resolve(cwd, typeof options.out === 'string' ? options.out : `holdfast-${String(from)}-${String(to)}.zip`);
      const keyring = await keyringOf(settings).catch((error: unknown) => {
        stderr.write(`SHA256SUMS will not be signed: ${Error.isError(error) ? error.message : String(error)}\n`);
        return null;
      });
      try {
        const exported = await exportPackage({
          store,
          reporting: reporting(asOf),
          window: windowIn(options, settings, asOf),
          days: { firstDay: String(from), lastDay: String(to) },
          config: settings,
          out,
          force: options.force === true,
          ...(keyring && { key: keyring.key }),
          progress: (what) => stderr.isTTY && stderr.write(`\r\u001b[K${what}`),
        });
        answer(exported, () => `${exported.file}\n${exported.files} files, ${exported.bytes} bytes, SHA-256 ${exported.sha256}\n`);
      } finally {
        if (stderr.isTTY) stderr.write('\r\u001b[K');
      }
      return 0;
    });
  },
};
