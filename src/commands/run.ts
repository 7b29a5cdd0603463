import type { Logger } from 'pino';
import { type Agent, openAgent } from '#src/agent.ts';
import type { Config } from '#src/config.ts';
import type { CycleOutcome } from '#src/cycle/cycle.ts';
import { HoldfastError } from '#src/errors.ts';
import { openLog } from '#src/log.ts';
import type { Acting } from '#src/portal/acting.ts';
import { startPortal } from '#src/portal/server.ts';
import { repeat } from '#src/schedule/loop.ts';
import { recovering } from '#src/schedule/recover.ts';
import { stopWhenAsked } from '#src/stopping.ts';
import { buildIn } from '#src/vitals/build.ts';
import { openSigns, type Signs } from '#src/vitals/signs.ts';
import type { Command, Invocation } from './command.ts';
import { buildExample } from './example.ts';
import { logLevelIn, logLevelOption } from './log-level.ts';
import { printable } from './text.ts';

/** Often enough that what is to be read once more is read while people still wait for it. */
const tick = 15_000;

export const run: Command = {
  summary: 'The agent: schedule, cycles, status page. With --once: a look at everything now, then exit.',
  usage: 'run [--once]',
  options: {
    once: { type: 'boolean', means: 'Look at everything once, now, and exit' },
    ...logLevelOption,
  },
  run: async (invocation) => {
    const { options, stderr } = invocation;
    const config = ownConfig(invocation);
    if (config === null) {
      stderr.write(
        'There is no holdfast.yaml here, so this is the example company: recorded replies, not your systems.\nConnect your own with `bin/holdfast init`.\n',
      );
      return runExample(invocation);
    }
    if (options.example === true) return runExample(invocation);
    return runOwn(config, invocation);
  },
};

async function runOwn(config: Config, { options, env, now, stderr, answer }: Invocation): Promise<number> {
  const log = openLog(logLevelIn({ options, env }, options['once'] === true ? 'error' : 'info'));
  using stopping = stopWhenAsked(log);
  const { signal } = stopping;
  await Promise.all(config.secrets.map((secret) => secret.resolve()));
  const open = (signs?: Signs) => openAgent({ config, log, now, operating: true, signal, ...(signs && { signs }) });
  if (options.once === true) {
    await using agent = await open();
    return await lookOnce(agent, { stderr, answer }, signal);
  }
  await using signs = await openSigns({ config, build: buildIn(env), log, now });
  const work = async (works: () => void): Promise<void> => {
    await using agent = await open(signs);
    const looking = async () => {
      await agent.runDue();
      works();
    };
    await serve(agent, config, { example: false, now, log, signal, ...(!config.metrics && { signs }) }, stderr, () =>
      repeat(looking, tick, signal),
    );
  };
  await recovering(work, { signal, log });
  if (signal.aborted) log.info('stopped');
  return 0;
}

async function lookOnce(agent: Agent, { stderr, answer }: Pick<Invocation, 'stderr' | 'answer'>, signal: AbortSignal): Promise<number> {
  const progress = (connection: string, done: number, of: number) =>
    stderr.isTTY && stderr.write(`\r\u001b[K${connection}: ${done} of ${of} scopes`);
  const outcomes = await agent.runDue({ everything: true, progress });
  if (stderr.isTTY) stderr.write('\r\u001b[K');
  await agent.published(signal.aborted ? 0 : 30_000);
  answer(outcomes.map(summary), () => outcomes.map((outcome) => `${text(outcome)}\n`).join('') || 'There is nothing to look at.\n');
  if (signal.aborted) throw new HoldfastError('STOPPED', {});
  const unreadable = outcomes.find(({ record }) => !readAnything(record));
  if (unreadable) throw unreadableConnection(unreadable);
  return 0;
}

