import type { AnchorStatus, StatusReport } from '#src/report/types.ts';
import { percent } from '#src/report/words.ts';
import type { Command } from './command.ts';
import { printable } from './text.ts';

export const status: Command = {
  summary: 'In ten lines: whether everything is being observed, and what is open.',
  usage: 'status',
  run: ({ reading, answer }) =>
    reading((report) => {
      const current = report.status();
      answer(current, () => lines(current));
      return 0;
    }),
};

function lines({
  company,
  example,
  window,
  asOf,
  connections,
  retired,
  backfills,
  items,
  results,
  observed,
  unobserved,
  deviations,
  waivers,
  ledger,
  criteria,
  signed,
  keyBesideEvidence,
  anchors,
}: StatusReport): string {
  const count = (result: keyof typeof results) => `${results[result]} ${result}`;
  const text = [
    `${company}${example ? ' (example company: recorded replies, not your systems)' : ''}`,
    window ? `Window       ${window.firstDay} to ${window.lastDay}, ${window.timeZone}` : 'Window       none declared',
    `As of        ${asOf}`,
    `Items        ${items} in ${connections.reduce((total, { scopes }) => total + scopes, 0)} scopes over ${connections.length} connections`,
    `Results      ${(['pass', 'fail', 'unobserved', 'pending', 'not-applicable'] as const).map(count).join(', ')}`,
    `Observed     ${observed === null ? '-' : percent(observed)} of the window so far${unobserved ? `; ${unobserved.gaps} gaps` : ''}`,
    `Deviations   ${deviations.total}, of which ${deviations.open} open${deviations.waived > 0 ? ` (${deviations.waived} under waiver)` : ''} and ${deviations.overdue} overdue${deviations.nextDue ? `; next due ${deviations.nextDue}` : ''}`,
    ...waiverLine(waivers),
    `Criteria     ${criteria.filter(({ reached }) => reached).length} of ${criteria.length} reached by an available key rule`,
    `Ledger       ${ledger.size} leaves, root ${ledger.root.slice(0, 16)}…`,
    signed
      ? `Signed       by ${signed.origin}, ${signed.size === ledger.size ? 'to the last leaf' : `up to ${signed.size} leaves`}${keyBesideEvidence ? `; the key lies beside the evidence: ${beside(anchors)}` : ''}`
      : 'Signed       not at all',
    ...anchors.flatMap((anchor) => anchorLines(anchor, asOf)),
    ...connections.map(
      ({ id, lastCycle, failing }) =>
        `Connection   ${id}: last cycle ${lastCycle ? new Date(lastCycle.ended).toISOString() : 'never'}${failing.length > 0 ? `; ${failing.length} scopes cannot be read` : ''}`,
    ),
    ...(backfills.length > 0
      ? [
          `Backfilled   ${backfills.length} times looks were brought later or corrected: ${[...new Set(backfills.map(({ reason }) => reason))].join('; ')}`,
        ]
      : []),
    ...(retired.length > 0
      ? [`Retired      ${retired.length} scopes are no longer looked at: ${[...new Set(retired.map(({ reason }) => reason))].join('; ')}`]
      : []),
    ...connections.flatMap(({ failing }) =>
      failing.slice(0, 5).map(({ scope, unread, since }) => `  not read   ${scope} since ${since}: ${unread.call} ${unread.unread}`),
    ),
  ];
  return `${text.map((line) => printable(line)).join('\n')}\n`;
}

/** Nothing where nobody asked for any. */
function waiverLine({ requested, inForce, expired, nextEnd }: StatusReport['waivers']): string[] {
  if (requested + inForce + expired === 0) return [];
  return [
    `Waivers      ${inForce} in force${nextEnd ? `, the next ends ${nextEnd}` : ''}; ${requested} wait for a decision${expired > 0 ? `; ${expired} expired while what they accept still fails` : ''}`,
  ];
}

/** What a key is worth that whoever can change the evidence can use. */
const beside = (anchors: readonly AnchorStatus[]): string =>
  anchors.length > 0 ? 'it protects only up to the last anchor' : 'it protects only up to the last anchor, and there is none';

function anchorLines({ name, kind, size, at, leavesBehind, behindSince, late, fault }: AnchorStatus, asOf: string): string[] {
  const behind =
    behindSince === null
      ? 'nothing behind'
      : `${leavesBehind} leaves and ${spanInWords(Date.parse(asOf) - Date.parse(behindSince))} behind`;
  const last = size === null ? 'nothing published yet' : `${size} leaves on ${at}`;
  return [
    `Anchor       ${name} (${kind}): ${last}; ${behind}${late ? ', which is late' : ''}`,
    ...(fault ? [`  failed     ${fault.at}, ${fault.attempts} in a row: ${fault.reason}${fault.mend ? `. ${fault.mend}` : ''}`] : []),
  ];
}

function spanInWords(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / 60_000));
  if (minutes < 120) return `${minutes} min`;
  return minutes < 2_880 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1_440)} days`;
}
