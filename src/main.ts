import { endWhenAsked } from '#src/stopping.ts';

endWhenAsked();
const { runCommand } = await import('#src/commands/index.ts');

process.exitCode = await runCommand(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  stdout: process.stdout,
  stderr: process.stderr,
  now: Date.now,
});
