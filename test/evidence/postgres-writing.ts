import { setTimeout as sleep } from 'node:timers/promises';
import { HoldfastError } from '#src/errors.ts';
import { openPostgres } from '#src/evidence/postgres.ts';
import type { EvidenceStore } from '#src/evidence/store.ts';
import { tellNext } from '#test/evidence/faults/story.ts';

/**
 * Competes for the store that the argument names: opens it when it can, adds a few leaves, lets go, again and again, until it is killed.
 * Says each cycle that is acknowledged, each refusal, and any error that it should not have met.
 */
const address = process.argv[2]!;
for (;;) {
  const store = open();
  if (store) await write(store);
  await sleep(5);
}

function open(): EvidenceStore | null {
  try {
    return openPostgres(address, { patience: 10_000 });
  } catch (error) {
    say(error, ['STORE_LOCKED', 'STORE_UNREACHABLE']);
    return null;
  }
}

async function write(store: EvidenceStore): Promise<void> {
  try {
    for (let n = 0; n < 40; n++) {
      const { size, root } = await tellNext(store);
      process.stdout.write(`${size} ${root}\n`);
    }
  } catch (error) {
    say(error, ['STORE_UNREACHABLE']);
  } finally {
    await store[Symbol.asyncDispose]();
  }
}

function say(error: unknown, expected: readonly string[]): void {
  const code = error instanceof HoldfastError ? error.code : '';
  process.stdout.write(expected.includes(code) ? `${code}\n` : `fault ${String(error).replaceAll('\n', ' ')}\n`);
}
