import type { StatusReport } from '#src/report/types.ts';
import { type Ages, type Problem, unseenIn } from '#src/vitals/problems.ts';

interface Beside {
  /** Of the connections of the configuration. */
  readonly ages: readonly Ages[];
  /** Milliseconds since the last leaf was written: signing takes a moment. */
  readonly unsignedFor: number;
  /** What the agent told of its queue. */
  readonly queue: readonly Problem[];
  /** Messages that people do not get. */
  readonly letters: readonly Problem[];
}

/** What is not well, the worst first; empty where all is. An open deviation whose time has not run out is no such thing. */
export function wellness(
  { connections, ledger, signed, anchors, deviations, waivers, asOf }: StatusReport,
  { ages, unsignedFor, queue, letters }: Beside,
): Problem[] {
  const blind = new Set(ages.flatMap((age) => (age.blind.length > 0 ? [age.connection] : [])));
  return [
    ...queue,
    ...unseenIn(ages, Date.parse(asOf)),
    ...connections.flatMap(({ id, failing }): Problem[] => {
      if (failing.length === 0 || blind.has(id)) return [];
      const reasons = [...new Set(failing.map(({ unread }) => unread.unread))].toSorted().join(', ');
      return [{ key: `unread ${id}`, says: `${id}: ${counted(failing.length, 'scope')} cannot be read (${reasons})` }];
    }),
    ...((signed?.size ?? 0) < ledger.size && unsignedFor > 60_000
      ? [
          {
            key: 'signature',
            says: signed ? `${counted(ledger.size - signed.size, 'leaf is', 'leaves are')} not signed` : 'nothing is signed',
          },
        ]
      : []),
    ...anchors.flatMap(({ name, late, fault }): Problem[] =>
      late || (fault !== null && fault.attempts >= 3)
        ? [
            {
              key: `anchor ${name}`,
              says: fault ? `anchor ${name} failed ${fault.attempts} times: ${fault.reason}` : `anchor ${name} is late`,
            },
          ]
        : [],
    ),
    ...letters,
    ...(deviations.overdue > 0
      ? [{ key: 'overdue', says: `${counted(deviations.overdue, 'deviation is', 'deviations are')} overdue` }]
      : []),
    ...(waivers.expired > 0
      ? [{ key: 'waivers', says: `${counted(waivers.expired, 'waiver')} expired while what they accept still fails` }]
      : []),
  ];
}

/** `1 scope`, `2 scopes`. */
export const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;
