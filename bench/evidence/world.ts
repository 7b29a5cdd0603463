import type { Unread } from '#src/population.ts';
import { below, hex, oneOf, type Random, randomFrom, times } from './random.ts';
import { type Kind, kinds, type Setting, settingsOf } from './rules.ts';

export interface WorldOptions {
  readonly items: number;
  /** Hours that the world lasts. */
  readonly hours: number;
  readonly seed?: number;
  /** Share of the items that change in a day. */
  readonly changing?: number;
  /** Share of the items that are made in a day, and the same that ends. */
  readonly coming?: number;
  /** Share of the items of which the provider refuses to tell a setting in a day, for some hours. */
  readonly refused?: number;
  /** Share of the places that begin to fail in an hour. */
  readonly failing?: number;
}

export interface Place {
  readonly kind: Kind;
  readonly account: string;
  readonly region: string;
  readonly items: Set<Item>;
}

/** What the provider would say of an item. */
export interface Item {
  readonly key: string;
  readonly name: string;
  readonly place: Place;
  body: Body;
  /** Settings that the provider refuses to tell, until an hour. */
  denied: { readonly setting: string; readonly until: number } | null;
}

interface Body {
  readonly created: string;
  readonly owner: string;
  tags: Readonly<Record<string, string>>;
  network: { readonly vpc: string; readonly subnets: readonly string[]; readonly securityGroups: readonly string[] };
  readonly kmsKey: string;
  readonly policy: object;
  settings: Readonly<Record<string, Setting>>;
}

/** Everything there is, and how it changes hour by hour. What the store is told of it is another matter: see simulation.ts. */
export interface World {
  readonly places: readonly Place[];
  /** Places that cannot be read at present, and why. */
  readonly failing: ReadonlyMap<Place, Unread>;
  /** Hours in which nobody looks. */
  readonly missed: ReadonlySet<number>;
  /** Items that changed, came or went since they were last taken. */
  readonly touched: Map<Place, Set<Item>>;
  /** What all changes so far would take if they were written down perfectly by someone who knows how they are made. */
  entropyBits(): number;
  /** The next hour happens. */
  step(hour: number): void;
}

export const hourMs = 3_600_000;
export const start = Date.UTC(2026, 0, 1);

const regions = ['eu-central-1', 'eu-west-1', 'us-east-1', 'us-west-2'];
const reasons = ['throttled', 'denied', 'unavailable'] as const;

export function createWorld({
  items: count,
  hours,
  seed = 1,
  changing = 0.003,
  coming = 0.001,
  refused = 0.0004,
  failing: fails = 0.0005,
}: WorldOptions): World {
  const random = randomFrom(seed);
  const accounts = Array.from({ length: Math.max(1, Math.round(Math.sqrt(count / 200))) }, (_, i) => String(100_000_000_001 + i * 7_919));
  const places = accounts.flatMap((account) =>
    regions.flatMap((region) => kinds.map((kind): Place => ({ kind, account, region, items: new Set() }))),
  );
  const failing = new Map<Place, Unread>();
  const touched = new Map<Place, Set<Item>>();
  const items: Item[] = [];
  let denied: Item[] = [];
  let bits = 0;

  const touch = (item: Item) => void touched.set(item.place, (touched.get(item.place) ?? new Set()).add(item));
  const make = (): void => {
    const item = newItem(random, oneOf(random, places));
    items.push(item);
    item.place.items.add(item);
    touch(item);
  };
  for (let i = 0; i < count; i++) make();
  const flapping = Array.from({ length: Math.round(count / 1000) }, () => oneOf(random, items));

  /** A day's changes fall into any of its hours. */
  const whenAndWhich = (): number => Math.log2(24) + Math.log2(items.length);
  const change = (item: Item) => {
    if (random() < 0.5) {
      const name = oneOf(random, settingsOf(item.place.kind));
      turn(random, item, name);
      bits += whenAndWhich() + Math.log2(20) + Math.log2(40) + 1;
    } else {
      item.body.tags = { ...item.body.tags, costCentre: String(1000 + below(random, 60)) };
      if (random() < 0.5) item.body.network = { ...item.body.network, securityGroups: [`sg-${hex(random, 17)}`] };
      bits += whenAndWhich() + Math.log2(60) + 1 + 0.5 * 68;
    }
    touch(item);
  };
  const end = () => {
    const at = below(random, items.length);
    const item = items[at]!;
    items[at] = items.at(-1)!;
    items.pop();
    item.place.items.delete(item);
    touch(item);
    bits += whenAndWhich();
  };
  const refuse = (hour: number) => {
    const item = oneOf(random, items);
    item.denied = { setting: oneOf(random, settingsOf(item.place.kind)), until: hour + 1 + below(random, 3) };
    denied.push(item);
    touch(item);
    bits += whenAndWhich() + Math.log2(20) + Math.log2(3);
  };

  return {
    places,
    failing,
    touched,
    missed: outages(random, hours),
    entropyBits: () => bits,
    step(hour) {
      const daily = items.length / 24;
      for (let n = times(random, daily * changing); n > 0; n--) change(oneOf(random, items));
      for (let n = times(random, daily * coming); n > 0; n--) {
        make();
        bits += Math.log2(24) + freshBits;
      }
      for (let n = times(random, daily * coming); n > 0; n--) end();
      for (const item of flapping) {
        if (!item.place.items.has(item) || random() >= 0.1) continue;
        turn(random, item, settingsOf(item.place.kind)[0]!);
        touch(item);
        bits += Math.log2(10);
      }
      for (const item of denied.filter(({ denied }) => denied!.until <= hour)) {
        item.denied = null;
        touch(item);
      }
      denied = denied.filter((item) => item.denied !== null);
      for (let n = times(random, daily * refused); n > 0; n--) refuse(hour);
      for (const place of failing.keys()) if (random() < 0.6) failing.delete(place);
      for (let n = times(random, places.length * fails); n > 0; n--) {
        const place = oneOf(random, places);
        const reason = oneOf(random, reasons);
        failing.set(place, {
          unread: reason,
          call: listOf(place.kind),
          needs: `${place.kind.service}:List`,
          detail: `The call was ${reason}.`,
        });
        bits += Math.log2(places.length) + Math.log2(24) + Math.log2(3);
      }
    },
  };
}

