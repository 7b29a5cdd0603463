import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { openAlerts } from '#src/alerts/alerts.ts';
import { defaultPolicy } from '#src/alerts/state.ts';
import { alertPart } from '#src/alerts/tables.ts';
import type { HeldItem, HeldScope } from '#src/evidence/store.ts';
import { canonical } from '#src/ledger/canonical.ts';
import { openOperations } from '#src/operations/operations.ts';
import { definePopulation } from '#src/population.ts';
import { defineRule, fail, pass } from '#src/rule.ts';
import { chatChannel } from './chat.ts';

/*
 * A process that tells what fails in a file, to be killed at any instant. Usage: telling.ts OPERATIONS FILE URL finds|posts ROUNDS
 * The file names the items that fail; it is read each time the clock is seen.
 */
const [place, file, url, way, rounds] = process.argv.slice(2) as [string, string, string, string, string];

const door = definePopulation('toy.door', {
  title: 'Doors',
  kind: 'state',
  fields: z.object({ open: z.boolean() }),
  example: { key: 'd', name: 'd', open: false },
});
const shut = defineRule(door, {
  id: 'toy.door-shut',
  title: 'Doors are shut',
  kind: 'state',
  severity: 'high',
  rationale: 'Open doors let people in.',
  remediation: 'Shut it.',
  inspects: ['open'],
  parameters: z.object({}),
  messages: { open: 'It stands open.', shut: 'It is shut.' },
  examples: { pass: [{}], fail: [{ open: true }] },
  evaluate: ({ open }) => (open ? fail('open') : pass('shut')),
});

const began = Date.now();
const scope = { connection: 'toy', account: '1', region: 'eu', population: 'toy.door' };
const item = (key: string, open: boolean): HeldItem => ({
  key,
  name: key,
  item: { key, name: key },
  snapshot: canonical({ key, name: key }),
  hash: key,
  document: key,
  judgements: [{ rule: shut.id, result: open ? 'fail' : 'pass', message: open ? 'It stands open.' : 'It is shut.', severity: 'high' }],
  rules: [shut.id],
  until: Number.POSITIVE_INFINITY,
  firstSeen: began - 1,
  at: null,
  snapshotIndex: 0,
});
const held = new Map<string, HeldScope>();
function read(): void {
  const open = JSON.parse(readFileSync(file, 'utf8')) as Record<string, boolean>;
  const items = new Map(Object.entries(open).map(([key, is]) => [key, item(key, is)]));
  held.set('toy/1/eu/toy.door', { scope, hold: 1e9, firstLook: began - 1e6, lastLook: Date.now(), failing: null, retired: null, items });
}

const lastCycle = () => ({ index: 0, connection: 'toy', asOf: 0, ended: 0, scopes: 1, failed: 0, changes: 0 });
const store = { held, runs: () => [], history: () => [], lastCycle } as unknown as Parameters<typeof openAlerts>[0]['store'];
const rules = new Map([[shut.id, shut]]);
const log = { info: () => undefined, warn: () => undefined, error: (data: object) => console.error(data) };

/** Opens it anew each time, so that it finds everything again: what a start does is what is tried here. */
for (;;) {
  read();
  const operations = openOperations(place, [alertPart]);
  const alerts = openAlerts({
    operations,
    store,
    watching: { rules, deadlines: () => ({ critical: 1e9, high: 1e9, medium: 1e9, low: 1e9 }), route: () => '#doors', periodOf: () => 1e9 },
    composing: { rules, controls: { timeZone: 'UTC', versions: [] }, portal: null, consoleLink: () => null },
    channel: chatChannel(url, way === 'finds'),
    findActor: async ({ from, to }) => ({ known: false, from, to, why: '' }),
    waivers: () => [],
    orders: () => ({ orders: [], to: 0 }),
    troubles: [],
    owed: () => [],
    reread: () => undefined,
    log,
    now: Date.now,
    policy: { ...defaultPolicy, groupWait: 0, groupInterval: 20, reopens: 30, together: 0, burst: { count: 1_000, within: 1 } },
    every: null,
    pace: 2,
    lease: 150,
  });
  for (let i = 0; i < Number(rounds); i++) {
    read();
    await alerts.tick();
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
  await alerts.close();
  operations[Symbol.dispose]();
}
