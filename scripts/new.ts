import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

const root = new URL('..', import.meta.url).pathname;
const [kind, id, ...rest] = process.argv.slice(2);
const makers = { rule: newRule, collector: newCollector } as const;

if ((kind !== 'rule' && kind !== 'collector') || id === undefined || rest.length > 0)
  stop('Use: npm run new rule aws.ec2.some-desired-fact, or npm run new collector aws-some-things');
else for (const [path, text] of makers[kind](id)) await write(path, text);

/** A rule and its test, which fail until they are filled in. */
function newRule(id: string): [path: string, text: string][] {
  if (!/^[a-z0-9]+(\.[a-z0-9-]+)+$/.test(id)) return stop('A rule id is a path of lower-case words, as aws.iam.root-mfa-enabled.');
  const path = id.replaceAll('.', '/');
  return [
    [
      `rules/${path}.ts`,
      `import { defineRule, fail, pass, z } from '#rule';
import { awsAccount } from '#populations/aws-account';

export default defineRule(awsAccount, {
  id: '${id}',
  title: 'State the desired fact',
  kind: 'state',
  severity: 'high',
  rationale: 'Say what goes wrong where it does not hold.',
  remediation: 'Say what to do when it fails.',
  inspects: [],
  parameters: z.object({}),
  messages: { held: 'Say the fact, with {facts} in braces.', broken: 'Say what is wrong.' },
  examples: { pass: [{}], fail: [{}] },
  evaluate() {
    return Math.max(1, 2) > 1 ? fail('broken') : pass('held');
  },
});
`,
    ],
    [
      `test/rules/${path}.test.ts`,
      `import rule from '#rules/${path}.ts';\nimport { testRule } from '#test/rule-tester.ts';\n\ntestRule(rule, {\n  pass: [],\n  fail: [],\n});\n`,
    ],
  ];
}

/** A collector, its test and a recording, which fail until they are filled in. */
function newCollector(id: string): [path: string, text: string][] {
  const [, provider, name] = /^(aws|github|scim)-([a-z0-9-]+)$/.exec(id) ?? [];
  if (!provider || !name) return stop('A collector id begins with its provider, as aws-security-groups.');
  return [
    [
      `collectors/${provider}/${name}.ts`,
      `import { z } from 'zod';
import { defineCollector } from '#collector';
import { awsAccount } from '#populations/aws-account';

export default defineCollector(awsAccount, {
  id: '${id}',
  title: 'Say what is read',
  every: '1h',
  per: 'account',
  reads: {
    'service:Operation': { needs: 'service:Operation', reply: z.object({}) },
  },
  async *collect(api, place) {
    // Yield items whose fields are each a value or unread.
  },
});
`,
    ],
    [
      `test/collectors/${provider}/${name}.test.ts`,
      `import collector from '#collectors/${provider}/${name}.ts';\nimport { testCollector } from '#test/collector-replayer.ts';\n\ntestCollector(collector, { place: { account: '123456789012', region: 'global', partition: 'aws' }, recording: '${provider}/${name}.json' });\n`,
    ],
    [`test/recordings/${provider}/${name}.json`, `[\n  { "call": "service:Operation", "pages": [{}] }\n]\n`],
  ];
}

async function write(path: string, text: string): Promise<void> {
  if (existsSync(root + path)) return stop(`${path} exists already.`);
  await mkdir(dirname(root + path), { recursive: true });
  await writeFile(root + path, text);
  process.stdout.write(`${path}\n`);
}

function stop(why: string): never {
  process.stderr.write(`${why}\n`);
  process.exit(2);
}