export const listOf = ({ service, noun }: Kind): string => `${service}:List-${noun}`;

/** The random digits and choices of a new item. */
const freshBits = 4 * (12 + 17 + 2 * 17 + 17 + 32 + 8) + 20 * 0.7 + 60;

/** Some times a year the monitor is down for two to eleven hours. */
function outages(random: Random, hours: number): Set<number> {
  const missed = new Set<number>();
  for (let n = Math.round((6 * hours) / 8760); n > 0; n--) {
    const from = 2 + below(random, hours);
    for (let i = 2 + below(random, 10); i > 0; i--) missed.add(from + i);
  }
  return missed;
}

function turn(random: Random, item: Item, name: string): void {
  const status = item.body.settings[name]?.status === 'Enabled' ? 'Disabled' : 'Enabled';
  item.body.settings = { ...item.body.settings, [name]: { status, by: `team-${below(random, 40)}` } };
}

function newItem(random: Random, place: Place): Item {
  const { kind, account, region } = place;
  const name = `${oneOf(random, ['app', 'etl', 'core', 'web', 'batch'])}-${hex(random, 12)}`;
  const id = () => hex(random, 17);
  return {
    key: `arn:aws:${kind.service}:${region}:${account}:${kind.noun}/${name}`,
    name,
    place,
    denied: null,
    body: {
      created: new Date(start - below(random, 9e7) * 1000).toISOString(),
      owner: `team-${below(random, 40)}@example.com`,
      tags: {
        environment: oneOf(random, ['prod', 'staging', 'dev']),
        team: oneOf(random, ['payments', 'identity', 'platform', 'data', 'web']),
        costCentre: String(1000 + below(random, 60)),
        stack: `stack-${hex(random, 8)}`,
      },
      network: { vpc: `vpc-${id()}`, subnets: [`subnet-${id()}`, `subnet-${id()}`], securityGroups: [`sg-${id()}`] },
      kmsKey: `arn:aws:kms:${region}:${account}:key/${hex(random, 32)}`,
      policy: policyOf(account, below(random, 30)),
      settings: Object.fromEntries(settingsOf(kind).map((setting) => [setting, freshSetting(random)])),
    },
  };
}

function freshSetting(random: Random): Setting {
  const chance = random();
  if (chance > 0.93) return null;
  return { status: chance < 0.86 ? 'Enabled' : 'Disabled', by: `team-${below(random, 40)}` };
}

const policyOf = (account: string, reader: number): object => ({
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'Read',
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${account}:role/reader-${reader}` },
      Action: ['s3:GetObject', 's3:ListBucket', 'kms:Decrypt'],
      Resource: '*',
    },
    { Sid: 'OnlyTls', Effect: 'Deny', Principal: '*', Action: '*', Resource: '*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
  ],
});
