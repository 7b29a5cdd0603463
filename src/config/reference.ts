import { z } from 'zod';
import { schema } from '#src/config/schema.ts';

/** docs/config.schema.json: for editors. */
export function configJsonSchema(): string {
  return `${JSON.stringify({ ...jsonSchema(), title: 'holdfast.yaml' }, null, 2)}\n`;
}

/** docs/config.md: every setting, its type, its default and its meaning. */
export function configReference(): string {
  const rows = rowsOf(jsonSchema(), '', true);
  return `# holdfast.yaml

The configuration, validated before anything starts. A mistake is told with its line, what was found, what was expected and how to mend it.
Editors check it while you type when its first line is \`# yaml-language-server: $schema=docs/config.schema.json\`.

Secrets are references, never values, and never printed. They are read anew each time they are needed:

| reference | reads |
|---|---|
| \`\${env:NAME}\` | an environment variable |
| \`\${file:/run/secrets/name}\` | a file; a relative path starts at the folder of the configuration |
| \`\${aws-sm:arn}\` | a secret of AWS Secrets Manager, by its whole ARN; \`#field\` after it takes one field of a secret that is a JSON object. \`holdfast policy aws\` names what to allow |

Paths start at the folder of the configuration. Days are those of the window's time zone, first and last included; one window covers at most 12 months.
YAML aliases, tags and several documents in one file are not taken.

\`\`\`yaml
${example}\`\`\`

| key | type | default | meaning |
|---|---|---|---|
${rows.map((row) => `| ${row.join(' | ')} |`).join('\n')}

## Controls of your own

Holdfast brings a starter set of controls, in \`controls/\`. The file under \`controls\` changes it from a day on, so that each part of a window is
concluded over the wording that was in force then. An entry changes the fields it gives and keeps the others; of \`parameters\` it changes single values.
The parameters must say what the statement says: an auditor tests the statement as written.

\`\`\`yaml
${controlsExample}\`\`\`

A control needs \`title\`, \`statement\`, \`owner\`, \`type\`, \`frequency\`, \`criteria\` and \`key\`. The rules under \`key\` are those without which the
statement is not tested; those under \`supporting\` tell more, and can only lower what is concluded. A control without a key rule is not tested, and is
shown so. Two controls must not set one parameter of one rule differently at the same time.
`;
}

/** A configuration that uses nearly every key; a test loads it. */
export const example = `company: Acme Health
window: { from: 2026-02-01, to: 2026-07-31, timeZone: Europe/Berlin }
store: .holdfast/evidence.db
portal:
  listen: 127.0.0.1:8321
  address: https://holdfast.example.com
  signIn: { header: X-Forwarded-Email, proof: X-Holdfast-Proxy, secret: '\${env:PROXY_SECRET}' }
people:
  - { email: anna@example.com, also: [a.berg@example.com], name: Anna Berg, roles: [owner, approver] }
  - { email: bo@example.com, name: Bo Lind, slack: U0123ABCDEF, roles: [approver] }
waivers: { longest: 60d }
categories: [security, availability, confidentiality]
connections:
  - id: aws
    provider: aws
    accounts:
      - id: '123456789012'                      # in quotes
        name: production
        role: arn:aws:iam::123456789012:role/holdfast
        externalId: \${env:HOLDFAST_EXTERNAL_ID}
    regions: [eu-central-1, us-east-1]
    every: { aws-iam-users: 4h }
  - id: github
    provider: github
    organization: acme
    app: { id: 12345, installation: 678, privateKey: '\${file:/run/secrets/github.pem}' }
  - id: okta
    provider: scim
    endpoint: https://example.okta.com/scim/v2
    token: \${file:/run/secrets/scim}
scope:
  in: ['aws:123456789012', 'aws:123456789012/eu-*', 'github:acme/*']
  out:
    - match: aws:123456789012/ap-*
      reason: No workload; denied by policy.
queue: { redis: '\${env:REDIS_URL}' }            # workers collect
coverage: { atLeastPercent: 95, longestGapHours: 72 }
retention: { repliesDays: 800 }
alerts:
  slack: { token: '\${file:/run/secrets/slack}', appToken: '\${file:/run/secrets/slack-app}', channel: '#compliance' }
  routes:
    - { match: { severity: critical }, channel: '#incidents' }
    - { match: { owner: Head of Platform, scope: aws/* }, channel: '#platform' }
ledger:
  origin: evidence.example.com/acme             # names the ledger for good
  kms: arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab
  previous: [{ key: '\${file:/run/secrets/ledger-2025.pem}' }]
anchors:
  - { name: worm, kind: s3, bucket: acme-evidence-worm, region: eu-central-1 }
  - { name: repository, kind: git, remote: 'git@github.com:acme/evidence-checkpoints.git' }
  - { name: time-stamps, kind: rfc3161, url: 'https://tsa.example.com/tsr' }
  - { name: audit-firm, kind: witness, url: 'https://witness.example.com', vkey: auditor.example/w1+bc0055ce+BD1AF8PoQ4lakrcKp00bfrycmCzPLsSWjMDNVfEq9GYM }
  - { name: mount, kind: file, folder: /mnt/elsewhere/checkpoints, every: 1h }
`;

