import { readdirSync, readFileSync } from 'node:fs';
import { read } from './catalogue.ts';
import { csv } from './csv.ts';
import type { Spool } from './spool.ts';

const verifiers = new URL('verifiers/', import.meta.url);

/** The verifiers as they are. Returns their names; empty where there are none. */
export async function writeVerifiers(spool: Spool): Promise<string[]> {
  const names = readdirSync(verifiers)
    .filter((name) => !name.endsWith('.d.mts'))
    .toSorted();
  for (const name of names) await spool.add(`verify/${name}`, readFileSync(new URL(name, verifiers)));
  return names;
}

/** What the product does not keep yet, said plainly instead of left out. */
export async function writeRegisters(spool: Spool): Promise<void> {
  await spool.add(
    'registers/registers.json',
    read({ records: [], says: 'Holdfast keeps no registers yet: no record that a person supplies is in this package.' }),
  );
  await spool.add('results/waivers.csv', csv(['rule', 'item', 'from', 'to', 'reason', 'approver', 'index'], []));
}
