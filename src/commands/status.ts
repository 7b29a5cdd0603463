import type { StatusReport } from '#src/report/types.ts';
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
  items,
  results,
  observed,
  unobserved,
  deviations,
  ledger,
  criteria,
}: StatusReport): string {
  const count = (result: keyof typeof results) => `${results[result]} ${result}`;
  const text = [
    `${company}${example ? ' (example company: recorded replies, not your systems)' : ''}`,
    window ? `Window       ${window.firstDay} to ${window.lastDay}, ${window.timeZone}` : 'Window       none declared',
    `As of        ${asOf}`,
    `Items        ${items} in ${connections.reduce((total, { scopes }) => total + scopes, 0)} scopes over ${connections.length} connections`,
    `Results      ${(['pass', 'fail', 'unobserved', 'pending', 'not-applicable'] as const).map(count).join(', ')}`,
    `Observed     ${observed === null ? '-' : percent(observed)} of the window so far${unobserved ? `; ${unobserved.gaps} gaps` : ''}`,
    `Deviations   ${deviations.total}, of which ${deviations.open} open and ${deviations.overdue} overdue${deviations.nextDue ? `; next due ${deviations.nextDue}` : ''}`,
    `Criteria     ${criteria.filter(({ reached }) => reached).length} of ${criteria.length} reached by an available key rule`,
    `Ledger       ${ledger.size} leaves, root ${ledger.root.slice(0, 16)}…`,
    ...connections.map(
      ({ id, lastCycle, failing }) =>
        `Connection   ${id}: last cycle ${lastCycle ? new Date(lastCycle.ended).toISOString() : 'never'}${failing.length > 0 ? `; ${failing.length} scopes cannot be read` : ''}`,
    ),
    ...(retired.length > 0
      ? [`Retired      ${retired.length} scopes are no longer looked at: ${[...new Set(retired.map(({ reason }) => reason))].join('; ')}`]
      : []),
    ...connections.flatMap(({ failing }) =>
      failing.slice(0, 5).map(({ scope, unread, since }) => `  not read   ${scope} since ${since}: ${unread.call} ${unread.unread}`),
    ),
  ];
  return `${text.map((line) => printable(line)).join('\n')}\n`;
}
