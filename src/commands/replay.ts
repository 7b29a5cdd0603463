import { type Agent, openAgent } from '#src/agent.ts';
import { reperformAll } from '#src/backfill/again.ts';
import { HoldfastError } from '#src/errors.ts';
import type { EvidenceReading } from '#src/evidence/store.ts';
import { openLog } from '#src/log.ts';
import { recordProgram } from '#src/replay/program.ts';
import { type Recollected, recollect } from '#src/replay/recollect.ts';
import { type ItemPair, type Reevaluation, reevaluate, reevaluationBody } from '#src/replay/reevaluate.ts';
import type { Difference, Reperformed } from '#src/replay/reperform.ts';
import { openReport } from '#src/report/report.ts';
import { type Command, type Invocation, instantOf, type Options } from './command.ts';
import { table } from './text.ts';
import { windowIn } from './window.ts';

export const replay: Command = {
  summary:
    'Does recorded results again as they were made, and compares; or judges a window with the rules of today, beside what was recorded.',
  usage: 'replay [--rule ID] [--item KEY] [--from TIME] [--to TIME] [--replies] | replay --today [--from DAY] [--to DAY] [--record]',
  options: {
    rule: { type: 'string', means: 'Only results of this rule, as it was called then' },
    item: { type: 'string', means: 'Only results of the item with this key' },
    from: {
      type: 'string',
      means: 'Only what was judged since: 2026-03-01 or 2026-03-01T12:00:00Z; with --today the first day of the window',
    },
    to: { type: 'string', means: 'Only what was judged before; with --today the last day of the window' },
    replies: { type: 'boolean', means: 'Also make the snapshots again from the replies that were kept' },
    today: { type: 'boolean', means: 'Judge the window with the rules and parameters of today' },
    record: { type: 'boolean', means: 'With --today: record in the ledger that it was done, and what came of it' },
  },
  run: (invocation) => (invocation.options.today === true ? judgedToday(invocation) : doneAgain(invocation)),
};

const doneAgain = ({ options, reading, answer }: Invocation): Promise<number> =>
  reading(async (_, { store }) => {
    const from = instantIn(options, 'from');
    const to = instantIn(options, 'to');
    const span = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
    const done = await reperformAll(store, {
      ...span,
      ...(typeof options.rule === 'string' && { rule: options.rule }),
      ...(typeof options.item === 'string' && { item: options.item }),
    });
    const replies = options.replies === true ? await recollect(store, span) : null;
    answer({ ledger: store.head(), ...done, replies }, () => text(done) + (replies ? repliesText(replies) : ''));
    return [done, ...(replies ? [replies] : [])].every(isShown) ? 0 : 1;
  });

/** Whether what was recorded is borne out: something was done again, and nothing differs. Nothing done again bears nothing out. */
const isShown = ({ agree, differ }: { readonly agree: number; readonly differ: number }): boolean => differ === 0 && agree > 0;

const nothing = (what: string, { agree, differ }: { readonly agree: number; readonly differ: number }): string =>
  agree + differ === 0 ? `No ${what} was done again, so that nothing is shown.\n` : '';

async function judgedToday({ options, config, reading, answer, now }: Invocation): Promise<number> {
  const settings = config();
  const judge = (agent: Agent, asOf: number) => {
    const window = windowIn(options, settings, asOf);
    const conclude = (store: EvidenceReading) => openReport({ ...agent.reporting(asOf), store }).controls(window);
    return reevaluate(agent.store, agent.ruleSetAt(asOf), window, conclude);
  };
  const tell = (done: Reevaluation) => answer(done, () => todayText(done));
  if (options.record !== true)
    return reading((report, agent) => {
      tell(judge(agent, Date.parse(report.status().asOf)));
      return 0;
    });
  await using agent = await openAgent({ config: settings, log: openLog('error'), now, connections: [] });
  await recordProgram(agent.store, now());
  const done = judge(agent, now());
  const ledger = await agent.store.append('reevaluation', now(), reevaluationBody(done));
  tell({ ...done, ledger });
  return 0;
}

