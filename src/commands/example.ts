import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Agent, openAgent } from '#src/agent.ts';
import { type Config, loadConfig } from '#src/config.ts';
import { openLog } from '#src/log.ts';

const file = fileURLToPath(new URL('../../examples/acme-health/holdfast.yaml', import.meta.url));

/** The example company's configuration. Its evidence lies in the working directory, apart from any other. */
export function exampleConfig(cwd: string): Config & { readonly store: string } {
  return { ...loadConfig(file, {}), store: resolve(cwd, '.holdfast/example.db') };
}

/**
 * Rebuilds the example: half a year of recorded replies through the same doors, store and windows as a real company's, in simulated time.
 * Returns the agent at the end of it, and that instant.
 */
export async function buildExample(
  cwd: string,
  progress: (text: string) => unknown,
): Promise<{ agent: Agent; config: Config; present: number }> {
  const { exampleConnections, schedule } = await import('../../examples/acme-health/world.ts');
  const config = exampleConfig(cwd);
  for (const suffix of ['', '-wal', '-shm', '-lock']) rmSync(`${config.store}${suffix}`, { force: true });
  let present = config.window!.start;
  const agent = await openAgent({
    config,
    log: openLog('silent'),
    now: () => present,
    connections: exampleConnections(() => present),
    example: true,
  });
  const instants = schedule(config.window!);
  for (const [i, instant] of instants.entries()) {
    present = instant;
    await agent.runDue();
    if (i % 96 === 0) progress(`\r\u001b[Kreading the recordings: ${Math.round((100 * i) / instants.length)} %`);
  }
  progress('\r\u001b[K');
  // Connections are read one after the other, so the last cycle lies a little later than the instant it was started at.
  return { agent, config, present: agent.store.lastCycle()?.asOf ?? present };
}
