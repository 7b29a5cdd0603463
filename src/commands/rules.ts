import { ruleDocument } from '#src/catalogue/rule-document.ts';
import { rules } from '#src/registry.ts';
import type { Command } from './command.ts';
import { table } from './text.ts';

export const rulesCommand: Command = {
  summary: 'The catalogue of rules.',
  usage: 'rules',
  run: async ({ answer }) => {
    answer(rules.map(ruleDocument), () =>
      table(
        ['RULE', 'KIND', 'SEVERITY', 'TITLE'],
        rules.map(({ id, kind, severity, title }) => [id, kind, severity, title]),
      ),
    );
    return 0;
  },
};
