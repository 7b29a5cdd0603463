import { HoldfastError } from '#src/errors.ts';
import { type Command, instantOf } from './command.ts';
import { knownIn, knownOption } from './known.ts';
import { requireRule } from './require.ts';
import { broughtLater, shorten, table, underWaiver } from './text.ts';

export const results: Command = {
  summary: 'What holds now, or held at a time, by rule and item.',
  usage: 'results [--rule ID] [--item KEY] [--result RESULT] [--at TIME] [--known-at TIME]',
  options: {
    rule: { type: 'string', means: 'Only this rule' },
    item: { type: 'string', means: 'Only the item with this key' },
    result: { type: 'string', means: 'Only pass, fail, unobserved, pending or not-applicable' },
    at: { type: 'string', means: 'What held at this time: 2026-03-01 or 2026-03-01T12:00:00Z' },
    ...knownOption,
  },
  run: async (invocation) => {
    const { options, reading, answer } = invocation;
    const at = typeof options.at === 'string' ? instantOf(options.at) : undefined;
    if (at === null)
      throw new HoldfastError('USAGE', {
        problem: `--at ${String(options.at)} is no time.`,
        mend: 'Write a date, 2026-03-01, or a time with its zone, 2026-03-01T12:00:00Z.',
      });
    if (typeof options.rule === 'string') requireRule(options.rule);
    return reading((now, agent) => {
      const { report } = knownIn(invocation, now, agent);
      const rows = report
        .results({
          ...(typeof options.rule === 'string' && { rule: options.rule }),
          ...(typeof options.item === 'string' && { item: options.item }),
          ...(at !== undefined && { at }),
        })
        .filter(({ result }) => options.result === undefined || result === options.result);
      answer(rows, () =>
        table(
          ['RESULT', 'RULE', 'ITEM', 'SINCE', 'SAYS'],
          rows.map(({ result, rule, name, since, message, correction, notJudgedAgain, waiver }) => [
            result,
            rule,
            shorten(name, 48),
            since?.slice(0, 16) ?? '-',
            message + underWaiver(waiver ? [waiver] : []) + broughtLater({ correction, notJudgedAgain }),
          ]),
        ),
      );
      return 0;
    });
  },
};
