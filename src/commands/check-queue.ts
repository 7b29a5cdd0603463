import type { Config } from '#src/config.ts';
import { examined } from '#src/schedule/open.ts';
import { type Found, found } from './check-found.ts';

/** Whether Redis is there and keeps what it is given; the queue itself is left alone. */
export async function checkQueue(config: Config): Promise<Found[]> {
  if (!config.queue?.redis) return [];
  const asked = await found('queue', 'queue', async () => {
    const facts = await examined(config);
    const says = `${facts!.name} is Redis ${facts!.version}`;
    if (facts!.keeps) return [`${says}, and keeps what it is given`, ''];
    const mend = 'Set appendonly to yes; without it a restart costs what is under way, which is then asked again.';
    return [`${says}; after a restart it has forgotten its jobs`, mend];
  });
  return [asked];
}
