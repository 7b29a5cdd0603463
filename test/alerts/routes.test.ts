import { expect, test } from '@jest/globals';
import { checkRoutes, deadRoutes, responsibleAt, router } from '#src/alerts/routes.ts';
import type { RouteSettings } from '#src/config.ts';
import { loadControls } from '#src/controls.ts';
import { rules } from '#src/registry.ts';

const controls = loadControls([], { timeZone: 'UTC', rules });
const byRule = responsibleAt(controls, 0);
const publicPort = 'aws.ec2.security-group-no-public-admin-ports';
const drift = { rule: publicPort, scope: 'aws/111122223333/eu-central-1/aws.security-group', severity: 'high' } as const;

test.each<[RouteSettings['match'], boolean]>([
  [{}, true],
  [{ severity: ['high', 'critical'] }, true],
  [{ severity: ['low'] }, false],
  [{ scope: ['aws/*'] }, true],
  [{ scope: ['aws/*/us-*/*', 'aws/111122223333/*'] }, true],
  [{ scope: ['aws'] }, false],
  [{ scope: ['aws/111122223333/eu.central-1/*'] }, false],
  [{ rule: ['aws.ec2.*'] }, true],
  [{ rule: ['aws.s3.*'] }, false],
  [{ control: ['NW-01'] }, true],
  [{ control: ['AC-07'] }, false],
  [{ owner: ['Head of Platform'] }, true],
  [{ control: ['NW-01'], owner: ['Head of People'] }, false],
  [{ severity: ['high'], scope: ['github/*'] }, false],
])('a route by %j takes the drift: %p', (match, takes) => {
  expect(router([{ match, channel: '#own' }], byRule, '#others')(drift)).toBe(takes ? '#own' : '#others');
});

test('the first route that matches decides; without a channel nobody is told', () => {
  const routes = [
    { match: { scope: ['github/*'] }, channel: '#github' },
    { match: { severity: ['high' as const] }, channel: '#high' },
    { match: {}, channel: '#all' },
  ];
  expect(router(routes, byRule, '#others')(drift)).toBe('#high');
  expect(router([], byRule, null)(drift)).toBeNull();
  expect(router([{ match: { rule: ['*'] }, channel: '#rules' }], byRule, '#others')({ ...drift, rule: null })).toBe('#others');
});

test.each<[RouteSettings['match'], string]>([
  [{ control: ['NW-1'] }, 'control "NW-1". Did you mean "NW-01"?'],
  [{ owner: ['Head of Platforms'] }, 'owner of a control "Head of Platforms". Did you mean "Head of Platform"?'],
  [{ rule: ['aws.s4.*'] }, 'rule "aws.s4.*"'],
  [{ scope: ['gcp/*'] }, 'connection in a scope "gcp/*"'],
])('a route by %j is refused by name', (match, says) => {
  const refused = () => checkRoutes([{ match, channel: '#a' }], controls, rules, ['aws', 'github']);
  expect(refused).toThrow(expect.objectContaining({ code: 'ALERT_ROUTE_UNKNOWN', exit: 2 }));
  expect(refused).toThrow(says);
  expect(() => checkRoutes([{ match: { scope: ['*/eu-*', 'aws/*'] }, channel: '#a' }], controls, rules, ['aws'])).not.toThrow();
});

test('routes that never decide are told, with those that take everything before them', () => {
  const dead = (...matches: RouteSettings['match'][]) =>
    deadRoutes(
      matches.map((match) => ({ match, channel: '#a' })),
      byRule,
      rules,
    );
  expect(dead({ severity: ['high'] }, { severity: ['low'] })).toEqual([]);
  expect(dead({}, { severity: ['low'] })).toEqual([{ index: 2, by: [1] }]);
  expect(dead({ rule: ['aws.*'] }, { rule: ['aws.ec2.*'], severity: ['high'] })).toEqual([{ index: 2, by: [1] }]);
  expect(dead({ severity: ['low', 'medium'] }, { severity: ['high', 'critical'] }, { scope: ['aws/*'] })).toEqual([
    { index: 3, by: [1, 2] },
  ]);
  expect(dead({ control: ['NW-01'], owner: ['Head of People'] })).toEqual([{ index: 1, by: [] }]);
  expect(dead({ scope: ['aws/1/*'] }, { scope: ['aws/*'] })).toEqual([]);
});
