import { kill, seeded } from './killing.ts';

/** Kills a process that tells people, again and again. Usage: kill.long.ts [KILLS]. Exit code 1 where a letter is told twice or never. */
const kills = Number(process.argv[2] ?? 40);
const seed = Date.now() % 1_000_000;

for (const [finds, times] of [
  [true, kills],
  [false, Math.ceil(kills / 2)],
] as const) {
  const { delivered, posted, waiting, astray, first } = await kill(times, finds, seeded(seed));
  const twice = delivered.filter((id) => (posted.get(id) ?? 0) > 1);
  const never = delivered.filter((id) => !posted.has(id));
  const told = `${times} kills, ${first.length} alerts, ${delivered.length} letters: ${twice.length} twice, ${never.length} never, ${waiting} left`;
  console.log(`${finds ? 'a channel that finds' : 'a channel that cannot'} (seed ${seed}): ${told}`);
  if (never.length > 0 || waiting > 0 || astray.length > 0 || delivered.length === 0 || (finds && twice.length > 0)) process.exitCode = 1;
  if (astray.length > 0) console.log(`not as it is: ${astray.join(', ')}`);
}
