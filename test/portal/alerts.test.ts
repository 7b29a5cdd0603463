import { expect, test } from '@jest/globals';
import type { ListedAlert } from '#src/alerts/list.ts';
import { asOf } from './company.ts';
import { fixture } from './fixture.ts';
import { portalOf, textOf } from './reading.ts';

const alert: ListedAlert = {
  alert: 'HF-7K3QZ4',
  kind: 'drift',
  state: 'open',
  severity: 'high',
  headline: 'NW-01 at risk. No longer so for 3 items: <script>alert(1)</script>',
  rule: 'aws.s3.bucket-public-access-blocked',
  count: 3,
  since: asOf - 3_600_000,
  due: null,
  assigned: null,
  acknowledged: null,
  resolved: null,
  page: null,
  channel: '#security',
  told: asOf - 3_500_000,
};

test('the status page shows what is open, who was told, and nothing that a provider wrote as markup', async () => {
  const server = portalOf(fixture, {
    alerts: () => [
      alert,
      { ...alert, alert: 'HF-222222', told: null },
      { ...alert, alert: 'HF-333333', channel: null, acknowledged: { by: 'ada@example.com', until: asOf }, state: 'acknowledged' },
    ],
  });
  const { payload } = await server.inject('/');
  expect(payload).not.toContain('<script>');
  const text = textOf(payload);
  expect(text).toContain('Open alerts 3');
  expect(text).toMatch(/HF-7K3QZ4 high .* NW-01 at risk.*#security HF-222222/);
  expect(text).toMatch(/HF-222222 .* not yet: #security HF-333333/);
  expect(text).toMatch(/HF-333333 .*ada@example.com took note of it nobody: no channel is configured/);
});

test('where nothing is open that is said; where nobody watches nothing is', async () => {
  expect(textOf((await portalOf(fixture, { alerts: () => [] }).inject('/')).payload)).toContain('Open alerts 0 None.');
  expect(textOf((await portalOf(fixture, { alerts: () => 'unknown' }).inject('/')).payload)).toContain('Open alerts Not known yet');
  expect(textOf((await portalOf(fixture).inject('/')).payload)).not.toContain('Open alerts');
});
