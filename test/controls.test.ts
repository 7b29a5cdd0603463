import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { controlsExample } from '#src/config/reference.ts';
import {
  type Controls,
  controlsAt,
  controlsDocument,
  controlVersions,
  type KnownRule,
  loadControls,
  parametersAt,
  starterControls,
} from '#src/controls.ts';
import { criteriaIn, defaultCategories, isCriterionId } from '#src/criteria.ts';
import { errorText, HoldfastError } from '#src/errors.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-controls-'));
afterAll(() => rmSync(folder, { recursive: true }));

const root = path.join(import.meta.dirname, '..');
const at = Date.parse('2026-03-01T00:00:00Z');
const starter = loadControls([], { timeZone: 'UTC' });
const controls = controlsAt(starter, at);
const named = Object.fromEntries(controls.map((control) => [control.id, control]));

describe('the starter set', () => {
  test('45 controls, each id once', () => {
    expect(starterControls()).toEqual(controls);
    expect(controls).toHaveLength(45);
    expect(starter.versions).toHaveLength(45);
    expect(starter.versions.every(({ from, start, version }) => from === null && start === -Infinity && version === 1)).toBe(true);
  });

  test('every control has a key rule, names each rule once, and only criteria that exist', () => {
    for (const { id, key, supporting, criteria } of controls) {
      expect([id, key.length]).not.toEqual([id, 0]);
      expect([id, new Set([...key, ...supporting]).size]).toEqual([id, key.length + supporting.length]);
      expect(criteria.every(isCriterionId)).toBe(true);
    }
  });

  test('reaches each of the 38 criteria of the default scope, and no other', () => {
    const reached = new Set(controls.flatMap(({ criteria }) => criteria));
    expect([...reached].toSorted()).toEqual(
      criteriaIn(defaultCategories)
        .map(({ id }) => id)
        .toSorted(),
    );
  });

  test('every rule tests some control; a rule that is key nowhere is only an indicator', () => {
    const rules = new Set(controls.flatMap(({ key, supporting }) => [...key, ...supporting]));
    expect(rules.size).toBe(161);
    for (const rule of rules) expect(rule).toMatch(/^(?:meta|cross|idp|scim|ldap|aws|github|google|data|bc|ir|vm|gv|rk)\.[a-z0-9.-]+$/);
  });

  test('sets only parameters that its rules have, where they are built', async () => {
    const paths = await Array.fromAsync(glob('rules/*/**/*.ts', { cwd: root }));
    const modules = await Promise.all(
      paths.map(async (file) => ((await import(path.join(root, file))) as { default?: KnownRule }).default),
    );
    const rules = modules.filter((rule) => rule !== undefined);
    expect(rules.length).toBeGreaterThan(0);
    expect(loadControls([], { timeZone: 'UTC', rules })).toEqual(starter);
  });

  test('says waiver for an accepted deviation', () => {
    expect(JSON.stringify(controlsDocument(starter))).not.toMatch(/exception|excepted|compliant\b(?!")|certified/i);
  });

  // An auditor tests the control as written: a number in the wording and another in the rule is itself a finding.
  test.each([
    ['GV-01', 'within 30 days of starting', 'gv.background-check-completed', { withinDays: 30 }],
    ['GV-01', 'every year after', 'gv.policy-acknowledged', { everyDays: 365 }],
    ['GV-02', 'at least quarterly', 'gv.oversight-meeting-held', { period: 'quarter' }],
    ['GV-03', 'within 30 days of joining and every 12 months', 'gv.training-completed', { withinDays: 30, everyDays: 365 }],
    ['GV-04', 'at least every 12 months', 'gv.policy-reviewed', { everyDays: 365 }],
    ['GV-06', 'within severity deadlines', 'meta.finding-remediated-in-sla', { criticalDays: 1, highDays: 7, mediumDays: 30, lowDays: 90 }],
    ['RK-01', 'at least every 12 months', 'rk.risk-assessment-completed', { everyDays: 365 }],
    ['RK-02', 'every 12 months', 'rk.vendor-reviewed', { everyDays: 365 }],
    ['AC-04', 'within one business day of termination', 'cross.leaver-deprovisioned-in-sla', { businessDays: 1 }],
    ['AC-04', 'within five business days', 'cross.mover-access-adjusted', { businessDays: 5 }],
    ['AC-05', 'every quarter', 'cross.access-review-completed', { period: 'quarter' }],
    ['AC-05', 'within 14 days', 'cross.access-review-decisions-applied', { withinDays: 14 }],
    ['AC-07', 'at least every 90 days', 'aws.iam.access-key-rotated', { maxAgeDays: 90 }],
    ['AC-08', 'not used for 90 days', 'idp.dormant-account-disabled', { maxIdleDays: 90 }],
    ['AC-08', 'not used for 90 days', 'aws.iam.unused-credential-disabled', { maxIdleDays: 90 }],
    ['AC-09', 'within one business day', 'aws.iam.root-usage-reviewed', { businessDays: 1 }],
    ['AC-09', 'within one business day', 'idp.breakglass-usage-reviewed', { businessDays: 1 }],
    ['NW-03', 'at least every six months', 'cross.firewall-review-completed', { everyDays: 184 }],
    ['CM-03', 'within two business days', 'github.protection-bypass-reviewed', { businessDays: 2 }],
    ['CM-03', 'within two business days', 'github.emergency-change-reviewed', { businessDays: 2 }],
    ['DS-02', 'TLS 1.2 or higher', 'aws.edge.tls-minimum', { minTls: '1.2' }],
    ['BK-01', 'at least daily', 'aws.backup.recovery-point-recent', { maxAgeHours: 26 }],
    ['BK-01', 'kept for at least 30 days', 'aws.rds.automated-backup-enabled', { minRetentionDays: 30 }],
    ['BK-01', 'kept for at least 30 days', 'aws.backup.retention-meets-policy', { minRetentionDays: 30 }],
    ['BK-02', 'within 24 hours', 'aws.backup.failed-job-resolved', { withinHours: 24 }],
    ['BK-02', 'within 24 hours', 'aws.backup.job-succeeded', { retryHours: 24 }],
    ['BK-04', 'at least every 90 days (at minimum annually per store)', 'aws.backup.restore-test-completed', { everyDays: 90 }],
    ['BC-01', 'at least every 12 months', 'bc.dr-test-completed', { everyDays: 365 }],
    ['BC-02', 'at least two availability zones', 'aws.compute.multi-az', { minZones: 2 }],
    ['IR-01', 'at least 365 days', 'aws.logs.retention', { minRetentionDays: 365 }],
    ['IR-04', 'every 12 months', 'ir.plan-exercised', { everyDays: 365 }],
    ['VM-01', 'every 12 months', 'vm.pentest-completed', { everyDays: 365 }],
    ['VM-02', 'within severity deadlines', 'github.vulnerability-remediated-in-sla', { criticalDays: 15, highDays: 30, mediumDays: 90 }],
  ])('%s says "%s", and so does %s', (id, wording, rule, parameters) => {
    expect(named[id]!.statement).toContain(wording);
    expect(named[id]!.parameters[rule]).toEqual(parameters);
    expect(parametersAt(starter, rule, at)).toEqual(parameters);
  });

  test('every number of days or hours in a wording is a parameter of one of its rules', () => {
    for (const { id, statement, parameters } of controls) {
      const values = Object.values(parameters).flatMap((values) => Object.values(values));
      for (const [, number] of statement.matchAll(/(\d+) (?:days|hours)/g))
        expect([id, values]).toEqual([id, expect.arrayContaining([Number(number)])]);
    }
  });
});

describe("a company's own versions", () => {
  const rotated = 'aws.iam.access-key-rotated';

  test('as the reference page shows them', () => {
    const set = load(controlsExample);
    expect(set.versions).toHaveLength(48);
    expect(parametersAt(set, rotated, Date.parse('2026-04-01T00:00:00Z'))).toEqual({ maxAgeDays: 60 });
    expect(controlsAt(set, Date.parse('2026-05-01T00:00:00Z')).map(({ id }) => id)).not.toContain('NW-04');
  });

  test('change the fields they give from their day on, in the time zone of the window', () => {
    const set = load(
      `
- id: AC-07
  from: 2026-04-01
  statement: Keys are rotated at least every 60 days.
  parameters: { ${rotated}: { maxAgeDays: 60 } }
- { id: AC-07, from: 2026-05-01, owner: Head of Security }`,
      { timeZone: 'Europe/Berlin' },
    );
    const parts = controlVersions(set, 'AC-07', { start: Date.parse('2026-02-01T00:00:00Z'), end: Date.parse('2026-08-01T00:00:00Z') });
    expect(
      parts.map(({ from, to, version, control }) => [
        iso(from),
        iso(to),
        version,
        control.owner,
        control.statement.slice(0, 4),
        control.parameters[rotated],
      ]),
    ).toEqual([
      ['2026-02-01T00:00:00.000Z', '2026-03-31T22:00:00.000Z', 1, 'Head of IT', 'Pass', { maxAgeDays: 90 }],
      ['2026-03-31T22:00:00.000Z', '2026-04-30T22:00:00.000Z', 2, 'Head of IT', 'Keys', { maxAgeDays: 60 }],
      ['2026-04-30T22:00:00.000Z', '2026-08-01T00:00:00.000Z', 3, 'Head of Security', 'Keys', { maxAgeDays: 60 }],
    ]);
    expect(parametersAt(set, rotated, Date.parse('2026-03-31T21:59:59.999Z'))).toEqual({ maxAgeDays: 90 });
    expect(parametersAt(set, rotated, Date.parse('2026-03-31T22:00:00.000Z'))).toEqual({ maxAgeDays: 60 });
  });

  test('are in force by day, however they are ordered in the file', () => {
    const set = load('- { id: AC-07, from: 2026-05-01, owner: Third }\n- { id: AC-07, from: 2026-04-01, owner: Second }');
    expect(controlsAt(set, Date.parse('2026-04-15T00:00:00Z')).find(({ id }) => id === 'AC-07')?.owner).toBe('Second');
    expect(controlsAt(set, Date.parse('2026-05-15T00:00:00Z')).find(({ id }) => id === 'AC-07')?.owner).toBe('Third');
  });

  test('retire a control, and take it up again', () => {
    const set = load(
      '- { id: NW-04, from: 2026-04-01, retire: true, reason: No public endpoint. }\n- { id: NW-04, from: 2026-06-01, owner: Head of Edge }',
    );
    const parts = controlVersions(set, 'NW-04', { start: Date.parse('2026-01-01T00:00:00Z'), end: Date.parse('2026-12-31T00:00:00Z') });
    expect(parts.map(({ from, to, version }) => [iso(from).slice(0, 10), iso(to).slice(0, 10), version])).toEqual([
      ['2026-01-01', '2026-04-01', 1],
      ['2026-06-01', '2026-12-31', 3],
    ]);
    expect(parametersAt(set, 'aws.waf.public-endpoint-protected', Date.parse('2026-05-01T00:00:00Z'))).toEqual({});
    expect(set.versions.find(({ id, version }) => id === 'NW-04' && version === 2)).toMatchObject({
      control: null,
      reason: 'No public endpoint.',
    });
  });

  test('bring controls of their own, since ever or from a day on, tested or not', () => {
    const own = 'title: Own, statement: We do., owner: Me, type: [detective, manual], frequency: daily, criteria: [PI1.3], key: []';
    const set = load(`- { id: PI-01, ${own} }\n- { id: PI-02, from: 2026-04-01, ${own} }`);
    expect(controlsAt(set, at).map(({ id }) => id)).toContain('PI-01');
    expect(controlsAt(set, at).map(({ id }) => id)).not.toContain('PI-02');
    expect(controlVersions(set, 'PI-02', { start: at, end: Date.parse('2026-05-01T00:00:00Z') })).toMatchObject([
      { from: Date.parse('2026-04-01T00:00:00Z') },
    ]);
    expect(controlVersions(set, 'PI-02', { start: 0, end: at })).toEqual([]);
  });

  test('move a rule from supporting to key, and drop one with its parameters', () => {
    const set = load('- { id: BK-01, from: 2026-01-01, key: [aws.s3.bucket-versioning, aws.backup.retention-meets-policy] }');
    expect(controlsAt(set, at).find(({ id }) => id === 'BK-01')).toMatchObject({
      key: ['aws.s3.bucket-versioning', 'aws.backup.retention-meets-policy'],
      supporting: ['aws.dynamodb.pitr-enabled'],
      parameters: { 'aws.dynamodb.pitr-enabled': { minRetentionDays: 30 }, 'aws.backup.retention-meets-policy': { minRetentionDays: 30 } },
    });
    expect(parametersAt(set, 'aws.rds.automated-backup-enabled', at)).toEqual({});
  });

  test('the rest of a merged parameter map stays', () => {
    const set = load('- { id: VM-02, from: 2026-01-01, parameters: { github.vulnerability-remediated-in-sla: { criticalDays: 7 } } }');
    expect(parametersAt(set, 'github.vulnerability-remediated-in-sla', at)).toEqual({ criticalDays: 7, highDays: 30, mediumDays: 90 });
  });
});

describe('mistakes', () => {
  const rules: KnownRule[] = [
    {
      id: 'aws.iam.access-key-rotated',
      parameters: z.object({ maxAgeDays: z.int().min(1).max(365).default(90).describe('Days a key may be used.') }),
    },
    { id: 'aws.iam.unused-credential-disabled', parameters: z.object({ maxIdleDays: z.int().default(90) }) },
    { id: 'aws.custom.rule', parameters: z.object({}) },
    {
      id: 'aws.backup.retention-meets-policy',
      parameters: z
        .object({ minRetentionDays: z.int().default(7), maxRetentionDays: z.int().nullable().default(null) })
        .refine(
          ({ minRetentionDays, maxRetentionDays }) => maxRetentionDays === null || minRetentionDays <= maxRetentionDays,
          'a maximum not below the minimum',
        ),
    },
  ];
  const full = 'title: T, statement: S, owner: O, type: [detective, manual], frequency: daily, criteria: [CC6.1]';

  test.each([
    ['not a list', 'AC-07: {}', '1:1: (top level): found a map; expected a list of controls.', 'Begin each'],
    ['a bad id', '- { id: ac7, from: 2026-04-01 }', '1:9: [0].id: found "ac7"; expected the id of a control.', 'AC-07'],
    [
      'an unknown key',
      '- { id: AC-07, from: 2026-04-01, owners: X }',
      '1:34: [0]: the key "owners" is not known here',
      'Did you mean "owner"?',
    ],
    [
      'no day',
      '- { id: AC-07, owner: X }',
      '1:3: [0].from: found nothing; expected a day, as AC-07 exists already (',
      'Add `from: YYYY-MM-DD`',
    ],
    ['a bad day', '- { id: AC-07, from: 2026-02-30 }', '1:22: [0].from: found "2026-02-30"; expected a day of the calendar', ''],
    [
      'two on a day',
      '- { id: AC-07, from: 2026-04-01, owner: X }\n- { id: AC-07, from: 2026-04-01, owner: Y }',
      '2:22: [1].from: found "2026-04-01"; expected a day of its own (',
      'Make one',
    ],
    [
      'a misspelled id',
      '- { id: AC-70, from: 2026-04-01, owner: X }',
      '1:9: [0].id: found "AC-70"; expected a whole control, as AC-70 is new: title, statement, type, frequency, criteria, key missing.',
      'Did you mean',
    ],
    [
      'an unknown criterion',
      '- { id: AC-07, from: 2026-04-01, criteria: [CC6.11] }',
      '1:45: [0].criteria[0]: found "CC6.11"; expected the id of a criterion.',
      'Did you mean "CC6.1"?',
    ],
    [
      'a criterion twice',
      '- { id: AC-07, from: 2026-04-01, criteria: [CC6.1, CC6.1] }',
      '1:52: [0].criteria[1]: found CC6.1 a second time; expected each criterion once.',
      '',
    ],
    [
      'an unknown rule',
      '- { id: AC-07, from: 2026-04-01, key: [aws.iam.acess-key-rotated] }',
      '1:40: [0].key[0]: found "aws.iam.acess-key-rotated"; expected a rule that exists.',
      'Did you mean "aws.iam.access-key-rotated"?',
    ],
    [
      'a rule twice',
      `- { id: XX-01, ${full}, key: [aws.custom.rule], supporting: [aws.custom.rule] }`,
      '[0].supporting[0]: found "aws.custom.rule" a second time; expected each rule once.',
      '',
    ],
    [
      'a key rule made supporting in half',
      '- { id: AC-08, from: 2026-04-01, supporting: [idp.dormant-account-disabled] }',
      '1:47: [0].supporting[0]: found "idp.dormant-account-disabled"; expected a rule that is not a key rule of AC-08.',
      'Give `key`',
    ],
    [
      'parameters of a rule of another control',
      '- { id: AC-07, from: 2026-04-01, parameters: { aws.custom.rule: {} } }',
      '[0].parameters.aws.custom.rule: found "aws.custom.rule"; expected a rule of AC-07.',
      '',
    ],
    [
      'an unknown parameter',
      '- { id: AC-07, from: 2026-04-01, parameters: { aws.iam.access-key-rotated: { maxAge: 60 } } }',
      'found "maxAge"; expected a parameter of aws.iam.access-key-rotated: maxAgeDays.',
      'Remove it',
    ],
    [
      'a parameter of a rule without any',
      `- { id: XX-01, ${full}, key: [aws.custom.rule], parameters: { aws.custom.rule: { x: 1 } } }`,
      'found "x"; expected no parameters: aws.custom.rule has none.',
      '',
    ],
    [
      'a parameter out of range',
      '- { id: AC-07, from: 2026-04-01, parameters: { aws.iam.access-key-rotated: { maxAgeDays: 900 } } }',
      'maxAgeDays: found 900 (a number); expected number to be <=365.',
      'Days a key may be used.',
    ],
    [
      'half a day',
      '- { id: AC-07, from: 2026-04-01, parameters: { aws.iam.access-key-rotated: { maxAgeDays: 0.5 } } }',
      'maxAgeDays: found 0.5 (a number); expected a value without fractions.',
      '',
    ],
    [
      'retired without a reason',
      '- { id: AC-07, from: 2026-04-01, retire: true }',
      '1:3: [0].reason: found nothing; expected the reason why the control ends.',
      'auditors read it',
    ],
    [
      'retired and changed',
      '- { id: AC-07, from: 2026-04-01, retire: true, reason: R, owner: X }',
      '[0].owner: found `owner` in a version that ends the control; expected id, from, retire and reason only.',
      '',
    ],
    [
      'retired before it was',
      '- { id: XX-01, from: 2026-04-01, retire: true, reason: R }',
      '1:9: [0].id: found "XX-01"; expected the id of a control in force.',
      '',
    ],
    ['a reason for nothing', '- { id: AC-07, from: 2026-04-01, reason: R, owner: X }', '[0].reason: found `reason` without `retire`', ''],
    [
      'no word for who does it',
      '- { id: AC-07, from: 2026-04-01, type: [preventive] }',
      '[0].type: found a list; expected a list of preventive,',
      '',
    ],
    ['an alias', '- &x { id: AC-07, from: 2026-04-01 }\n- *x', '2:3: this is not YAML: aliases', ''],
  ])('%s', (_, text, message, remedy) => {
    const error = errorOf(text, rules);
    expect(error.problems).toEqual([]);
    expect(error.message).toContain(`${folder}/controls.yaml:`);
    expect(error.message).toContain(message);
    expect(error.remedy).toContain(remedy);
    expect(error.exit).toBe(2);
  });

  test('all of a file are told, in its order', () => {
    const error = errorOf(
      '- { id: AC-07, from: 2026-04-01, key: [aws.none.x] }\n- { id: AC-08, owner: X }\n- { id: NW-04, from: 2026-04-01, retire: true }',
      rules,
    );
    expect(error.problems.map(({ data }) => data['line'])).toEqual([1, 2, 3]);
  });

  test('a rule that a starter file names may be named, built or not', () => {
    expect(load('- { id: AC-07, from: 2026-04-01, key: [cross.sso-required] }', { rules }).versions).toHaveLength(46);
  });

  test('two controls that set one parameter differently are told with both places', () => {
    const own = `- { id: XX-01, from: 2026-04-01, ${full}, key: [aws.iam.access-key-rotated], parameters: { aws.iam.access-key-rotated: { maxAgeDays: 30 } } }`;
    const error = errorOf(own);
    expect(error.code).toBe('CONTROL_PARAMETERS_CONFLICT');
    expect(error.message).toMatch(
      /^Two controls in force at 2026-04-01T00:00:00.000Z set aws.iam.access-key-rotated maxAgeDays differently: \S+\/controls\/access.yaml:\d+ says 90, \S+\/controls.yaml:1 says 30\.$/,
    );
  });

  test('the same value twice is no conflict, and neither is one after the other', () => {
    const own = (from: string, value: number): string =>
      `- { id: XX-01, from: ${from}, ${full}, key: [aws.waf.public-endpoint-protected, aws.iam.access-key-rotated], parameters: { aws.iam.access-key-rotated: { maxAgeDays: ${value} } } }`;
    expect(load(own('2026-04-01', 90)).versions).toHaveLength(46);
    expect(load(`${own('2026-04-01', 30)}\n- { id: AC-07, from: 2026-03-01, retire: true, reason: R }`).versions).toHaveLength(47);
  });

  test('an id that no control has', () => {
    expect(() => controlVersions(starter, 'AC-7', { start: 0, end: at })).toThrow('There is no control "AC-7". Did you mean "AC-07"?');
  });
});

describe('the document for the ledger', () => {
  test('is the same whatever the order of files and keys, and holds every version whole', () => {
    const one = load('- { id: AC-07, from: 2026-04-01, owner: A, frequency: daily }\n- { id: AC-08, from: 2026-04-01, owner: B }');
    const other = load('- { id: AC-08, owner: B, from: 2026-04-01 }\n- { frequency: daily, owner: A, from: 2026-04-01, id: AC-07 }');
    expect(JSON.stringify(controlsDocument(one))).toBe(JSON.stringify(controlsDocument(other)));
    expect(JSON.stringify(controlsDocument(one))).not.toBe(JSON.stringify(controlsDocument(starter)));
    expect(controlsDocument(one)).toMatchObject({
      timeZone: 'UTC',
      versions: expect.arrayContaining([
        expect.objectContaining({
          id: 'AC-07',
          version: 2,
          from: '2026-04-01',
          control: expect.objectContaining({ owner: 'A', title: 'Credential standards' }),
        }),
      ]),
    });
  });

  test('has no fraction and no path of this machine', () => {
    const text = JSON.stringify(controlsDocument(starter));
    expect(text).not.toMatch(/:-?\d+\.\d/);
    expect(text).not.toContain(process.cwd());
    expect(JSON.parse(text)).toEqual(controlsDocument(starter));
  });
});

function load(text: string, { timeZone = 'UTC', rules }: { timeZone?: string; rules?: KnownRule[] } = {}): Controls {
  const file = path.join(folder, 'controls.yaml');
  writeFileSync(file, text);
  return loadControls([file], { timeZone, ...(rules && { rules }) });
}

function errorOf(text: string, rules?: KnownRule[]): HoldfastError {
  try {
    load(text, rules ? { rules } : {});
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    expect(errorText(error)).not.toMatch(/undefined|\[object/);
    return error;
  }
  throw new Error('no mistake was found');
}

function iso(instant: number): string {
  return new Date(instant).toISOString();
}
