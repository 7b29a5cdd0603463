import { readFileSync } from 'node:fs';
import type { Connection } from '#src/collector.ts';
import { backups } from './backups.ts';
import { credentialReport } from './credentials.ts';
import { account, hour, minute, restorable, trailStatus } from './moving.ts';
import { type Recording, recordedConnection } from './recordings.ts';

/** Acme Health as its three providers tell of it, at the instant that `now` (epoch ms) gives. README.md tells the plot. */
export function exampleConnections(now: () => number): Connection[] {
  return [
    recordedConnection({
      id: 'aws',
      provider: 'aws',
      now,
      places: ['global', ...regions].map((region) => ({ account, region, partition: 'aws', name: 'production' })),
      recordings: [
        ...aws.flatMap((name) => recorded(`aws/${name}`)),
        ...restorable(recorded('aws/rds')),
        trailStatus,
        credentialReport,
        ...backups,
      ],
    }),
    recordedConnection({
      id: 'github',
      provider: 'github',
      now,
      places: [{ account: 'acme-health', region: 'global', name: 'Acme Health' }],
      recordings: recorded('github'),
    }),
    recordedConnection({
      id: 'identities',
      provider: 'scim',
      now,
      places: [{ account: 'scim.acme-health.example', region: 'global' }],
      recordings: recorded('scim'),
    }),
  ];
}

const regions = ['eu-central-1', 'eu-west-1', 'us-east-1'];
const aws = ['ec2', 's3', 'kms', 'detection', 'backup', 'iam'];

/** The machine of the monitor stood still. */
const outage = { from: Date.parse('2026-07-04T22:00:00+02:00'), hours: 39 };

/**
 * The instants (epoch ms) at which the agent looked: about every hour, from the last look before the window until half a day after its end,
 * when every collector has looked once more.
 */
export function schedule({ start, end }: { start: number; end: number }): number[] {
  const first = start - 5 * minute;
  const looks = [first];
  for (let i = 1; looks.at(-1)! < end + 12 * hour; i++) {
    const look = first + i * hour + delay(i);
    const down = outage.from <= look && look < outage.from + outage.hours * hour;
    if (!down) looks.push(look);
  }
  return looks;
}

/** Up to two and a half minutes, never the same twice in a row. */
const delay = (i: number): number => ((i * 7919) % 151) * 1000;

const recorded = (name: string): Recording[] =>
  frozen(JSON.parse(readFileSync(new URL(`replies/${name}.json`, import.meta.url), 'utf8')) as Recording[]);

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}
