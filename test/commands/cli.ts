import { runCommand } from '#src/commands/index.ts';

/** Runs a command line in a folder, as a shell would, and gives what it wrote and its exit code. */
export async function holdfast(
  cwd: string,
  line: string,
  { env = {}, now = Date.now }: { env?: Record<string, string>; now?: () => number } = {},
): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const stdout = { write: (text: string) => (out += text) };
  const stderr = { write: (text: string) => (err += text) };
  const code = await runCommand(line === '' ? [] : line.split(' '), { env, cwd, stdout, stderr, now });
  return { code, out, err };
}
