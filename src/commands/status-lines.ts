import type { AlertTally } from '#src/alerts/tally.ts';
import type { AnchorStatus, StatusReport } from '#src/report/types.ts';
import { percent } from '#src/report/words.ts';
import { type Problem, spanInWords } from '#src/vitals/problems.ts';
import { printable } from './text.ts';
import { counted } from './wellness.ts';

/** At most so many problems are told here; `--json` has them all. */
const most = 3;

/** `holdfast status`: ten lines, the first of which says whether all is well. */
export function statusLines(status: StatusReport, problems: readonly Problem[], alerts: AlertTally | null): string {
  const { company, example, window, asOf, connections, items, observed, unobserved } = status;
  const text = [
    verdict(problems, status),
    `${company}${example ? ' (example company: recorded replies, not your systems)' : ''}`,
    `${window ? `Window       ${window.firstDay} to ${window.lastDay}, ${window.timeZone}` : 'Window       none declared'}; as of ${asOf}`,
    `Items        ${items} in ${connections.reduce((total, { scopes }) => total + scopes, 0)} scopes; ${resultCounts(status)}`,
    `Observed     ${observed === null ? '-' : percent(observed)} of the window so far${unobserved ? `; ${counted(unobserved.gaps, 'gap')}` : ''}${past(status)}`,
    `Deviations   ${deviationCounts(status)}${alerts === null ? '' : alertCounts(alerts)}`,
    `Connections  ${connections.map((connection) => connectionAge(connection, asOf)).join('; ') || 'none was looked at yet'}`,
    `Criteria     ${status.criteria.filter(({ reached }) => reached).length} of ${status.criteria.length} reached by an available key rule`,
    `Ledger       ${ledgerState(status)}`,
    `Anchors      ${anchors(status)}`,
  ];
  return `${text.map((line) => printable(line)).join('\n')}\n`;
}

function verdict(problems: readonly Problem[], { results: { fail, unobserved }, deviations: { open } }: StatusReport): string {
  if (problems.length === 0) {
    // What may still be mended in time is not hidden behind the word.
    const left = [
      ...(open > 0 ? [counted(open, 'deviation is open, in time', 'deviations are open, in time')] : []),
      ...(fail > 0 ? [counted(fail, 'result fails', 'results fail')] : []),
      ...(unobserved > 0 ? [counted(unobserved, 'result is unobserved', 'results are unobserved')] : []),
    ];
    return ['All is well: everything was looked at in time and is signed, nothing is overdue', ...left].join('; ').concat('.');
  }
  const told = problems.slice(0, most).map(({ says }) => says);
  return `Not well: ${told.join('; ')}${problems.length > most ? `; and ${problems.length - most} more, see --json` : ''}.`;
}

const resultCounts = ({ results }: StatusReport): string =>
  (['pass', 'fail', 'unobserved', 'pending', 'not-applicable'] as const).map((result) => `${results[result]} ${result}`).join(', ');

/** What was brought later, and what is no longer looked at. */
const past = ({ backfills, retired }: StatusReport): string =>
  (backfills.length > 0 ? `; looks were brought later or corrected ${counted(backfills.length, 'time')}` : '') +
  (retired.length > 0 ? `; ${counted(retired.length, 'scope is', 'scopes are')} no longer looked at` : '');

function deviationCounts({ deviations: { total, open, waived, overdue, nextDue }, waivers }: StatusReport): string {
  const { requested, inForce, expired } = waivers;
  const asked = requested + inForce + expired === 0 ? [] : [waiverCounts(waivers)];
  return [
    `${total}, of which ${open} open${waived > 0 ? ` (${waived} under waiver)` : ''} and ${overdue} overdue`,
    ...(nextDue ? [`next due ${nextDue}`] : []),
    ...asked,
  ].join('; ');
}

function alertCounts({ open, acknowledged, waiting, parked }: AlertTally): string {
  const total = Object.values(open).reduce((sum, count) => sum + count, 0);
  const late = waiting + parked;
  return `; alerts: ${total} open${acknowledged > 0 ? `, ${acknowledged} acknowledged` : ''}${late > 0 ? `, ${late} messages not delivered` : ''}`;
}

const waiverCounts = ({ requested, inForce, expired, nextEnd }: StatusReport['waivers']): string =>
  [
    `waivers: ${inForce} in force${nextEnd ? `, the next ends ${nextEnd}` : ''}`,
    `${requested} wait for a decision`,
    ...(expired > 0 ? [`${expired} expired while what they accept still fails`] : []),
  ].join(', ');

const connectionAge = ({ id, lastCycle, failing }: StatusReport['connections'][number], asOf: string): string =>
  `${id} ${lastCycle ? `${spanInWords(Date.parse(asOf) - lastCycle.ended)} ago` : 'never'}${failing.length > 0 ? `, ${counted(failing.length, 'scope')} not read` : ''}`;

function ledgerState({ ledger, signed, keyBesideEvidence, anchors }: StatusReport): string {
  const by = signed
    ? `signed by ${signed.origin} ${signed.size === ledger.size ? 'to the last leaf' : `up to ${signed.size} leaves`}`
    : 'not signed at all';
  return `${ledger.size} leaves, root ${ledger.root.slice(0, 16)}…, ${by}${keyBesideEvidence ? `; the key lies beside the evidence: ${beside(anchors)}` : ''}`;
}

/** What a key is worth that whoever can change the evidence can use. */
const beside = (anchors: readonly AnchorStatus[]): string =>
  anchors.length > 0 ? 'it protects only up to the last anchor' : 'it protects only up to the last anchor, and there is none';

const anchors = ({ anchors, asOf }: StatusReport): string =>
  anchors.length === 0
    ? 'none: nobody outside could tell whether the ledger was written anew'
    : anchors.map((anchor) => anchorState(anchor, asOf)).join('; ');

function anchorState({ name, kind, size, at, leavesBehind, behindSince, late, fault }: AnchorStatus, asOf: string): string {
  const behind =
    behindSince === null
      ? 'nothing behind'
      : `${leavesBehind} leaves and ${spanInWords(Date.parse(asOf) - Date.parse(behindSince))} behind`;
  const last = size === null ? 'nothing published yet' : `${size} leaves on ${at}`;
  const failed = fault ? `; failed ${fault.at}, ${fault.attempts} in a row: ${fault.reason}${fault.mend ? `. ${fault.mend}` : ''}` : '';
  return `${name} (${kind}): ${last}, ${behind}${late ? ', which is late' : ''}${failed}`;
}
