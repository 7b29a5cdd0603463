import type { Case, Ran } from './cases.ts';

export interface Disagreement {
  readonly theirs: string;
  readonly ours: string;
  /** Why ours is right. */
  readonly reason: string;
  readonly cases: readonly string[];
}

/** What came of the cases, for people to read: a line per rule and source, the reasons below, and what had to be added to recordings. */
export function reportOn(ran: ReadonlyMap<Case, Ran>, disagreements: readonly Disagreement[]): string {
  const all = [...ran];
  const rows = Map.groupBy(all, ([{ about, source }]) => `${about}\n${source}`);
  const lines = [...rows].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([row, of]) => [...row.split('\n'), ...numbers(of)]);
  const sources = [...Map.groupBy(all, ([{ source }]) => source)].map(([source, of]) => ['together', source, ...numbers(of)]);
  return [
    '',
    'Agreement with the recorded answers and test cases of others',
    '',
    ...aligned([
      ['rule, or field read', 'source', 'cases', 'agreed', 'disagreed', 'read off', 'added to'],
      ...lines,
      ...sources,
      ['together', 'all', ...numbers(all)],
    ]),
    '',
    '"read off": what is expected is read off the recorded data by us, as the author asserts something else of it.',
    '"added to": the session lacks calls, or fields that AWS says today. As recorded we said unobserved, never pass or fail; then they were added.',
    '',
    'Where we disagree, and why',
    ...disagreements.flatMap((one) => reasoned(one)),
    '',
    'What we said of sessions as recorded',
    ...[
      ...Map.groupBy(
        all.filter(([, { before }]) => before),
        ([, { before }]) => before!.said,
      ),
    ]
      .toSorted(([, a], [, b]) => b.length - a.length)
      .flatMap(([said, of]) => wrapped(`unobserved ${of.length}x: ${said}`)),
    '',
    '',
  ].join('\n');
}

function numbers(of: readonly (readonly [Case, Ran])[]): string[] {
  const agreed = of.filter(([{ expected }, { verdict }]) => expected === verdict).length;
  const added = of.filter(([, { before }]) => before).length;
  const readOff = of.filter(([one]) => one.readOff).length;
  return [of.length, agreed, of.length - agreed, readOff, added].map(String);
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows.map((row) => `  ${row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ')}`);
}

const reasoned = ({ theirs, ours, reason, cases }: Disagreement): string[] => [
  ...wrapped(`${cases.length}x theirs ${theirs}, ours ${ours}: ${reason}`),
  ...wrapped(cases.join(', '), '      '),
];

function wrapped(text: string, indent = '  '): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line === undefined) lines.push(indent + word);
    else if (line.length + word.length < 140) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(`${indent}  ${word}`);
  }
  return lines;
}
