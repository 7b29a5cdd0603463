/** Kills a writer as often as the argument says (1000) and tells what was lost. Exit code 1 when anything was. */
import { killAgainAndAgain } from '#test/evidence/killing.ts';

const { kills, acknowledged, unacknowledged, faults } = await killAgainAndAgain(Number(process.argv[2] ?? 1000));
console.log(`${kills} kills, ${acknowledged} leaves acknowledged, ${unacknowledged} durable but not acknowledged, ${faults.length} faults`);
for (const fault of faults) console.log(fault);
process.exitCode = faults.length > 0 ? 1 : 0;
