import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { providerOf } from '#src/collector.ts';
import { HoldfastError } from '#src/errors.ts';
import { collectors, permissionsOf } from '#src/registry.ts';
import type { Command, Options } from './command.ts';

export const init: Command = {
  summary: 'Asks for the connections, writes a commented holdfast.yaml and says which permissions to grant.',
  usage: 'init [--company NAME] [--aws] [--github ORGANIZATION] [--scim URL]',
  options: {
    company: { type: 'string', means: 'The company; asked for on a terminal when not given' },
    aws: { type: 'boolean', means: 'Connect AWS with the credentials that the SDK finds' },
    github: { type: 'string', means: 'Connect this GitHub organization' },
    scim: { type: 'string', means: 'Connect the SCIM 2.0 service at this URL' },
    from: { type: 'string', means: 'First day of the window' },
    to: { type: 'string', means: 'Last day of the window' },
  },
  run: async ({ options, cwd, stdout, stderr, now }) => {
    const file = resolve(cwd, typeof options.config === 'string' ? options.config : 'holdfast.yaml');
    if (existsSync(file)) throw new HoldfastError('OUTPUT_EXISTS', { file });
    const given = options.company !== undefined || options.aws !== undefined || options.github !== undefined || options.scim !== undefined;
    const answers = given ? fromOptions(options) : await ask();
    await writeFile(file, configuration(answers, now()), { flag: 'wx' });
    stderr.write(`Wrote ${file}.\n\nGrant it, read-only:\n`);
    for (const provider of ['aws', 'github', 'scim'] as const) {
      if (!answers[provider]) continue;
      const needed = [...new Set(collectors.filter((collector) => providerOf(collector) === provider).flatMap(permissionsOf))];
      stderr.write(
        provider === 'aws'
          ? `  aws: the policy that \`holdfast policy aws\` prints (${needed.length} actions)\n`
          : `  ${provider}: ${needed.join(', ')}\n`,
      );
    }
    stderr.write('\nThen see what it may read with `holdfast check`.\n');
    stdout.write(`${file}\n`);
    return 0;
  },
};

interface Answers {
  readonly company: string;
  readonly aws: boolean;
  readonly github: string;
  readonly scim: string;
  readonly from: string;
  readonly to: string;
}

const fromOptions = ({ company = 'Our company', aws = false, github = '', scim = '', from = '', to = '' }: Options): Answers => ({
  company: String(company),
  aws: aws === true,
  github: String(github),
  scim: String(scim),
  from: String(from),
  to: String(to),
});

async function ask(): Promise<Answers> {
  if (!process.stdin.isTTY)
    throw new HoldfastError('USAGE', {
      problem: 'There is no terminal to ask on.',
      mend: 'Give --company, and --aws, --github ORGANIZATION or --scim URL.',
    });
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const line = async (question: string) => (await terminal.question(`${question} `)).trim();
    const company = (await line('What is the company called?')) || 'Our company';
    const aws = /^y/i.test(await line('Connect AWS, with the credentials the SDK finds? (y/n)'));
    const github = await line('GitHub organization to connect (empty for none):');
    const scim = await line('SCIM 2.0 endpoint to connect (empty for none):');
    const from = await line('First day of the Type 2 window, as 2026-02-01 (empty if not decided):');
    const to = from ? await line('Last day of the window:') : '';
    return { company, aws, github, scim, from, to };
  } finally {
    terminal.close();
  }
}

function configuration({ company, aws, github, scim, from, to }: Answers, now: number): string {
  const year = new Date(now).getUTCFullYear();
  const window =
    from && to
      ? `window: { from: ${from}, to: ${to}, timeZone: UTC }`
      : `# window: { from: ${year}-01-01, to: ${year}-06-30, timeZone: Europe/Berlin }`;
  const connections = [
    aws &&
      `  - id: aws
    provider: aws
    # Without accounts, the account of the credentials is read. Others are entered by a role, each with its external id:
    # accounts:
    #   - { id: '123456789012', name: production, role: 'arn:aws:iam::123456789012:role/holdfast', externalId: '\${env:HOLDFAST_EXTERNAL_ID}' }
    # regions: [eu-central-1]          # without them, every enabled region
`,
    github &&
      `  - id: github
    provider: github
    organization: ${JSON.stringify(github)}
    token: \${env:GITHUB_TOKEN}        # a reference, never the token itself; or an app: { id, installation, privateKey }
`,
    scim &&
      `  - id: identities
    provider: scim
    endpoint: ${JSON.stringify(scim)}
    token: \${env:SCIM_TOKEN}
`,
  ].filter(Boolean);
  return `# Holdfast. Every setting is described in docs/config.md.
company: ${JSON.stringify(company)}

# The Type 2 window: first and last day, both included.
${window}

# Where the evidence is kept, and where the status page listens.
store: .holdfast/evidence.db
portal: { listen: '127.0.0.1:8321' }

${connections.length > 0 ? `connections:\n${connections.join('')}` : 'connections: []\n'}
# What is in scope. Places found and named nowhere are observed, and reported as unclassified after 14 days.
scope:
  in: []
  out: []

# Who is told of drifts, and who may act on them. docs/slack.md sets the app up; \`holdfast check\` tells what is missing.
# alerts:
#   slack: { token: '\${env:SLACK_TOKEN}', appToken: '\${env:SLACK_APP_TOKEN}', channel: '#security' }
# people:
#   - { email: anna@example.com, name: Anna Berg, roles: [owner, approver] }
`;
}
