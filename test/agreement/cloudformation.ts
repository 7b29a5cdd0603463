import { parse, type ScalarTag } from 'yaml';

/** One resource of a template, with values in place of its references. */
export interface Resource {
  readonly id: string;
  readonly type: string;
  readonly properties: Properties;
}

export type Properties = Readonly<Record<string, any>>;

interface Template {
  readonly Parameters?: Readonly<Record<string, { readonly Default?: unknown } | null>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Resources?: Readonly<Record<string, { readonly Type: string; readonly Properties?: Properties | null }>>;
}

/** What the templates are deployed to. */
export const deployed = { account: '123456789012', region: 'us-east-1', partition: 'aws', at: '2026-01-14T12:00:00.000Z' } as const;

/** The short forms of intrinsic functions, `!Ref x`, become their long ones, `{ Ref: x }`. */
export function parseYaml(text: string): unknown {
  return parse(text, { customTags: shortForms as unknown as ScalarTag[], uniqueKeys: false, strict: false, logLevel: 'error' });
}

/** The resources that a template makes. Parameters have their defaults; what stands outside of the template is called by its own name. */
export function resourcesOf(template: unknown): Resource[] {
  const { Resources } = (template ?? {}) as Template;
  return Object.entries(Resources ?? {}).map(([id, { Type, Properties }]) => ({
    id,
    type: Type,
    properties: (resolve(Properties ?? {}, (template ?? {}) as Template) ?? {}) as Properties,
  }));
}

const functions = [
  'Sub',
  'GetAtt',
  'If',
  'Join',
  'Equals',
  'Not',
  'And',
  'Or',
  'Select',
  'Split',
  'FindInMap',
  'ImportValue',
  'Base64',
  'GetAZs',
  'Cidr',
];

const shortForms = ['Ref', 'Condition', ...functions].flatMap((name) => {
  const long = functions.includes(name) ? `Fn::${name}` : name;
  const tag = `!${name}`;
  const wrapped = (value: unknown) => ({ [long]: name === 'GetAtt' && typeof value === 'string' ? value.split('.') : value });
  return [
    { tag, resolve: (text: string) => wrapped(text) },
    { tag, collection: 'seq', resolve: (node: { toJSON(): unknown }) => wrapped(node.toJSON()) },
    { tag, collection: 'map', resolve: (node: { toJSON(): unknown }) => wrapped(node.toJSON()) },
  ];
});

const gone = Symbol('AWS::NoValue');

function resolve(value: unknown, template: Template): unknown {
  if (Array.isArray(value)) return value.map((one) => resolve(one, template)).filter((one) => one !== gone);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [name, argument] = entries.length === 1 ? entries[0]! : ['', undefined];
  if (name === 'Ref') return referenced(String(argument), template);
  if (name.startsWith('Fn::')) return called(name, argument, template);
  return Object.fromEntries(entries.map(([key, one]) => [key, resolve(one, template)]).filter(([, one]) => one !== gone));
}

function called(name: string, argument: unknown, template: Template): unknown {
  if (name === 'Fn::If') {
    const [condition, yes, no] = argument as [string, unknown, unknown];
    return resolve(holds(template.Conditions?.[condition], template) ? yes : no, template);
  }
  const value = resolve(argument, template);
  if (name === 'Fn::GetAtt') return attribute(...(value as [string, string]), template);
  if (name === 'Fn::Sub') return substituted([value].flat()[0] as string, template);
  if (name === 'Fn::Join') return (value as [string, unknown[]])[1].join((value as [string, unknown[]])[0]);
  throw new Error(`${name} is not understood`);
}

/** Conditions that the template does not define hold. */
function holds(condition: unknown, template: Template): boolean {
  const { 'Fn::Equals': equals } = (condition ?? {}) as { 'Fn::Equals'?: [unknown, unknown] };
  return equals === undefined || resolve(equals[0], template) === resolve(equals[1], template);
}

function referenced(name: string, { Parameters, Resources }: Template): unknown {
  if (name === 'AWS::NoValue') return gone;
  if (name in pseudo) return pseudo[name];
  const parameter = Parameters?.[name]?.Default;
  if (parameter !== undefined) return parameter;
  return Resources?.[name]?.Type === 'AWS::EC2::SecurityGroup' ? `sg-${name}` : name;
}

const pseudo: Readonly<Record<string, string>> = {
  'AWS::AccountId': deployed.account,
  'AWS::Partition': deployed.partition,
  'AWS::Region': deployed.region,
  'AWS::StackName': 'stack',
};

const attribute = (id: string, name: string, template: Template): unknown =>
  name === 'GroupId' ? referenced(id, template) : `${id}.${name}`;

const substituted = (text: string, template: Template): string =>
  text.replace(/\$\{([\w:.]+)\}/g, (_, name: string) => String(name.includes('.') ? name : referenced(name, template)));
