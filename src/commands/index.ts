import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Agent, openAgent } from '#src/agent.ts';
import { exampleConfig } from '#src/commands/example.ts';
import { type Config, loadConfig } from '#src/config.ts';
import { didYouMean, errorText, HoldfastError, originOf } from '#src/errors.ts';
import { openLog } from '#src/log.ts';
import { learnSecretsOf, withoutSecrets } from '#src/redaction.ts';
import { collectors, investigators } from '#src/registry.ts';
import { alerts } from './alerts.ts';
import { backfill } from './backfill.ts';
import { check } from './check.ts';
import type { Command, Invocation, Options, Surroundings } from './command.ts';
import { conclude } from './conclude.ts';
import { controls } from './controls.ts';
import { deviations } from './deviations.ts';
import { explain } from './explain.ts';
import { exportCommand } from './export.ts';
import { init } from './init.ts';
import { key } from './key.ts';
import { migrate } from './migrate.ts';
import { policy } from './policy.ts';
import { erase, purge } from './purge.ts';
import { replay } from './replay.ts';
import { results } from './results.ts';
import { rulesCommand } from './rules.ts';
import { run } from './run.ts';
import { status } from './status.ts';
import { printable } from './text.ts';
import { verify } from './verify.ts';
import { waive } from './waive.ts';
import { worker } from './worker.ts';

export const commands: Readonly<Record<string, Command>> = {
  init,
  check,
  run,
  worker,
  status,
  results,
  conclude,
  deviations,
  alerts,
  waive,
  export: exportCommand,
  replay,
  rules: rulesCommand,
  controls,
  explain,
  policy,
  verify,
  backfill,
  purge,
  erase,
  key,
  migrate,
};

const common = {
  config: { type: 'string', means: 'The configuration; holdfast.yaml in the working directory when not given' },
  example: { type: 'boolean', means: 'The example company in place of the own' },
  json: { type: 'boolean', means: 'Write JSON' },
  help: { type: 'boolean', means: 'Say how the command is used' },
} as const;

/**
 * Runs one command line. Data goes to standard output, everything else to standard error. Returns the exit code: 0 when it did its work,
 * 1 on a fault of ours, 2 on wrong usage or configuration, 3 when a connection could not be read at all.
 */
export async function runCommand(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const { stdout, stderr, env } = surroundings;
  learnSecretsOf(env);
  try {
    const [name, ...rest] = argv;
    if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
      (name === undefined ? stderr : stdout).write(usage());
      return name === undefined ? 2 : 0;
    }
    const command = Object.hasOwn(commands, name) ? commands[name]! : undefined;
    if (!command)
      throw new HoldfastError('COMMAND_UNKNOWN', { command: name, suggestion: didYouMean(name, new Set(Object.keys(commands))) });
    const { values, positionals } = parse(name, command, rest);
    if (values.help === true) {
      stdout.write(usageOf(command));
      return 0;
    }
    return await command.run(invocation(values, positionals, surroundings));
  } catch (error) {
    return report(error, stderr, env.HOLDFAST_DEBUG !== undefined);
  }
}

function parse(name: string, command: Command, args: readonly string[]): { values: Options; positionals: string[] } {
  const known: NonNullable<Command['options']> = { ...common, ...command.options };
  const options = Object.fromEntries(Object.entries(known).map(([option, { type, multiple = false }]) => [option, { type, multiple }]));
  try {
    const parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    const [least, most] = command.operands ?? [0, 0];
    if (parsed.values.help === true) return parsed as { values: Options; positionals: string[] };
    if (parsed.positionals.length < least || parsed.positionals.length > most)
      throw new Error(
        least === most && least === 0
          ? `${name} takes no operand`
          : `${name} needs ${least === most ? least : `${least} to ${most}`} operand`,
      );
    return parsed as { values: Options; positionals: string[] };
  } catch (cause) {
    const reason = Error.isError(cause) ? cause.message.split('. To specify')[0]! : String(cause);
    throw new HoldfastError('USAGE', { problem: `${reason}.`, mend: `Use: holdfast ${command.usage}` }, { cause });
  }
}

function invocation(options: Options, operands: readonly string[], surroundings: Surroundings): Invocation {
  const { stdout, cwd, env, now } = surroundings;
  const config = (): Config => {
    if (options.example === true) return exampleConfig(cwd);
    return loadConfig(resolve(cwd, typeof options.config === 'string' ? options.config : 'holdfast.yaml'), env, {
      collectors: collectors.map(({ id }) => id),
      investigators: investigators.map(({ id }) => id),
    });
  };
  return {
    ...surroundings,
    options,
    operands,
    config,
    async reading(ask) {
      const settings = config();
      if (typeof settings.store === 'string' && !existsSync(settings.store))
        throw new HoldfastError('STORE_MISSING', { file: settings.store });
      const example = options.example === true;
      const agent: Agent = await openAgent({
        config: settings,
        log: openLog('silent'),
        now,
        readOnly: true,
        example,
      });
      try {
        return await ask(agent.report(example ? agent.store.lastCycle()?.asOf : undefined), agent);
      } finally {
        await agent[Symbol.asyncDispose]();
      }
    },
    answer(document, text) {
      stdout.write(withoutSecrets(options.json === true ? `${JSON.stringify(document, null, 2)}\n` : text()));
    },
  };
}

function report(thrown: unknown, stderr: Surroundings['stderr'], debug: boolean): number {
  const error = originOf(thrown);
  const known =
    error instanceof HoldfastError
      ? error
      : new HoldfastError('PROGRAM_FAULT', { reason: Error.isError(error) ? error.message : String(error) }, { cause: error });
  for (const line of errorText(known).split('\n')) stderr.write(`${printable(withoutSecrets(line))}\n`);
  if (debug && Error.isError(error)) stderr.write(`${withoutSecrets(error.stack ?? '')}\n`);
  return known.exit;
}

function usage(): string {
  const lines = Object.values(commands).map(({ usage, summary }) => `  ${usage}\n      ${summary}\n`);
  return `Holdfast shows whether SOC 2 controls operate, continuously, and keeps the proof.\n\nholdfast COMMAND [--config FILE] [--json]\n\n${lines.join('')}\nWithout holdfast.yaml, \`holdfast run\` shows an example company.\n`;
}

function usageOf({ usage, summary, options }: Command): string {
  const lines = Object.entries({ ...options, ...common }).map(
    ([name, { type, means }]) => `  --${name}${type === 'string' ? ' …' : ''}`.padEnd(22) + means,
  );
  return `holdfast ${usage}\n\n${summary}\n\n${lines.join('\n')}\n`;
}
