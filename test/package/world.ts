import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, inflateRawSync } from 'node:zlib';
import { controlsDocument, loadControls } from '#src/controls.ts';
import { criteriaIn } from '#src/criteria.ts';
import { runCycle } from '#src/cycle/cycle.ts';
import { hour } from '#src/duration.ts';
import { openSqlite } from '#src/evidence/sqlite.ts';
import type { EvidenceStore } from '#src/evidence/store.ts';
import { canonical } from '#src/ledger/canonical.ts';
import type { Source } from '#src/package/contents.ts';
import { type Exported, exportPackage } from '#src/package/export.ts';
import { newWorld, settingsAt, start, toyConnection, toyRuleSet, toyRules, type World } from '#test/cycle/world.ts';

const controlsText = `
- id: ZZ-01
  title: Doors
  statement: Doors are shut.
  owner: Janitor
  type: [preventive, automated]
  frequency: continuous
  criteria: [CC6.4]
  key: [toy.door-shut]
  supporting: [toy.door-locked]
- id: ZZ-02
  title: Nothing tests it yet
  statement: Keys are counted.
  owner: Janitor
  type: [preventive, manual]
  frequency: annual
  criteria: [CC6.4]
  key: [toy.keys-counted]
  supporting: []
`;

export const newFolder = (): string => mkdtempSync(join(tmpdir(), 'holdfast-package-'));

/** Hourly looks at the toy provider, with what happens at which hour. */
export async function toyStore(
  file: string,
  hours: number,
  events: Record<number, (world: World) => void> = {},
  options: Parameters<typeof openSqlite>[1] = {},
): Promise<EvidenceStore> {
  const world = newWorld();
  const store = openSqlite(file, options);
  let at = 0;
  const settings = settingsAt(() => at);
  await store.append('controls', start, controlsDocument(controls()) as never);
  for (at = 0; at < hours; at++) {
    events[at]?.(world);
    await runCycle(toyConnection(world), store, settings);
  }
  return store;
}

function controls() {
  const file = join(newFolder(), 'controls.yaml');
  writeFileSync(file, controlsText);
  return loadControls([], { timeZone: 'UTC', starter: [file] });
}

/** What a package of the toy company is made from: the first day of March, as of its end. */
export function toySource(store: EvidenceStore, window = { from: start, to: start + 24 * hour, asOf: start + 24 * hour }): Source {
  return {
    store,
    window,
    days: { firstDay: new Date(window.from).toISOString().slice(0, 10), lastDay: new Date(window.to - 1).toISOString().slice(0, 10) },
    config: { connections: [], scope: { in: ['toy:house'], out: [] }, categories: ['security'] },
    reporting: {
      rules: toyRules,
      controls: controls(),
      criteria: criteriaIn(['security']),
      company: 'Toy',
      example: false,
      declared: null,
      timeZone: 'UTC',
      thresholds: { coverage: 0.95, gap: 72 * hour },
      asOf: window.asOf,
      parametersAt: () => ({}),
    },
  };
}

/** Exports, and reads what was written. */
export async function packageOf(source: Source): Promise<{ exported: Exported; files: Map<string, string>; bytes: Buffer }> {
  const exported = await exportPackage({ ...source, out: join(newFolder(), 'package.zip') });
  const bytes = readFileSync(exported.file);
  return { exported, files: unzipped(bytes), bytes };
}

/** The files of a ZIP by its directory, which is held to its local headers. */
export function unzipped(bytes: Buffer): Map<string, string> {
  const files = new Map<string, string>();
  let at = bytes.readUInt32LE(bytes.length - 6);
  for (let left = bytes.readUInt16LE(bytes.length - 12); left > 0; left--) {
    const [crc, length, size] = [16, 20, 24].map((field) => bytes.readUInt32LE(at + field));
    const [name, offset] = [bytes.readUInt16LE(at + 28), bytes.readUInt32LE(at + 42)];
    if (!bytes.subarray(at + 10, at + 28).equals(bytes.subarray(offset + 8, offset + 26))) throw new Error('two headers disagree');
    const path = bytes.toString('utf8', at + 46, at + 46 + name);
    const data = inflateRawSync(bytes.subarray(offset + 30 + name, offset + 30 + name + length!));
    if (data.length !== size || crc32(data) !== crc) throw new Error(`${path} is broken`);
    files.set(path, path.startsWith('log/') ? data.toString('latin1') : data.toString());
    at += 46 + name;
  }
  return files;
}

/** Two looks at the doors of the north that somebody brought later: an hour after the start n2 was shut already; then nobody could look. */
export async function correctToyStore(store: EvidenceStore): Promise<void> {
  const scope = { connection: 'toy', account: 'house', region: 'north', population: 'toy.door' };
  const call = {
    operation: 'toy:ListDoors',
    parameters: '{}',
    page: 0,
    status: 200,
    requestId: 'late',
    reply: '{"doors":[{"id":"n2","open":false}]}',
  };
  const judgements = [
    { rule: 'toy.door-guarded', result: 'pass', message: 'Somebody watches.', severity: 'medium' },
    { rule: 'toy.door-locked', result: 'pass', message: 'steel.', facts: { lock: 'steel' }, severity: 'low' },
    { rule: 'toy.door-shut', result: 'pass', message: 'It is shut.', severity: 'high' },
  ] as const;
  const door = (id: string) => {
    const snapshot = canonical({ key: `door:${id}`, name: id, open: false, lock: 'steel' });
    return { key: `door:${id}`, name: id, at: null, snapshot, judgements };
  };
  const unread = { unread: 'denied', call: 'toy:ListDoors', needs: 'toy:ListDoors', detail: 'Refused' } as const;
  await store.backfill({
    at: store.lastCycle()!.asOf + 1,
    scope,
    from: start + hour / 2,
    to: start + 2.5 * hour,
    reason: 'the second monitor saw <b>more</b>',
    run: '=import-7',
    ruleSet: toyRuleSet(),
    looks: [
      { asOf: start + hour, hold: 2 * hour, calls: [call], items: [door('n1'), door('n2')] },
      { asOf: start + 2 * hour, hold: 2 * hour, calls: [], unread },
    ],
  });
}
