import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { judge } from '#src/cycle/evaluate.ts';
import { canonical, sha256 } from '#src/ledger/canonical.ts';
import type { ItemRule } from '#src/rule.ts';
import { bytesOf } from './disk.ts';
import { percentile, repeated } from './measure.ts';
import { populationOf, rulesOf } from './rules.ts';
import { seenOf } from './simulation.ts';
import { type Item, start, type World } from './world.ts';

export interface Naive {
  /** Bytes of one observation. */
  readonly bytes: number;
  /** Milliseconds to add one cycle, durably: in the middle, of processor time. */
  readonly processor: number;
  readonly clock: number;
}

/** A row for each observation of each cycle, inserted for some cycles: ids and a letter only, or with the hash of what was seen. */
export async function rowsPerObservation(folder: string, world: World, cycles: number, withHash: boolean): Promise<Naive> {
  const file = join(folder, 'naive.db');
  const db = new DatabaseSync(file);
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  db.exec(
    withHash
      ? 'CREATE TABLE seen (cycle INTEGER, rule INTEGER, item INTEGER, result INTEGER, snapshot BLOB) STRICT'
      : 'CREATE TABLE seen (cycle INTEGER, rule INTEGER, item INTEGER, result INTEGER, PRIMARY KEY (rule, item, cycle)) STRICT, WITHOUT ROWID',
  );
  const add = db.prepare(`INSERT INTO seen VALUES (?, ?, ?, ?${withHash ? ', ?' : ''})`);
  const items = everyItem(world).map((item) => Buffer.from(sha256(canonical(seenOf(item))), 'hex'));
  const taken = await repeated(cycles, (cycle) => {
    db.exec('BEGIN');
    for (const [item, hash] of items.entries())
      for (let rule = 0; rule < 20; rule++) add.run(cycle, rule, item, (item + rule) % 14 === 0 ? 70 : 80, ...(withHash ? [hash] : []));
    db.exec('COMMIT');
  });
  db.close();
  const bytes = bytesOf(file) / (items.length * 20 * cycles);
  rmSync(file);
  return {
    bytes,
    clock: percentile(
      taken.map(({ clock }) => clock),
      0.5,
    ),
    processor: percentile(
      taken.map(({ processor }) => processor),
      0.5,
    ),
  };
}

/**
 * A scan as findings in OCSF, one for each item and rule, rule by rule as scanners write them: bytes of a finding as compact JSON, and its
 * share of the whole scan in one gzip. Of a part of the items, since a scan of all would be 0.4 GB.
 */
export function ocsf(world: World, atMost: number): { plain: number; zipped: number; findings: number } {
  const items = everyItem(world);
  const some = items.filter((_, i) => i % Math.ceil((items.length * 20) / atMost) === 0);
  const lines = [...rulesOf].flatMap(([kind, rules]) =>
    rules.flatMap((rule) => some.filter(({ place }) => place.kind === kind).map((item) => JSON.stringify(findingOf(item, rule)))),
  );
  const text = lines.join('\n');
  return { plain: Buffer.byteLength(text) / lines.length, zipped: gzipSync(text).length / lines.length, findings: lines.length };
}

/** The items as they are, told once, as small as a general compressor makes them that sees all of it at once. */
export function solid(world: World): number {
  const text = everyItem(world)
    .sort((a, b) => (a.place.kind === b.place.kind ? 0 : populationOf(a.place.kind) < populationOf(b.place.kind) ? -1 : 1))
    .map((item) => canonical(seenOf(item)))
    .join('\n');
  const params = { [constants.ZSTD_c_compressionLevel]: 19, [constants.ZSTD_c_windowLog]: 26 };
  return zstdCompressSync(text, { params }).length;
}

const everyItem = (world: World): Item[] => world.places.flatMap(({ items }) => [...items]);

function findingOf(item: Item, rule: ItemRule): object {
  const { kind, account, region } = item.place;
  const seen = seenOf(item);
  const { result, message, severity } = judge(rule, { item: seen, firstSeen: start }, start, {});
  return {
    metadata: {
      event_code: rule.id,
      product: { name: 'Scanner', uid: 'scanner', vendor_name: 'Scanner', version: '5.0.0' },
      profiles: ['cloud', 'datetime'],
      tenant_uid: '',
      version: '1.5.0',
    },
    severity_id: severity === 'high' ? 4 : 3,
    severity: severity === 'high' ? 'High' : 'Medium',
    status: 'New',
    status_code: result === 'pass' ? 'PASS' : result === 'fail' ? 'FAIL' : 'MANUAL',
    status_detail: message,
    status_id: 1,
    unmapped: {
      related_url: '',
      categories: ['logging', 'encryption'],
      depends_on: [],
      related_to: [],
      notes: '',
      compliance: {
        SOC2: ['cc_6_1', 'cc_7_2'],
        'CIS-3.0': ['2.1.1'],
        'ISO27001-2022': ['A.8.9', 'A.8.24'],
        'NIST-800-53-Revision-5': ['au_3', 'sc_13', 'sc_28_1'],
        'PCI-4.0': ['1.2.5.14', '3.5.1.3'],
      },
    },
    activity_name: 'Create',
    activity_id: 1,
    finding_info: {
      created_time: Math.floor(start / 1000),
      created_time_dt: new Date(start).toISOString(),
      desc: `${rule.title}. ${rule.rationale} Checked for each ${kind.noun} of the account, in every region that is enabled.`,
      product_uid: 'scanner',
      title: rule.title,
      types: ['Software and Configuration Checks'],
      uid: `scanner-aws-${rule.id}-${account}-${region}-${item.name}`,
    },
    resources: [
      {
        cloud_partition: 'aws',
        region,
        data: { details: '', metadata: seen },
        group: { name: kind.service },
        labels: Object.entries(item.body.tags).map(([key, value]) => `${key}:${value}`),
        name: item.name,
        type: `${kind.service}-${kind.noun}`,
        uid: item.key,
      },
    ],
    category_name: 'Findings',
    category_uid: 2,
    class_name: 'Detection Finding',
    class_uid: 2004,
    cloud: {
      account: { name: `account-${account}`, type: 'AWS Account', type_id: 10, uid: account, labels: [] },
      org: { name: '', uid: '' },
      provider: 'aws',
      region,
    },
    remediation: { desc: rule.remediation, references: ['https://docs.example.com/guide', `https://hub.example.com/check/${rule.id}`] },
    risk_details: rule.rationale,
    time: Math.floor(start / 1000),
    time_dt: new Date(start).toISOString(),
    type_name: 'Detection Finding: Create',
    type_uid: 200401,
  };
}
