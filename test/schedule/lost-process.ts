import { openOperations } from '#src/operations/operations.ts';
import { openBullmq } from '#src/schedule/bullmq.ts';
import { openEmbedded, queuePart } from '#src/schedule/embedded.ts';
import { redisAddress } from '#src/schedule/redis.ts';
import { brisk } from '#test/contracts/brisk.ts';

/** A worker to be killed: `lost-process.ts ADDRESS NAME`. Takes one job, says so, and never ends it. */
const [address = '', name = ''] = process.argv.slice(2);
const queue = address.startsWith('redis:')
  ? openBullmq(redisAddress(address), name, brisk)
  : openEmbedded(openOperations(address, [queuePart]), Date.now, brisk);
queue.work({ name: 'lost', atOnce: 1 }, ({ key }) => {
  process.stdout.write(`${key}\n`);
  return new Promise(() => undefined);
});
