import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Action, Answer, Deed } from '#src/actions/action.ts';
import { type Inbox, openInbox } from '#src/actions/inbox.ts';
import { openAgent, openBeside } from '#src/agent.ts';
import type { Config } from '#src/config.ts';
import { HoldfastError } from '#src/errors.ts';
import { openLog } from '#src/log.ts';
import type { Invocation } from './command.ts';

const patience = 30_000;

/**
 * Orders something in a person's name. The agent that runs takes it; where none holds the evidence, this process does. Returns what became of
 * it. Errors: ACTION_REFUSED, ACTION_NOT_TAKEN, and those of opening the evidence.
 */
export async function order(invocation: Invocation, by: string, deed: Deed): Promise<Extract<Answer, { ok: true }>> {
  const { now } = invocation;
  const config = invocation.config();
  const example = invocation.options['example'] === true;
  if (typeof config.store === 'string' && !existsSync(config.store)) throw new HoldfastError('STORE_MISSING', { file: config.store });
  using operations = await openBeside(config);
  const inbox = openInbox(operations, now);
  const action = { id: randomUUID(), by, at: now(), via: { way: 'command', user: userInfo().username }, deed } as const;
  const answer = await takenBySomebody(inbox, { config, now, example }, action);
  if (!answer.ok) throw new HoldfastError('ACTION_REFUSED', { problem: answer.problem, mend: answer.mend });
  return answer;
}

interface Here {
  readonly config: Config;
  readonly now: () => number;
  readonly example: boolean;
}

/** Whoever holds the evidence takes orders. It is given time: a look at everything may be about to end, or the agent about to start. */
async function takenBySomebody(inbox: Inbox, here: Here, action: Action): Promise<Answer> {
  const until = performance.now() + patience;
  inbox.put(action);
  for (;;) {
    const taken = await takeHere(inbox, here);
    try {
      return await inbox.submit(action, taken ? 0 : Math.min(5_000, until - performance.now()));
    } catch (error) {
      if (!(error instanceof HoldfastError) || error.code !== 'ACTION_NOT_TAKEN') throw error;
      if (performance.now() >= until) throw new HoldfastError('ACTION_NOT_TAKEN', { seconds: patience / 1000 });
    }
    await sleep(100);
  }
}

/** Takes all orders that wait, where no other process holds the evidence. */
async function takeHere(inbox: Inbox, { config, now, example }: Here): Promise<boolean> {
  try {
    await using agent = await openAgent({ config, log: openLog('error'), now, connections: [], example });
    await agent.desk(inbox).take();
    return true;
  } catch (error) {
    if (error instanceof HoldfastError && error.code === 'STORE_LOCKED') return false;
    throw error;
  }
}
