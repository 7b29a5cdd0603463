import { glob } from 'node:fs/promises';
import { relative } from 'node:path';
import { type Collector, providerOf, type Reads } from '#src/collector.ts';
import { jsonShapes } from '#src/commands/shapes.ts';
import { configJsonSchema, configReference } from '#src/config.ts';
import { starterControls } from '#src/controls.ts';
import { criteria } from '#src/criteria.ts';
import { errorList } from '#src/errors.ts';
import { leafKinds } from '#src/evidence/entries.ts';
import type { Investigator } from '#src/investigator.ts';
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
  const readers = await load<Collector | Investigator>(root, 'collectors/*/*.ts');
  const collectors = readers.filter((module): module is Module<Collector> => 'collect' in module.value);
  const investigators = readers.filter((module): module is Module<Investigator> => 'investigate' in module.value);
  return new Map([
    ['rules/index.ts', index('rules', [{ type: 'Rule', from: '#src/rule.ts', name: 'rules', modules: rules }])],
    [
      'collectors/index.ts',
      index('collectors', [
        { type: 'Collector', from: '#src/collector.ts', name: 'collectors', modules: collectors },
        { type: 'Investigator', from: '#src/investigator.ts', name: 'investigators', modules: investigators },
      ]),
    ],
    ['rules/README.md', rulePage(rules.map(({ value }) => value))],
    [
      'collectors/README.md',
      collectorPage(
        collectors.map(({ value }) => value),
        investigators.map(({ value }) => value),
      ),
    ],
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

interface List {
  readonly type: string;
  readonly from: string;
  readonly name: string;
  readonly modules: readonly Module<{ id: string }>[];
}

function index(folder: string, lists: readonly List[]): string {
  const named = (id: string) => id.replace(/[.-](\w)/g, (_, letter: string) => letter.toUpperCase());
  const imports = lists
    .flatMap(({ modules }) => modules)
    .map(({ path, value }) => `import ${named(value.id)} from './${path.slice(folder.length + 1)}';\n`);
  const types = lists.map(({ type, from }) => `import type { ${type} } from '${from}';\n`);
  const exports = lists.map(
    ({ type, name, modules }) =>
      `\nexport const ${name}: readonly ${type}[] = [\n${modules.map(({ value }) => `  ${named(value.id)},\n`).join('')}];\n`,
  );
  return `${banner}${imports.join('')}${types.join('')}${exports.join('')}`;
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

function collectorPage(collectors: readonly Collector[], investigators: readonly Investigator[]): string {
  const groups = Map.groupBy(collectors, providerOf);
  const sections = [...groups].map(([provider, members]) => {
    const own = investigators.filter((each) => providerOf(each) === provider);
    const list = members.map(
      ({ id, title, every, per, population, limits }) =>
        `- **${id}**, every ${every} per ${per}: ${title} (\`${population.type}\`).${limits ? ` ${limits}` : ''}\n`,
    );
    const logs = own.map(({ id, title, limits }) => `- **${id}**, when something has changed: ${title}. ${limits}\n`);
    return `## ${provider}\n\n${list.join('')}\n${permissionTable(members)}\nWho changed it, which may be left out: then it is not known who, and nothing else is lost.\n\n${logs.join('')}${own.some(({ reads }) => Object.keys(reads as Reads).length > 0) ? `\n${permissionTable(own)}` : ''}`;
  });
  return `${note}# Collectors\n\nWhom we ask, what we may ask, and with which permission. A collector can make only the calls it declares, and so can what reads the logs.\n\n${sections.join('\n')}`;
}

function permissionTable(members: readonly { readonly id: string; readonly reads: Reads }[]): string {
  const rows = members.flatMap(({ id, reads }) =>
    Object.entries(reads).map(
      ([operation, { needs, absent }]) =>
        `| \`${[needs].flat().join('`, `')}\` | \`${operation}\` | ${id} | ${absent ? absent.map((code) => `\`${code}\``).join(', ') : ''} |\n`,
    ),
  );
  return `| Permission | For the call | Made by | Errors that state a fact |\n| --- | --- | --- | --- |\n${rows.toSorted().join('')}`;
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
