import type { Logger } from 'pino';
import type { Companion } from '#src/companion.ts';
import { HoldfastError } from '#src/errors.ts';
import type { Desk } from './desk.ts';
import type { Inbox } from './inbox.ts';

const pace = 500;

/** Takes orders beside the cycles, within a second. What fails for a passing reason is tried again; what breaks the store ends with the agent. */
export function actionsCompanion({ inbox, desk, log }: { inbox: Inbox; desk: Desk; log: Logger }): Companion {
  let taking: Promise<void> | null = null;
  let said = '';
  const take = async (): Promise<void> => {
    try {
      if (inbox.waiting().length > 0) await desk.take();
      said = '';
    } catch (error) {
      const message = Error.isError(error) ? error.message : String(error);
      if (message !== said)
        log.error({ code: error instanceof HoldfastError ? error.code : 'PROGRAM_FAULT' }, `orders are not taken: ${message}`);
      said = message;
    }
  };
  const timer = setInterval(() => {
    taking ??= take().finally(() => {
      taking = null;
    });
  }, pace);
  return {
    name: 'actions',
    async close() {
      clearInterval(timer);
      await taking;
    },
  };
}
