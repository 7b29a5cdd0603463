import { duration } from '#src/report/words.ts';
import type { Command } from './command.ts';
import { knownIn, knownOption } from './known.ts';
import { broughtLater, shorten, table, underWaiver } from './text.ts';
import { windowIn, windowOptions } from './window.ts';

export const deviations: Command = {
  summary: 'Each deviation of the window with its bounds and its clock.',
  usage: 'deviations [--from DAY] [--to DAY] [--open] [--known-at TIME]',
  options: { ...windowOptions, open: { type: 'boolean', means: 'Only those that are still open' }, ...knownOption },
  run: async (invocation) => {
    const { options, config, reading, answer } = invocation;
    const settings = config();
    return reading((now, agent) => {
      const { report } = knownIn(invocation, now, agent);
      const asked = options.from !== undefined || options.to !== undefined || settings.window !== undefined;
      const rows = report
        .deviations(asked ? windowIn(options, settings, Date.parse(report.status().asOf)) : undefined)
        .filter(({ firstGood }) => options.open !== true || firstGood === null);
      answer(rows, () =>
        table(
          ['SEVERITY', 'CLOCK', 'FIRST SEEN', 'LASTED', 'RULE', 'ITEM', 'SAYS'],
          rows.map(({ severity, clock, firstBad, atLeast, atMost, rule, name, message, correction, notJudgedAgain, waivers }) => [
            severity,
            clock,
            firstBad.slice(0, 16),
            atMost === null ? `at least ${duration(atLeast * 1000)}` : `${duration(atLeast * 1000)} to ${duration(atMost * 1000)}`,
            rule,
            shorten(name, 40),
            message + underWaiver(waivers) + broughtLater({ correction, notJudgedAgain }),
          ]),
        ),
      );
      return 0;
    });
  },
};
