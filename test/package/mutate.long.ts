import { hour } from '#src/duration.ts';
import { localSigner } from '#src/ledger/note.ts';
import { localKey } from '#src/signing/key.ts';
import { start } from '#test/cycle/world.ts';
import { exported, handmade, missed, mutations } from './mutations.ts';
import { key } from './tiny.ts';
import { correctToyStore, packageOf, toySource, toyStore } from './world.ts';

/** Alters packages in so many ways, and fails where one was not reported by name. Arguments: how many, and the seed. */
const [count = '2600', seed = '7'] = process.argv.slice(2);

/** A package that was exported from a signed store whose head was handed out. */
async function exportedDay(corrected: boolean) {
  const events = {
    3: (world: { doors: Record<string, { open: boolean }[]> }) => world.doors['north']!.forEach((door) => (door.open = false)),
    5: (world: { failing: Record<string, string> }) => (world.failing['south toy:ListDoors'] = 'denied'),
    7: (world: { failing: Record<string, string> }) => (world.failing = {}),
  };
  await using store = await toyStore(':memory:', 12, events as never, { signers: [localSigner('toy.example/log', key)] });
  if (corrected) await correctToyStore(store);
  await store.addAnchor({ name: 'folder', kind: 'file', size: 6, at: start + 6 * hour, receipt: Buffer.from('{"kept":true}') });
  return exported((await packageOf({ ...toySource(store), key: localKey(key) })).bytes);
}

const kinds = new Map<string, number>();
const found: string[] = [];
for (const [subject, share] of [
  [handmade(), 0.6],
  [await exportedDay(false), 0.2],
  [await exportedDay(true), 0.2],
] as const)
  for (const mutation of mutations(subject, Number(seed)).take(Math.ceil(Number(count) * share))) {
    const kind = `${subject.files.size} files, ${mutation.name.split(': ')[1]!}`;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    const fault = await missed(mutation);
    if (fault !== null) found.push(fault);
  }
for (const [kind, n] of kinds) process.stdout.write(`${kind}: ${n}\n`);
for (const fault of found) process.stdout.write(`${fault}\n`);
process.stdout.write(`${count} edits of packages, ${found.length} not reported by name\n`);
process.exitCode = found.length > 0 ? 1 : 0;
