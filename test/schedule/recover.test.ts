import { expect, test } from '@jest/globals';
import { HoldfastError } from '#src/errors.ts';
import { recovering } from '#src/schedule/recover.ts';

const gone = () => new HoldfastError('STORE_UNREACHABLE', { store: 'postgres://db', reason: 'ECONNRESET' });
const log = () => {
  const said: object[] = [];
  return { said, error: (data: object) => void said.push(data) };
};

test('work that lost its database begins anew, later and later, until it works; then the waiting begins from the start', async () => {
  const waits: number[] = [];
  const told = log();
  let attempts = 0;
  await recovering(
    async (works) => {
      attempts++;
      if (attempts === 1 || attempts === 4) works();
      if (attempts < 6) throw gone();
    },
    {
      signal: new AbortController().signal,
      log: told,
      pause: (failures) => {
        waits.push(failures);
        return 0;
      },
    },
  );
  expect(attempts).toBe(6);
  expect(waits).toEqual([1, 2, 3, 1, 2]);
  expect(told.said[0]).toMatchObject({ code: 'STORE_UNREACHABLE', attempts: 1 });
});

test('a set-up that never worked, and a fault that does not pass, end it', async () => {
  const signal = new AbortController().signal;
  await expect(recovering(() => Promise.reject(gone()), { signal, log: log() })).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' });
  const moved = async (works: () => void) => {
    works();
    throw new HoldfastError('LEDGER_MOVED', { found: 2, expected: 1 });
  };
  await expect(recovering(moved, { signal, log: log() })).rejects.toMatchObject({ code: 'LEDGER_MOVED' });
});

test('asked to stop while it waits, it stops at once', async () => {
  const stop = new AbortController();
  const work = async (works: () => void) => {
    works();
    setTimeout(() => stop.abort(), 10);
    throw gone();
  };
  await recovering(work, { signal: stop.signal, log: log(), pause: () => 3_600_000 });
});

test('what fails while the work is closed does not hide why it was interrupted', async () => {
  let attempts = 0;
  const work = async (works: () => void) => {
    works();
    await using _open = {
      async [Symbol.asyncDispose]() {
        if (attempts === 1) throw new Error('the connection is gone');
      },
    };
    if (++attempts === 1) throw gone();
  };
  const told = log();
  await recovering(work, { signal: new AbortController().signal, log: told, pause: () => 0 });
  expect(attempts).toBe(2);
  expect(told.said).toEqual([expect.objectContaining({ code: 'STORE_UNREACHABLE' })]);
});
