import { glob } from 'node:fs/promises';
import { relative } from 'node:path';
import type { Collector } from '#src/collector.ts';
import { providerOf } from '#src/collector.ts';
import { jsonShapes } from '#src/commands/shapes.ts';
import { configJsonSchema, configReference } from '#src/config.ts';
import { starterControls } from '#src/controls.ts';
import { criteria } from '#src/criteria.ts';
import { errorList } from '#src/errors.ts';
import { leafKinds } from '#src/evidence/entries.ts';
import { inspectedBy, judgedBy, type Rule } from '#src/rule.ts';

const banner = '// Written by `npm run generate`. Edit the modules it lists, not this file.\n';
const note = '<!-- Written by `npm run generate`. Edit the modules it describes, not this page. -->\n';

interface Module<T> {
  readonly path: string;
  readonly value: T;
}

/** Every generated file and its text, by path below the root. `npm run generate` saves it; a test compares it with the disk. */
export async function generate(root: string): Promise<Map<string, string>> {
  const rules = await load<Rule>(root, 'rules/*/**/*.ts');
  const collectors = await load<Collector>(root, 'collectors/*/*.ts');
  return new Map([
    ['rules/index.ts', index('Rule', '#src/rule.ts', 'rules', rules)],
    ['collectors/index.ts', index('Collector', '#src/collector.ts', 'collectors', collectors)],
    ['rules/README.md', rulePage(rules.map(({ value }) => value))],
    ['collectors/README.md', collectorPage(collectors.map(({ value }) => value))],
    [
      'docs/control-matrix.md',
      controlMatrix(
        rules.map(({ value }) => value),
        collectors.map(({ value }) => value),
      ),
    ],
    ['docs/config.md', note + configReference()],
    ['docs/config.schema.json', configJsonSchema()],
    ['docs/errors.md', note + errorList()],
    ['docs/json.md', note + jsonShapes()],
    ['docs/leaves.md', note + leafKinds()],
  ]);
}

async function load<T>(root: string, pattern: string): Promise<Module<T>[]> {
  const paths = (await Array.fromAsync(glob(`${root}/${pattern}`))).toSorted();
  const modules = await Promise.all(
    paths.map(async (path) => ({ path: relative(root, path), value: ((await import(path)) as { default?: T }).default })),
  );
  return modules.filter((module): module is Module<T> => module.value !== undefined);
}

function index(type: string, from: string, folder: string, modules: readonly Module<{ id: string }>[]): string {
  const names = modules.map(({ value }) => value.id.replace(/[.-](\w)/g, (_, letter: string) => letter.toUpperCase()));
  const imports = modules.map(({ path }, i) => `import ${names[i]} from './${path.slice(folder.length + 1)}';\n`);
  return `${banner}${imports.join('')}import type { ${type} } from '${from}';\n\nexport const ${folder}: readonly ${type}[] = [\n${names.map((name) => `  ${name},\n`).join('')}];\n`;
}

function rulePage(rules: readonly Rule[]): string {
  const groups = Map.groupBy(rules, ({ id }) => id.split('.').slice(0, -1).join('.'));
  const list = [...groups].map(
    ([group, members]) => `- ${group}: ${members.map(({ id }) => `[${id.split('.').at(-1)}](#${anchor(id)})`).join(', ')}\n`,
  );
  return `${note}# Rules\n\n${rules.length} rules. A rule's id is its path: \`aws.iam.root-mfa-enabled\` is \`rules/aws/iam/root-mfa-enabled.ts\`.\n\n${list.join('')}\n${rules.map(ruleEntry).join('\n')}`;
}

function ruleEntry(rule: Rule): string {
  const parameters = Object.entries((rule.parameters as { shape?: Record<string, { description?: string }> }).shape ?? {});
  const defaults = rule.parameters.parse({}) as Record<string, unknown>;
  const inspected = inspectedBy(rule).map(
    ({ population, fields }) => `${fields.map((field) => `\`${field}\``).join(', ')} of \`${population.type}\``,
  );
  const lines = parameters.map(([name, { description }]) => `- \`${name}\` = \`${JSON.stringify(defaults[name])}\`: ${description}\n`);
  const messages = Object.entries(rule.messages as Record<string, string>).map(([id, text]) => `- ${id}: ${text}\n`);
  return [
    `## ${rule.id}\n\n**${rule.title}.** ${rule.kind.toUpperCase()} · ${rule.severity} · judges \`${judgedBy(rule).type}\`\n`,
    `${rule.rationale}\n\nWhen it fails: ${rule.remediation}\n`,
    `Inspects ${inspected.join('; ')}. Unread, any of these makes the result \`unobserved\`.\n`,
    ...(lines.length > 0 ? [`Parameters:\n\n${lines.join('')}`] : []),
    `It says:\n\n${messages.join('')}`,
  ].join('\n');
}

const anchor = (id: string): string => id.replaceAll('.', '');

function collectorPage(collectors: readonly Collector[]): string {
  const groups = Map.groupBy(collectors, providerOf);
  const sections = [...groups].map(([provider, members]) => {
    const rows = members.flatMap(({ id, reads }) =>
      Object.entries(reads as Record<string, { needs: string | string[]; absent?: string[] }>).map(
        ([operation, { needs, absent }]) =>
          `| \`${[needs].flat().join('`, `')}\` | \`${operation}\` | ${id} | ${absent ? absent.map((code) => `\`${code}\``).join(', ') : ''} |\n`,
      ),
    );
    const list = members.map(
      ({ id, title, every, per, population, limits }) =>
        `- **${id}**, every ${every} per ${per}: ${title} (\`${population.type}\`).${limits ? ` ${limits}` : ''}\n`,
    );
    return `## ${provider}\n\n${list.join('')}\n| Permission | For the call | Made by | Errors that state a fact |\n| --- | --- | --- | --- |\n${rows.toSorted().join('')}`;
  });
  return `${note}# Collectors\n\nWhom we ask, what we may ask, and with which permission. A collector can make only the calls it declares.\n\n${sections.join('\n')}`;
}

function controlMatrix(rules: readonly Rule[], collectors: readonly Collector[]): string {
  const built = new Map(rules.map((rule) => [rule.id, rule]));
  const controls = starterControls();
  const from = (id: string): string => {
    const rule = built.get(id);
    if (!rule) return 'not available yet';
    const types = new Set(inspectedBy(rule).map(({ population }) => population.type));
    return (
      collectors
        .filter(({ population }) => types.has(population.type))
        .map(({ id }) => id)
        .join(', ') || 'Holdfast itself'
    );
  };
  const rows = controls.flatMap((control) =>
    (['key', 'supporting'] as const).flatMap((role) =>
      control[role].map((rule) => `| ${control.id} | ${control.criteria.join(' ')} | ${role} | \`${rule}\` | ${from(rule)} |\n`),
    ),
  );
  const reached = new Set(
    controls.filter(({ key }) => key.some((rule) => built.has(rule))).flatMap(({ criteria }) => criteria as readonly string[]),
  );
  const unreached = Object.keys(criteria).filter((id) => !reached.has(id));
  return `${note}# Control matrix\n\nCriterion, control, rule, collector. A control names every rule that tests it, also those that are not available yet.\n\nCriteria that no available key rule reaches: ${unreached.join(', ')}.\n\n| Control | Criteria | Role | Rule | Evidence from |\n| --- | --- | --- | --- | --- |\n${rows.join('')}`;
}
