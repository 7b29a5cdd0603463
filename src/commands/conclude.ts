import { conclusionDocument } from '#src/report/conclusion-document.ts';
import { percent } from '#src/report/words.ts';
import type { Command } from './command.ts';
import { knownIn, knownOption } from './known.ts';
import { shorten, table } from './text.ts';
import { windowIn, windowOptions } from './window.ts';

export const conclude: Command = {
  summary: 'What the rules of each control say over the window. Never an opinion.',
  usage: 'conclude [--from DAY] [--to DAY] [--control ID] [--known-at TIME]',
  options: { ...windowOptions, control: { type: 'string', means: 'Only this control' }, ...knownOption },
  run: async (invocation) => {
    const { options, config, reading, answer } = invocation;
    const settings = config();
    return reading((now, agent) => {
      const { report, ledger } = knownIn(invocation, now, agent);
      const window = windowIn(options, settings, Date.parse(report.status().asOf));
      const controls = report.controls(window).filter(({ id }) => options.control === undefined || id === options.control);
      const { criteria } = report.status();
      const document = { ledger, ...conclusionDocument(controls, criteria, window, settings.timeZone) };
      answer(
        document,
        () =>
          table(
            ['CONTROL', 'CONCLUSION', 'OBSERVED', 'TITLE', 'SAYS'],
            controls.map(({ id, conclusion, observed, title, says }) => [
              id,
              conclusion,
              observed === null ? '-' : percent(observed),
              shorten(title, 36),
              says,
            ]),
          ) + unreached(criteria),
      );
      return 0;
    });
  },
};

function unreached(criteria: readonly { id: string; reached: boolean }[]): string {
  const missing = criteria.filter(({ reached }) => !reached).map(({ id }) => id);
  return missing.length > 0 ? `\nCriteria that no available key rule reaches: ${missing.join(', ')}\n` : '';
}
