import { CallFailure, type Transport } from '#src/collector.ts';
import type { Found } from './check-found.ts';

/** Beyond these (ms) a difference is told, and is a fault: signatures of requests, deadlines and the order of evidence rest on the clock. */
const told = 60_000;
const fault = 5 * 60_000;

/** The clocks of others, as the answers of each carry them, against ours. */
export function watchClocks(now: () => number) {
  /** By connection: the smallest difference seen (ms, positive where ours is ahead), since an answer may be long under way. */
  const differences = new Map<string, number>();
  const note = (name: string, date: string | undefined) => {
    const at = Date.parse(date ?? '');
    if (Number.isNaN(at)) return;
    const difference = now() - at;
    const known = differences.get(name);
    if (known === undefined || Math.abs(difference) < Math.abs(known)) differences.set(name, difference);
  };
  return {
    /** The clock of whoever answers at an address, asked without any credential; where nothing answers nothing is known. */
    async ask(name: string, address: string): Promise<void> {
      const answer = await fetch(address, { method: 'POST', redirect: 'manual', signal: AbortSignal.timeout(10_000) }).catch(() => null);
      note(name, answer?.headers.get('date') ?? undefined);
      await answer?.body?.cancel();
    },
    watch: (name: string, transport: Transport): Transport => ({
      async *call(operation, parameters, paged) {
        try {
          for await (const answer of transport.call(operation, parameters, paged)) {
            note(name, answer.date);
            yield answer;
          }
        } catch (error) {
          if (error instanceof CallFailure) note(name, error.date);
          throw error;
        }
      },
    }),
    found: (): Found[] => [...differences].map(([name, difference]) => clockFound(name, difference)),
  };
}

function clockFound(outside: string, difference: number): Found {
  const off = Math.abs(difference);
  if (off <= told) return { outside, kind: 'clock', ok: true, says: 'they agree to the minute', mend: '' };
  return {
    outside,
    kind: 'clock',
    ok: off <= fault,
    says: `the clock of this machine is ${spanOf(off)} ${difference > 0 ? 'ahead' : 'behind'}`,
    mend: 'Set it, and keep it with NTP (chrony, systemd-timesyncd, or the clock of the host of the container).',
  };
}

function spanOf(span: number): string {
  if (span < 120_000) return `${Math.round(span / 1000)} seconds`;
  if (span < 7_200_000) return `${Math.round(span / 60_000)} minutes`;
  return `${Math.round(span / 3_600_000)} hours`;
}
