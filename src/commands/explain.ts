import { ruleDocument } from '#src/catalogue/rule-document.ts';
import { criteria } from '#src/criteria.ts';
import { didYouMean, HoldfastError } from '#src/errors.ts';
import { rules } from '#src/registry.ts';
import type { Command } from './command.ts';
import { controlsInForce } from './controls.ts';

export const explain: Command = {
  summary: 'One rule or control in words, with the permissions behind it.',
  usage: 'explain ID',
  operands: [1, 1],
  run: async (invocation) => {
    const id = invocation.operands[0]!;
    const inForce = controlsInForce(invocation);
    const rule = rules.find((candidate) => candidate.id === id);
    const control = inForce.find((candidate) => candidate.id === id.toUpperCase());
    if (rule) {
      const document = {
        ...ruleDocument(rule),
        controls: inForce.filter(({ key, supporting }) => [...key, ...supporting].includes(id)).map((each) => each.id),
      };
      invocation.answer(document, () => ruleText(document));
    } else if (control) {
      const document = {
        ...control,
        criteria: control.criteria.map((id) => ({ id, says: criteria[id].says })),
        rules: [
          ...control.key.map((rule) => ({ role: 'key', rule })),
          ...control.supporting.map((rule) => ({ role: 'supporting', rule })),
        ].map(({ role, rule }) => ({ role, id: rule, title: rules.find((each) => each.id === rule)?.title ?? null })),
      };
      invocation.answer(document, () => controlText(document));
    } else {
      const suggestion = didYouMean(id, new Set([...rules.map((each) => each.id), ...inForce.map((each) => each.id)]));
      throw new HoldfastError('RULE_UNKNOWN', { id, suggestion });
    }
    return 0;
  },
};

function ruleText({
  id,
  title,
  kind,
  severity,
  rationale,
  remediation,
  judges,
  inspects,
  parameters,
  collectors,
  controls,
  messages,
}: ReturnType<typeof ruleDocument> & { controls: string[] }): string {
  const permissions = [...new Set(collectors.flatMap((collector) => collector.permissions))];
  return (
    [
      `${id}\n${title}.`,
      `${kind.toUpperCase()}, ${severity}, judges ${judges}. Tests ${controls.join(', ') || 'no control of yours'}.`,
      rationale,
      `When it fails: ${remediation}`,
      `It inspects ${inspects.map(({ population, fields }) => `${fields.join(', ')} of ${population}`).join('; ')}. Where any of these cannot be read the result is unobserved.`,
      ...(parameters.length > 0
        ? [`Parameters:\n${parameters.map((each) => `  ${each.name} = ${JSON.stringify(each.default)}: ${each.means}`).join('\n')}`]
        : []),
      `It says:\n${Object.values(messages)
        .map((text) => `  ${text}`)
        .join('\n')}`,
      `Read by ${collectors.map((collector) => collector.id).join(', ') || 'Holdfast itself'}${permissions.length > 0 ? `, which needs:\n${permissions.map((each) => `  ${each}`).join('\n')}` : '.'}`,
    ].join('\n\n') + '\n'
  );
}

function controlText({
  id,
  title,
  statement,
  owner,
  frequency,
  type,
  criteria: met,
  rules: tests,
}: {
  id: string;
  title: string;
  statement: string;
  owner: string;
  frequency: string;
  type: readonly string[];
  criteria: readonly { id: string; says: string }[];
  rules: readonly { role: string; id: string; title: string | null }[];
}): string {
  return (
    [
      `${id} ${title}`,
      statement,
      `Owner: ${owner}. ${type.join(', ')}; ${frequency}.`,
      `Meets:\n${met.map((criterion) => `  ${criterion.id}  ${criterion.says}`).join('\n')}`,
      `Tested by:\n${tests.map((rule) => `  ${rule.role.padEnd(10)} ${rule.id}: ${rule.title ?? 'not available yet'}`).join('\n')}`,
    ].join('\n\n') + '\n'
  );
}
