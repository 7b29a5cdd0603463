import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inspect } from 'node:util';
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { example } from '#src/config/reference.ts';
import { type Config, configJsonSchema, configReference, loadConfig } from '#src/config.ts';
import { errorText, HoldfastError } from '#src/errors.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-load-'));
afterAll(() => rmSync(folder, { recursive: true }));

const smallest = 'company: Acme\nconnections:\n  - { id: aws, provider: aws }\n';

describe('loading', () => {
  test('the smallest configuration has safe defaults', () => {
    expect(load(smallest)).toEqual({
      file: path.join(folder, 'holdfast.yaml'),
      folder,
      company: 'Acme',
      timeZone: 'UTC',
      store: path.join(folder, '.holdfast/evidence.db'),
      portal: { host: '127.0.0.1', port: 8321 },
      alerts: { routes: [], remind: { high: 86_400_000, medium: 259_200_000 }, acknowledgedFor: 604_800_000 },
      people: [],
      waivers: { longestDays: 90 },
      categories: ['security', 'availability', 'confidentiality'],
      connections: [{ id: 'aws', provider: 'aws', without: [], every: {} }],
      scope: { in: [], out: [] },
      coverage: { atLeastPercent: 95, longestGapHours: 72 },
      retention: {},
      anchors: [],
      secrets: [],
    });
  });

  test('the example of the reference page, every key of it', () => {
    expect(JSON.parse(JSON.stringify(load(example)))).toEqual({
      file: path.join(folder, 'holdfast.yaml'),
      folder,
      company: 'Acme Health',
      window: {
        from: '2026-02-01',
        to: '2026-07-31',
        timeZone: 'Europe/Berlin',
        start: Date.parse('2026-01-31T23:00:00Z'),
        end: Date.parse('2026-07-31T22:00:00Z'),
      },
      timeZone: 'Europe/Berlin',
      store: path.join(folder, '.holdfast/evidence.db'),
      portal: {
        host: '127.0.0.1',
        port: 8321,
        address: 'https://holdfast.example.com',
        signIn: { header: 'x-forwarded-email', proof: 'x-holdfast-proxy', secret: '${env:PROXY_SECRET}' },
      },
      people: [
        { email: 'anna@example.com', also: ['a.berg@example.com'], name: 'Anna Berg', roles: ['owner', 'approver'] },
        { email: 'bo@example.com', also: [], name: 'Bo Lind', slack: 'U0123ABCDEF', roles: ['approver'] },
      ],
      waivers: { longestDays: 60 },
      alerts: {
        slack: { token: '${file:/run/secrets/slack}', appToken: '${file:/run/secrets/slack-app}', channel: '#compliance' },
        routes: [
          { match: { severity: ['critical'] }, channel: '#incidents' },
          { match: { owner: ['Head of Platform'], scope: ['aws/*'] }, channel: '#platform' },
        ],
        remind: { high: 86_400_000, medium: 259_200_000 },
        acknowledgedFor: 604_800_000,
      },
      categories: ['security', 'availability', 'confidentiality'],
      connections: [
        {
          id: 'aws',
          provider: 'aws',
          accounts: [
            {
              id: '123456789012',
              name: 'production',
              role: 'arn:aws:iam::123456789012:role/holdfast',
              externalId: '${env:HOLDFAST_EXTERNAL_ID}',
            },
          ],
          regions: ['eu-central-1', 'us-east-1'],
          without: [],
          every: { 'aws-iam-users': '4h' },
        },
        {
          id: 'github',
          provider: 'github',
          organization: 'acme',
          credential: { app: { id: 12345, installation: 678, privateKey: '${file:/run/secrets/github.pem}' } },
          without: [],
          every: {},
        },
        {
          id: 'okta',
          provider: 'scim',
          endpoint: 'https://example.okta.com/scim/v2',
          token: '${file:/run/secrets/scim}',
          without: [],
          every: {},
        },
      ],
      scope: {
        in: ['aws:123456789012', 'aws:123456789012/eu-*', 'github:acme/*'],
        out: [{ match: 'aws:123456789012/ap-*', reason: 'No workload; denied by policy.' }],
      },
      coverage: { atLeastPercent: 95, longestGapHours: 72 },
      queue: { redis: '${env:REDIS_URL}', patience: '30m' },
      retention: { repliesDays: 800 },
      ledger: {
        origin: 'evidence.example.com/acme',
        source: { kms: 'arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab' },
        previous: [{ key: '${file:/run/secrets/ledger-2025.pem}' }],
      },
      anchors: [
        { name: 'worm', kind: 's3', every: '1d', bucket: 'acme-evidence-worm', prefix: '', region: 'eu-central-1', retainDays: 2557 },
        { name: 'repository', kind: 'git', every: '1d', remote: 'git@github.com:acme/evidence-checkpoints.git' },
        { name: 'time-stamps', kind: 'rfc3161', every: '1d', url: 'https://tsa.example.com/tsr' },
        {
          name: 'audit-firm',
          kind: 'witness',
          every: '1d',
          url: 'https://witness.example.com',
          vkey: 'auditor.example/w1+bc0055ce+BD1AF8PoQ4lakrcKp00bfrycmCzPLsSWjMDNVfEq9GYM',
        },
        { name: 'mount', kind: 'file', every: '1h', folder: '/mnt/elsewhere/checkpoints' },
      ],
      secrets: [
        '${env:HOLDFAST_EXTERNAL_ID}',
        '${file:/run/secrets/github.pem}',
        '${file:/run/secrets/scim}',
        '${env:REDIS_URL}',
        '${file:/run/secrets/slack}',
        '${file:/run/secrets/slack-app}',
        '${file:/run/secrets/ledger-2025.pem}',
        '${env:PROXY_SECRET}',
      ],
    });
  });

  test('a secret stays a reference until it is asked for, and is told with its line', async () => {
    const config = load(example, { HOLDFAST_EXTERNAL_ID: 'Sup3rS3cret' });
    expect(`${inspect(config, { depth: 9 })} ${JSON.stringify(config)}`).not.toContain('Sup3rS3cret');
    await expect(config.secrets[0]!.resolve()).resolves.toBe('Sup3rS3cret');
    await expect(load(example).secrets[0]!.resolve()).rejects.toMatchObject({
      message: `The secret \${env:HOLDFAST_EXTERNAL_ID} (${folder}/holdfast.yaml:20 connections[0].accounts[0].externalId) cannot be resolved: the environment variable HOLDFAST_EXTERNAL_ID is not set.`,
    });
  });

  test('paths start at the folder of the file, and a controls file that exists is taken', () => {
    writeFileSync(path.join(folder, 'ours.yaml'), '[]');
    expect(load(`${smallest}store: /var/lib/holdfast.db\ncontrols: ./ours.yaml\n`)).toMatchObject({
      store: '/var/lib/holdfast.db',
      controls: path.join(folder, 'ours.yaml'),
    });
  });

  test('a store in a database is named by a reference, which shows nothing of the address', async () => {
    const { store, secrets } = load(`${smallest}store: '\${env:DATABASE_URL}'\n`, { DATABASE_URL: 'postgres://u:Sup3rS3cret@db/holdfast' });
    expect(secrets).toEqual([store]);
    expect(JSON.stringify(store)).toBe('"${env:DATABASE_URL}"');
    expect(await secrets[0]!.resolve()).toContain('Sup3rS3cret');
  });

  test('other addresses, endpoints and spans', () => {
    expect(load(`${smallest}portal: { listen: '[::1]:80' }\n`).portal).toEqual({ host: '::1', port: 80 });
    expect(load(`${smallest}portal: { listen: 0.0.0.0:65535 }\n`).portal).toEqual({ host: '0.0.0.0', port: 65_535 });
    for (const endpoint of [
      'http://127.0.0.1:5000',
      'http://localhost:5000',
      'http://moto:5000',
      "'http://[::1]:5000'",
      'https://ghe.example.com/api/v3',
    ]) {
      expect(load(`company: A\nconnections:\n  - id: a\n    provider: aws\n    endpoint: ${endpoint}\n`).connections[0]).toHaveProperty(
        'endpoint',
      );
    }
  });

  test('a window of exactly 12 months, over a leap day too', () => {
    expect(load(`${smallest}window: { from: 2027-03-01, to: 2028-02-29, timeZone: UTC }\n`).window).toMatchObject({
      end: Date.parse('2028-03-01T00:00:00Z'),
    });
  });

  test('a byte order mark and Windows line ends are taken', () => {
    expect(load(`\uFEFF${smallest.replaceAll('\n', '\r\n')}`).company).toBe('Acme');
  });
});

