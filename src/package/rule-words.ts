import { ruleDocument } from '#src/catalogue/rule-document.ts';
import type { Rule } from '#src/rule.ts';
import type { Recorded, SourceOf } from './catalogue.ts';

/** A rule as a test procedure in words, for who does the test again. Markdown. */
export function ruleInWords(rule: Rule | undefined, id: string, recorded: readonly Recorded[], sourceOf: SourceOf): string {
  const versions = recorded.map(
    ({ version, parameters, cycle, from }) =>
      `- from ${from} (ledger index ${cycle}): source SHA-256 \`${version}\`, ${sourceOf(version) === null ? 'not in this package' : `\`${sourceOf(version)}\``}; parameters \`${JSON.stringify(parameters)}\``,
  );
  const history = `## Versions and parameters in force\n\n${versions.join('\n')}\n`;
  if (!rule) return `# ${id}\n\nThis rule is no longer built, so its words are not at hand. Its source is named below.\n\n${history}`;
  const { title, kind, severity, rationale, remediation, judges, inspects, parameters, collectors, messages } = ruleDocument(rule);
  const how = {
    state: 'At every look each item is judged. Between two looks that passed, close enough together, it held.',
    event: 'Each event of the window is judged once; the population is given as an equation.',
    cadence: 'Each period or number of days must have its performance; the obligations of the window are listed.',
  } as const;
  return [
    `# ${id}`,
    `${title}.`,
    `${kind.toUpperCase()}, severity ${severity}. ${how[kind]}`,
    '## What is tested',
    rationale,
    `Population: \`${judges}\`. It inspects ${inspects.map(({ population, fields }) => `${fields.map((field) => `\`${field}\``).join(', ')} of \`${population}\``).join('; ')}. Where any of these cannot be read the result is \`unobserved\`, never a pass.`,
    ...(parameters.length > 0 ? [parameters.map(({ name, means }) => `- \`${name}\`: ${means ?? ''}`).join('\n')] : []),
    '## What it says',
    Object.values(messages)
      .map((text) => `- ${text}`)
      .join('\n'),
    `When it fails: ${remediation}`,
    '## Where the facts come from',
    collectors.length === 0
      ? 'Holdfast’s own record.'
      : collectors
          .map(({ id: collector, permissions }) => `- \`${collector}\`, which needs ${permissions.map((each) => `\`${each}\``).join(', ')}`)
          .join('\n'),
    'The words are those of the program that made this package; the versions below are those that the ledger recorded.',
    history,
  ].join('\n\n');
}
