import { HoldfastError } from '#src/errors.ts';
import { type Recollected, recollect } from '#src/replay/recollect.ts';
import { type Difference, type Reperformed, reperform } from '#src/replay/reperform.ts';
import type { Command, Options } from './command.ts';
import { instantOf } from './command.ts';
import { table } from './text.ts';

export const replay: Command = {
  summary: 'Does recorded results again with the code, parameters and snapshots recorded for them, and compares.',
  usage: 'replay [--rule ID] [--item KEY] [--from TIME] [--to TIME] [--replies]',
  options: {
    rule: { type: 'string', means: 'Only results of this rule, as it was called then' },
    item: { type: 'string', means: 'Only results of the item with this key' },
    from: { type: 'string', means: 'Only what was judged since: 2026-03-01 or 2026-03-01T12:00:00Z' },
    to: { type: 'string', means: 'Only what was judged before' },
    replies: { type: 'boolean', means: 'Also make the snapshots again from the replies that were kept' },
  },
  run: ({ options, reading, answer }) =>
    reading(async (_, { store }) => {
      const from = instantIn(options, 'from');
      const to = instantIn(options, 'to');
      const span = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
      const done = await reperform(store, {
        ...span,
        ...(typeof options.rule === 'string' && { rule: options.rule }),
        ...(typeof options.item === 'string' && { item: options.item }),
      });
      const replies = options.replies === true ? await recollect(store, span) : null;
      answer({ ledger: store.head(), ...done, replies }, () => text(done) + (replies ? repliesText(replies) : ''));
      return done.differ + (replies?.differ ?? 0) > 0 ? 1 : 0;
    }),
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

function text({ cycles, judgements, evaluations, agree, differ, notReperformed, programs, differences }: Reperformed): string {
  const code = programs.map(
    ({ hash, cycles, onDisk }) => `  program ${hash.slice(0, 16)}: ${cycles} cycles${onDisk ? ', the code on the disk' : ''}\n`,
  );
  const silent = notReperformed.map(({ reason, judgements: count }) => `  not done again: ${count}: ${reason}\n`);
  const head = `${judgements} judgements of ${cycles} cycles, ${evaluations} evaluations\n  agree: ${agree}\n  differ: ${differ}\n`;
  return head + silent.join('') + code.join('') + (differ > 0 ? `\n${differing(differences)}` : '');
}

function repliesText({ looks, collections, agree, differ, notReperformed, differences }: Recollected): string {
  const silent = notReperformed.map(({ reason, looks: count }) => `  not done again: ${count}: ${reason}\n`);
  const rows = differences.map(({ index, asOf, scope, says }) => [String(index), asOf.slice(0, 16), scope, says]);
  return (
    `${looks} looks, ${collections} collections from replies\n  agree: ${agree}\n  differ: ${differ}\n${silent.join('')}` +
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