describe('whatever the file holds', () => {
  const outcome = (content: string): string => {
    try {
      return load(content).company;
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error;
      expect(error.exit).toBe(2);
      expect(errorText(error)).not.toMatch(/undefined|\[object/);
      return error.code;
    }
  };

  test('a text is a configuration or a mistake that is told', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...Array.from('abc:{}[],-&*!|>\'"%@#?~ \n\t${}1')) }), (text) => void outcome(text)),
      { numRuns: 300 },
    );
  });

  test('any value in any place of the example is taken or told', () => {
    const odd = [
      '',
      '~',
      '[]',
      '{}',
      '0',
      '-1',
      '1.5',
      'true',
      '[1]',
      '{ a: b }',
      '"',
      '&a x',
      '*a',
      '!!x y',
      '${env:X}',
      "''",
      '1e999',
      '.nan',
      '2026-02-30',
      '? x',
      '<<: x',
      '__proto__: 1',
      'constructor: 1',
    ];
    const lines = example.split('\n');
    fc.assert(
      fc.property(fc.nat(lines.length - 1), fc.constantFrom(...odd), fc.boolean(), (index, value, replace) => {
        const line = lines[index]!;
        const changed = replace ? line.replace(/:.*/, `: ${value}`) : `${/^[ -]*/.exec(line)![0]}${value}`;
        outcome(lines.with(index, changed).join('\n'));
      }),
      { numRuns: 400 },
    );
  });
});

describe('generated texts', () => {
  test('the reference names every key of the JSON Schema', () => {
    const keys = [...configJsonSchema().matchAll(/"(\w+)": \{\n\s+"(?:default|type|description|anyOf|oneOf|enum)"/g)]
      .map(([, key]) => key!)
      .filter((key) => !['items', 'additionalProperties', 'propertyNames'].includes(key));
    expect(keys.length).toBeGreaterThan(30);
    for (const key of keys) expect(configReference()).toMatch(new RegExp(`\`[^\`]*\\b${key}\``));
  });

  test('the JSON Schema refuses unknown keys and is a draft that editors know', () => {
    expect(JSON.parse(configJsonSchema())).toMatchObject({
      $schema: 'http://json-schema.org/draft-07/schema#',
      additionalProperties: false,
      required: ['company', 'connections'],
    });
  });

  test('no setting is without a meaning', () => {
    for (const line of configReference()
      .split('\n')
      .filter((row) => row.startsWith('| `')))
      expect(line).toMatch(/\| [^|]*\w[^|]*\.? \|$/);
  });
});

function load(content: string, env: Record<string, string> = {}): Config {
  const file = path.join(folder, 'holdfast.yaml');
  writeFileSync(file, content);
  return loadConfig(file, env);
}
