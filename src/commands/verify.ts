import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HoldfastError } from '#src/errors.ts';
import { NoteError } from '#src/ledger/note.ts';
import { type Checked, verifyStore } from '#src/package/verify-store.ts';
import type { Command, Invocation } from './command.ts';
import { printable } from './text.ts';

export const verify: Command = {
  summary: 'Checks a package, or without one the live store, and says what could not be established. Ends with 1 where something is wrong.',
  usage: 'verify [PACKAGE.zip] [--vkey KEY] [--signers FILE] [--checkpoint FILE] [--all]',
  options: {
    vkey: { type: 'string', multiple: true, means: 'A verifier key that you trust: of the ledger, or of a witness. May be repeated' },
    signers: { type: 'string', means: 'The allowed_signers file that you were given by another way than the package' },
    checkpoint: { type: 'string', multiple: true, means: 'A file with an older head of the ledger that you kept. May be repeated' },
    all: { type: 'boolean', means: 'Judge every result of the window again, not a sample' },
  },
  operands: [0, 1],
  run: async (invocation) => (invocation.operands.length > 0 ? verifyFile(invocation) : verifyLive(invocation)),
};

const verifier = fileURLToPath(new URL('../package/verifiers/verify.mjs', import.meta.url));

const listOf = (value: Invocation['options'][string]): string[] => (Array.isArray(value) ? [...(value as readonly string[])] : []);

/** The verifier that lies in every package, in a process of its own: it shares no code with what wrote the package. */
async function verifyFile({ operands, options, cwd, stdout, stderr }: Invocation): Promise<number> {
  const file = resolve(cwd, operands[0]!);
  const [signers, ...checkpoints] = [
    typeof options['signers'] === 'string' ? options['signers'] : null,
    ...listOf(options['checkpoint']),
  ].map((each) => each && resolve(cwd, each));
  for (const path of [file, signers, ...checkpoints])
    if (path && !existsSync(path))
      throw new HoldfastError('USAGE', { problem: `There is no file ${path}.`, mend: `Use: holdfast ${verify.usage}` });
  const args = [
    verifier,
    file,
    ...listOf(options['vkey']).map((vkey) => `--vkey=${vkey}`),
    ...checkpoints.map((path) => `--checkpoint=${path!}`),
    ...(signers ? [`--signers=${signers}`] : []),
    ...(['all', 'json'] as const).flatMap((name) => (options[name] === true ? [`--${name}`] : [])),
  ];
  const child = spawn(process.execPath, args, { env: {}, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.setEncoding('utf8').on('data', (text: string) => stdout.write(text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => stderr.write(text));
  return new Promise((done, failed) => child.on('error', failed).on('close', (code) => done(code ?? 1)));
}

async function verifyLive({ options, cwd, reading, answer }: Invocation): Promise<number> {
  if (options['signers'] !== undefined || options['all'] === true)
    throw new HoldfastError('USAGE', { problem: '--signers and --all are for a package.', mend: 'Name the package, or leave them out.' });
  const checkpoints = listOf(options['checkpoint']).map((name) => ({ name, text: textOf(resolve(cwd, name)) }));
  const vkeys = listOf(options['vkey']);
  return reading((_, { store }) => {
    const checks = refusing(() => verifyStore(store, { vkeys, checkpoints }));
    const ok = checks.every(({ faults }) => faults.length === 0);
    answer({ ok, checks }, () => linesOf(checks));
    return ok ? 0 : 1;
  });
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new HoldfastError('USAGE', { problem: `${path} cannot be read.`, mend: 'Name a file with a checkpoint.' }, { cause });
  }
}

/** A key or a head that was given and is none is wrong usage. */
function refusing<T>(ask: () => T): T {
  try {
    return ask();
  } catch (error) {
    if (error instanceof NoteError)
      throw new HoldfastError('USAGE', { problem: `${error.message}.`, mend: `Use: holdfast ${verify.usage}` }, { cause: error });
    throw error;
  }
}

function linesOf(checks: readonly Checked[]): string {
  const lines = checks.flatMap(({ check, says, faults, notEstablished }) => [
    ...(says === null ? [] : [`ok               ${check}: ${says}`]),
    ...faults.map((fault) => `FAILED           ${check}: ${fault}`),
    ...notEstablished.map((why) => `not established  ${check}: ${why}`),
  ]);
  const wrong = checks.reduce((sum, { faults }) => sum + faults.length, 0);
  const open = checks.reduce((sum, { notEstablished }) => sum + notEstablished.length, 0);
  const verdict =
    wrong > 0
      ? `FAILED: ${wrong} wrong with this store.`
      : `Nothing is wrong with what could be checked; ${open} not established (see above).`;
  return `${[...lines.map((line) => printable(line)), '', verdict].join('\n')}\n`;
}