function todayText({
  window,
  evaluations,
  naive,
  notJudged,
  broughtLooks,
  ruleSets,
  controls,
  rules,
  items,
  intervals,
}: Reevaluation): string {
  const changed = controls.filter(({ differs }) => differs);
  const head = [
    `Judged from ${window.from} to ${window.to} with the rules of today, beside what was recorded under ${ruleSets.recorded.length} rule sets.`,
    `${evaluations} evaluations in place of ${naive}; ${intervals.n} intervals, root ${intervals.root}.`,
    ...(notJudged > 0 ? [`${notJudged} could not be judged: their snapshots were purged.`] : []),
    ...(broughtLooks > 0 ? [`${broughtLooks} looks that were brought later are judged in place of those of their time.`] : []),
    `${changed.length} of ${controls.length} controls, ${rules.length} rules and ${items.length} items differ.`,
  ];
  const rows = changed.map(({ id, recorded, today }) => [
    id,
    `${recorded.conclusion} ${recorded.says}`,
    `${today.conclusion} ${today.says}`,
  ]);
  const counts = rules.map(({ rule, items: count }) => [rule, String(count)]);
  return (
    `${head.join('\n')}\n` +
    (rows.length > 0 ? `\n${table(['CONTROL', 'RECORDED', 'TODAY'], rows)}` : '') +
    (counts.length > 0 ? `\n${table(['RULE', 'ITEMS'], counts)}` : '') +
    (items.length > 0 ? `\n${table(['RULE', 'ITEM', 'RECORDED', 'TODAY'], items.map(itemRow))}` : '')
  );
}

const itemRow = ({ rule, item, recorded, today }: ItemPair): string[] => {
  const inWords = (list: ItemPair['today']) =>
    list.map(({ result, first, ended }) => `${result} ${first.slice(0, 16)} to ${ended?.slice(0, 16) ?? 'now'}`).join(', ');
  return [rule, item, inWords(recorded) || 'not judged', inWords(today) || 'not judged'];
};

function instantIn(options: Options, name: 'from' | 'to'): number | undefined {
  const given = options[name];
  if (typeof given !== 'string') return undefined;
  const instant = instantOf(given);
  if (instant !== null) return instant;
  throw new HoldfastError('USAGE', {
    problem: `--${name} ${given} is no time.`,
    mend: 'Write a date, 2026-03-01, or a time with its zone, 2026-03-01T12:00:00Z.',
  });
}

function text(done: Reperformed): string {
  const { cycles, judgements, evaluations, agree, differ, notReperformed, programs, differences } = done;
  const code = programs.map(
    ({ hash, cycles, onDisk }) => `  program ${hash.slice(0, 16)}: ${cycles} cycles${onDisk ? ', the code on the disk' : ''}\n`,
  );
  const silent = notReperformed.map(({ reason, judgements: count }) => `  not done again: ${count}: ${reason}\n`);
  const head = `${judgements} judgements of ${cycles} cycles, ${evaluations} evaluations\n  agree: ${agree}\n  differ: ${differ}\n`;
  return head + silent.join('') + code.join('') + nothing('judgement', done) + (differ > 0 ? `\n${differing(differences)}` : '');
}

function repliesText(done: Recollected): string {
  const { looks, collections, agree, differ, notReperformed, differences } = done;
  const silent = notReperformed.map(({ reason, looks: count }) => `  not done again: ${count}: ${reason}\n`);
  const rows = differences.map(({ index, asOf, scope, says }) => [String(index), asOf.slice(0, 16), scope, says]);
  return (
    `${looks} looks, ${collections} collections from replies\n  agree: ${agree}\n  differ: ${differ}\n${silent.join('')}${nothing('look', done)}` +
    (differ > 0 ? `\n${table(['LEAF', 'AT', 'SCOPE', 'SAYS'], rows)}` : '')
  );
}

const differing = (differences: readonly Difference[]): string =>
  table(
    ['LEAF', 'AT', 'RULE', 'ITEM', 'RECORDED', 'AGAIN', 'SAYS'],
    differences.map(({ index, asOf, rule, item, recorded, again, says }) => [
      String(index),
      asOf.slice(0, 16),
      rule,
      item,
      recorded ? `${recorded.result}: ${recorded.message}` : '-',
      `${again.result}: ${again.message}`,
      says,
    ]),
  );
