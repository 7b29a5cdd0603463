import { existsSync } from 'node:fs';
import { openBeside } from '#src/agent.ts';
import { besideEvidence, type Config } from '#src/config.ts';
import type { Operations } from '#src/operations/operations.ts';

/** What the agent remembers beside its evidence; null where no agent has worked yet. */
export async function openIfKept(config: Config): Promise<Operations | null> {
  const { store } = config;
  if (typeof store === 'string' && (store === ':memory:' || !existsSync(besideEvidence(config, 'operations.db')))) return null;
  return openBeside(config);
}