/** A company's own controls file; a test loads it. */
export const controlsExample = `- id: AC-07
  from: 2026-04-01
  statement: Access keys are rotated at least every 60 days or replaced by federation.
  parameters:
    aws.iam.access-key-rotated: { maxAgeDays: 60 }

- id: NW-04
  from: 2026-05-01
  retire: true
  reason: There is no public web endpoint any more.

- id: PI-01                                     # since ever, as it has no \`from\`
  title: Order totals
  statement: Finance compares order totals with invoices every month.
  owner: Head of Finance
  type: [detective, manual]
  frequency: monthly
  criteria: [PI1.4]
  key: []
`;

type Json = z.core.JSONSchema.BaseSchema;

function jsonSchema(): Json {
  return z.toJSONSchema(schema, { io: 'input', target: 'draft-7' });
}

function rowsOf(node: Json, path: string, required: boolean): string[][] {
  const own =
    path === '' ? [] : [[`\`${path}\``, typeOf(node), defaultOf(node, required), (node.description ?? '').replaceAll('|', String.raw`\|`)]];
  return [...own, ...childrenOf(node, path)];
}

function childrenOf(node: Json, path: string): string[][] {
  const alternatives = (node.oneOf ?? node.anyOf) as Json[] | undefined;
  if (alternatives !== undefined)
    return alternatives.flatMap((option) => rowsOfObject(option, path.replace('[]', `[${providerOf(option)}]`)));
  if (node.properties !== undefined) return rowsOfObject(node, path);
  const item = node.items as Json | undefined;
  return item !== undefined && (item.properties ?? item.oneOf ?? item.anyOf) !== undefined ? childrenOf(item, `${path}[]`) : [];
}

function rowsOfObject(node: Json, path: string): string[][] {
  return Object.entries(node.properties ?? {}).flatMap(([key, child]) =>
    rowsOf(child as Json, path === '' ? key : `${path}.${key}`, node.required?.includes(key) ?? false),
  );
}

function providerOf(option: Json): string {
  const provider = (option.properties?.['provider'] ?? option.properties?.['kind']) as Json | undefined;
  return String(provider?.const);
}

function typeOf(node: Json): string {
  if (node.const !== undefined) return `\`${String(node.const)}\``;
  if (node.enum !== undefined) return node.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (node.type === 'array') return `list of ${plural[typeOf(node.items as Json)] ?? typeOf(node.items as Json)}`;
  if (node.type === 'object' || node.oneOf !== undefined) return 'map';
  if (node.type === 'integer') return 'whole number';
  return node.format === 'date' ? 'day' : 'text';
}

const plural: Record<string, string> = { text: 'texts', map: 'maps' };

function defaultOf(node: Json, required: boolean): string {
  if (required) return 'required';
  return node.default === undefined || node.type === 'object' ? '' : `\`${JSON.stringify(node.default)}\``;
}
