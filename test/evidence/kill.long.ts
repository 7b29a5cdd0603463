/** Kills a writer as often as the argument says (200) and tells what was lost. Exit code 1 when anything was. */
import { killAgainAndAgain } from '#test/evidence/killing.ts';

const killed = await killAgainAndAgain(Number(process.argv[2] ?? 200));
console.log(
  `${killed.kills} kills, ${killed.cycles} cycles, ${killed.unacknowledged} durable but not acknowledged, ${killed.faults.length} faults`,
);
for (const fault of killed.faults) console.log(fault);
process.exitCode = killed.faults.length > 0 ? 1 : 0;