async function runExample({ options, cwd, stderr, answer }: Invocation): Promise<number> {
  using stopping = stopWhenAsked(openLog('silent'));
  const { agent, config, present } = await buildExample(cwd, (text) => stderr.isTTY && stderr.write(text));
  try {
    const status = agent.report(present).status();
    if (options.once === true) {
      answer(status, () => `The example company was read ${status.ledger.size} times.\n`);
      return 0;
    }
    await serve(agent, config, { example: true, now: () => present, signal: stopping.signal }, stderr, async () => undefined);
    return 0;
  } finally {
    await agent[Symbol.asyncDispose]();
  }
}

/** Serves the pages and works until the process is asked to stop. */
async function serve(
  agent: Agent,
  config: Config,
  { example, now, log, signal, signs }: { example: boolean; now: () => number; log?: Logger; signal: AbortSignal; signs?: Signs },
  stderr: Invocation['stderr'],
  work: () => Promise<unknown>,
): Promise<void> {
  const acting = await actingIn(config, agent);
  const portal = await startPortal({
    report: () => agent.report(now()),
    ledgerSize: () => agent.store.head().size,
    alerts: () => agent.alerts(),
    listen: config.portal,
    company: config.company,
    example,
    now,
    ...(acting && { acting }),
    ...(log && { log }),
    ...(signs && { signs }),
  });
  stderr.write(`Status page: ${portal.url}\n`);
  try {
    await work();
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  } finally {
    await portal.close();
  }
}

/** Who may act over the pages: where a proxy signs people in, and the agent takes orders. */
async function actingIn({ portal, people, waivers, timeZone }: Config, { inbox }: Agent): Promise<Acting | null> {
  const { signIn, address } = portal;
  if (!signIn || address === undefined || !inbox) return null;
  const { header, proof, secret } = signIn;
  return { actions: inbox, people, longestDays: waivers.longestDays, address, timeZone, header, proof, secret: await secret.resolve() };
}

/** The company's configuration; null where none was asked for and there is none. */
function ownConfig({ config, options }: Invocation): Config | null {
  try {
    return config();
  } catch (error) {
    if (options.config === undefined && error instanceof HoldfastError && error.code === 'CONFIG_FILE_MISSING') return null;
    throw error;
  }
}

const summary = ({ head, record }: CycleOutcome) => ({
  connection: record.connection,
  asOf: new Date(record.asOf).toISOString(),
  ended: new Date(record.ended).toISOString(),
  scopes: record.scopes.length,
  failed: record.scopes.flatMap((scope) => (scope.status === 'failed' ? [{ ...scope.scope, ...scope.unread }] : [])),
  items: record.scopes.reduce((total, scope) => total + (scope.status === 'complete' ? scope.items : 0), 0),
  changes: record.scopes.reduce((total, scope) => total + (scope.status === 'complete' ? scope.changes.length : 0), 0),
  calls: record.scopes.reduce((total, { calls }) => total + calls.length, 0),
  retired: record.retired,
  ledger: head,
});

function text(outcome: CycleOutcome): string {
  const { connection, scopes, failed, items, changes, ledger } = summary(outcome);
  const lost = failed.map(
    ({ account, region, population, call, unread, detail }) =>
      `\n  not read: ${account}/${region}/${population}: ${call} ${unread} ${detail}`,
  );
  return (
    printable(`${connection}: ${items} items in ${scopes} scopes, ${failed.length} not read, ${changes} changes; ledger ${ledger.size}`) +
    lost.map((line) => `\n${printable(line.slice(1))}`).join('')
  );
}

/** Whether any collector was told anything: a scope whose fields are all unread is complete, and says no more than one that failed. */
const readAnything = ({ scopes }: CycleOutcome['record']): boolean =>
  scopes.some(({ status, calls }) => status === 'complete' && calls.some(({ reply }) => reply !== null)) ||
  !scopes.some(({ status }) => status === 'failed');

function unreadableConnection({ record }: CycleOutcome): HoldfastError {
  const first = record.scopes.find((scope) => scope.status === 'failed')!;
  const reason = first.status === 'failed' ? `${first.unread.call}: ${first.unread.unread}, ${first.unread.detail}` : '';
  return new HoldfastError('CONNECTION_UNREADABLE', {
    connection: record.connection,
    reason,
    provider: first.scope.population.split('.')[0]!,
  });
}
