/** One configuration with one mistake each, or a few; the golden texts are in mistakes.golden.txt. */
export const cases: Readonly<Record<string, string | Uint8Array>> = {
  'empty file': '',
  'only comments': '# nothing yet\n',
  'a list instead of a map': '- company: Acme\n',
  'a bare word': 'company\n',
  'not UTF-8': new Uint8Array([...new TextEncoder().encode('company: Acme\nstore: '), 0xff, 0xfe, 0x0a]),
  'a binary file': 'company: A\0cme\n',
  'a tab as indentation': 'company: Acme\nportal:\n\tlisten: 127.0.0.1:8321\n',
  'indentation that does not fit': 'company: Acme\nportal:\n    listen: 127.0.0.1:8321\n  more: 1\n',
  'an open quote': "company: 'Acme\nconnections: []\n",
  'an open bracket': 'company: Acme\ncategories: [security\nstore: x\n',
  'a key without a colon': 'company: Acme\nstore\nportal: {}\n',
  'a colon in a value': 'company: Acme: Health\n',
  'a value that begins with @': 'company: @acme\n',
  'an anchor and an alias': 'company: &a Acme\nstore: *a\n',
  'an alias bomb': `a: &a [x, x, x, x, x, x, x, x, x]\n${'bcdefghij'
    .split('')
    .map((name, index) => `${name}: &${name} [${Array.from({ length: 9 }, () => `*${'abcdefghi'[index]}`).join(', ')}]`)
    .join('\n')}\n`,
  'a tag': 'company: !!js/function "x"\n',
  'two documents': 'company: Acme\n---\ncompany: Other\n',
  'nested without end': `company: ${'['.repeat(20_000)}`,
  'too large': `# ${'x'.repeat(1024 * 1024)}\n`,
  'a key given twice': adding('company: Other'),
  'an unknown key': adding('retention: 7y'),
  'a misspelled key': adding('coverge: { atLeastPercent: 95 }'),
  'a key named like a prototype': adding('__proto__: { company: x }'),
  'company absent': 'connections:\n  - id: aws\n    provider: aws\n',
  'company empty': 'company:\nconnections:\n  - id: aws\n    provider: aws\n',
  'company a number': 'company: 42\nconnections:\n  - id: aws\n    provider: aws\n',
  'connections absent': 'company: Acme\n',
  'connections empty': 'company: Acme\nconnections: []\n',
  'connections a map': 'company: Acme\nconnections: { aws: {} }\n',
  'a connection that is a word': 'company: Acme\nconnections: [aws]\n',
  'an unknown provider': connection('{ id: x, provider: gitlab }'),
  'a misspelled provider': connection('{ id: x, provider: gihub }'),
  'no provider': connection('{ id: x }'),
  'a connection id with capitals': connection('{ id: AWS_Main, provider: aws }'),
  'a connection id twice': 'company: Acme\nconnections:\n  - { id: aws, provider: aws }\n  - { id: aws, provider: aws }\n',
  'a key of another provider': connection('{ id: aws, provider: aws, organization: acme }'),
  'an account id without quotes': connection('{ id: aws, provider: aws, accounts: [{ id: 123456789012 }] }'),
  'an account id that looks octal': connection('{ id: aws, provider: aws, accounts: [{ id: 012345670123 }] }'),
  'an account id of 11 digits': connection("{ id: aws, provider: aws, accounts: [{ id: '12345678901' }] }"),
  'an account id with hyphens': connection('{ id: aws, provider: aws, accounts: [{ id: 1234-5678-9012 }] }'),
  'an account twice': connection(
    "{ id: aws, provider: aws, accounts: [{ id: '123456789012' }, { id: '123456789012', role: arn:aws:iam::123456789012:role/h }] }",
  ),
  'two accounts without a role': connection("{ id: aws, provider: aws, accounts: [{ id: '123456789012' }, { id: '210987654321' }] }"),
  'a role of another account': connection(
    "{ id: aws, provider: aws, accounts: [{ id: '123456789012', role: 'arn:aws:iam::210987654321:role/h' }] }",
  ),
  'a role that is a user': connection(
    "{ id: aws, provider: aws, accounts: [{ id: '123456789012', role: 'arn:aws:iam::123456789012:user/h' }] }",
  ),
  'a role that is a name': connection("{ id: aws, provider: aws, accounts: [{ id: '123456789012', role: holdfast }] }"),
  'an external id in clear': connection(
    "{ id: aws, provider: aws, accounts: [{ id: '123456789012', role: arn:aws:iam::123456789012:role/h, externalId: Sup3rS3cretValue }] }",
  ),
  'an external id without a role': connection("{ id: aws, provider: aws, accounts: [{ id: '123456789012', externalId: '${env:X}' }] }"),
  'no account': connection('{ id: aws, provider: aws, accounts: [] }'),
  'a bad region': connection('{ id: aws, provider: aws, regions: [eu-central1] }'),
  'an availability zone': connection('{ id: aws, provider: aws, regions: [eu-central-1a] }'),
  'a region twice': connection('{ id: aws, provider: aws, regions: [eu-central-1, eu-central-1] }'),
  'regions as a word': connection('{ id: aws, provider: aws, regions: eu-central-1 }'),
  'an unknown collector': connection('{ id: aws, provider: aws, without: [aws-kms-key] }'),
  "another provider's collector": connection('{ id: aws, provider: aws, without: [github-repositories] }'),
  'a schedule of an unknown collector': connection('{ id: aws, provider: aws, every: { iam: 4h } }'),
  'a duration in words': connection('{ id: aws, provider: aws, every: { aws-iam-users: 4 hours } }'),
  'a duration without a unit': connection('{ id: aws, provider: aws, every: { aws-iam-users: 4 } }'),
  'a duration too short': connection('{ id: aws, provider: aws, every: { aws-iam-users: 5s } }'),
  'a duration too long': connection('{ id: aws, provider: aws, every: { aws-iam-users: 30d } }'),
  'an endpoint without a scheme': connection('{ id: aws, provider: aws, endpoint: localhost:5000 }'),
  'an endpoint with credentials': connection('{ id: aws, provider: aws, endpoint: https://admin:Sup3rS3cretValue@proxy.example.com }'),
  'an endpoint over http': connection('{ id: okta, provider: scim, endpoint: http://example.okta.com/scim/v2, token: "${env:T}" }'),
  'an endpoint with a query': connection(
    '{ id: okta, provider: scim, endpoint: "https://example.okta.com/scim?token=Sup3rS3cretValue", token: "${env:T}" }',
  ),
  'no endpoint': connection('{ id: okta, provider: scim, token: "${env:T}" }'),
  'both token and app': connection(
    "{ id: github, provider: github, organization: acme, token: '${env:T}', app: { id: 1, installation: 2, privateKey: '${env:K}' } }",
  ),
  'neither token nor app': connection('{ id: github, provider: github, organization: acme }'),
  'a token in clear': connection('{ id: github, provider: github, organization: acme, token: Sup3rS3cretValue }'),
  'a token with a reference inside': connection(
    '{ id: github, provider: github, organization: acme, token: "Bearer ${env:Sup3rS3cretValue}" }',
  ),
  'a token as a number': connection('{ id: github, provider: github, organization: acme, token: 314159265 }'),
  'a private key in clear': connection(
    "{ id: github, provider: github, organization: acme, app: { id: 1, installation: 2, privateKey: '-----BEGIN RSA PRIVATE KEY-----Sup3rS3cretValue' } }",
  ),
  'a reference to nothing': connection('{ id: github, provider: github, organization: acme, token: "${env:}" }'),
  'an unknown reference': connection('{ id: github, provider: github, organization: acme, token: "${vault:secret/x}" }'),
  'a reference in braces without quotes': connection('{ id: github, provider: github, organization: acme, token: ${env:T} }'),
  'a shell variable': connection('{ id: github, provider: github, organization: acme, token: $GITHUB_TOKEN }'),
  'a reference to a bad variable': connection('{ id: github, provider: github, organization: acme, token: "${env:GITHUB-TOKEN}" }'),
  'a reference to a bad secret ARN': connection('{ id: github, provider: github, organization: acme, token: "${aws-sm:github}" }'),
  'a reference where no secret belongs': connection('{ id: github, provider: github, organization: "${env:ORG}", token: "${env:T}" }'),
  'an organization as an address': connection('{ id: github, provider: github, organization: https://github.com/acme, token: "${env:T}" }'),
  'a token in place of the organization': connection(
    `{ id: github, provider: github, organization: ghp_${'a1'.repeat(18)}, token: "\${env:T}" }`,
  ),
  'a token in place of a collector': connection(`{ id: aws, provider: aws, every: { ghp_${'a1'.repeat(18)}: 4 hours } }`),
  'a token in place of a key': adding(`ghp_${'a1'.repeat(18)}: x`),
  'an app id in quotes': connection(
    "{ id: github, provider: github, organization: acme, app: { id: '1', installation: 2, privateKey: '${env:K}' } }",
  ),
  'a window to before from': adding('window: { from: 2026-07-31, to: 2026-02-01, timeZone: Europe/Berlin }'),
  'a day that does not exist': adding('window: { from: 2026-02-01, to: 2026-02-30, timeZone: Europe/Berlin }'),
  'a day in another order': adding('window: { from: 01.02.2026, to: 2026-07-31, timeZone: Europe/Berlin }'),
  'an unknown time zone': adding('window: { from: 2026-02-01, to: 2026-07-31, timeZone: Europe/Berln }'),
  'an offset as time zone': adding("window: { from: 2026-02-01, to: 2026-07-31, timeZone: '+02:00' }"),
  'no time zone': adding('window: { from: 2026-02-01, to: 2026-07-31 }'),
  'a window of more than 12 months': adding('window: { from: 2026-02-01, to: 2027-02-01, timeZone: Europe/Berlin }'),
  'a listen address without a port': adding('portal: { listen: 127.0.0.1 }'),
  'a port out of range': adding('portal: { listen: 127.0.0.1:83210 }'),
  'a port alone': adding('portal: { listen: 8321 }'),
  'an address that is none': adding('portal: { listen: 256.0.0.1:8321 }'),
  'a store that is an address': adding('store: postgres://holdfast:Sup3rS3cretValue@db/holdfast'),
  'a store that is an unknown reference': adding("store: '${vault:holdfast}'"),
  'a store that is nothing': adding('store: "  "'),
  'an unknown category': adding('categories: [security, availabilty]'),
  'categories without security': adding('categories: [availability]'),
  'a category twice': adding('categories: [security, security]'),
  'scope.out without a reason': adding("scope: { out: [{ match: 'aws:123456789012/ap-*' }] }"),
  'scope.out with an empty reason': adding("scope: { out: [{ match: 'aws:123456789012/ap-*', reason: ' ' }] }"),
  'scope.in without a provider': adding('scope: { in: [acme/*] }'),
  'a place both in and out': adding("scope: { in: ['github:acme/*'], out: [{ match: 'github:acme/*', reason: Not ours }] }"),
  'a controls file that is missing': adding('controls: our-controls.yaml'),
  'a percentage of 101': adding('coverage: { atLeastPercent: 101 }'),
  'half a percent': adding('coverage: { atLeastPercent: 99.5 }'),
  'a gap in words': adding('coverage: { longestGapHours: three days }'),
  'several at once': `company: 7
windw: {}
portal: { listen: 8321 }
connections:
  - { id: aws, provider: aws, accounts: [{ id: 123456789012 }], regions: [here] }
  - { id: github, provider: github, organization: acme, token: Sup3rS3cretValue }
  - { id: aws, provider: gcp }
company: Acme
`,
};

function adding(line: string): string {
  return `company: Acme\nconnections:\n  - { id: aws, provider: aws }\n${line}\n`;
}

function connection(text: string): string {
  return `company: Acme\nconnections:\n  - ${text}\n`;
}
