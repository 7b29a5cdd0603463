/**
 * Kills PostgreSQL under two writers as often as the first argument says (30), and asks both engines as many questions as the second says
 * (10,000). Then edits and removes what stands in every table, past the guards of the server. Exit code 1 when anything was lost, answered
 * differently, or not reported.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { openPostgres } from '#src/evidence/postgres.ts';
import { openPostgresDatabase } from '#src/evidence/postgres-engine.ts';
import { openSqlite } from '#src/evidence/sqlite.ts';
import { sqliteToPostgres } from '#src/evidence/sqlite-to-postgres.ts';
import { makeStoreOfEverything } from '#test/evidence/everything.ts';
import { seeded } from '#test/evidence/faults/random.ts';
import { unreportedEdits } from '#test/evidence/postgres-edits.ts';
import { killServerAgainAndAgain } from '#test/evidence/postgres-killing.ts';
import { startPostgres } from '#test/evidence/postgres-server.ts';
import { differences, questionsAbout } from '#test/evidence/questions.ts';
import { recordOf, steps, worldOf } from '#test/evidence/world.ts';

const [kills, questions] = [Number(process.argv[2] ?? 30), Number(process.argv[3] ?? 10_000)];

const killed = await killServerAgainAndAgain(kills);
console.log(
  `PostgreSQL: ${killed.kills} kills, ${killed.cycles} leaves, ${killed.refusals} refusals of a second writer, ${killed.faults.length} faults`,
);

const worlds = 10;
const server = await startPostgres();
const different: string[] = [];
for (let n = 1; n <= worlds; n++) {
  await using sqlite = openSqlite(':memory:', { requestIdDays: 10_000 });
  await using postgres = openPostgres(server.address(`world_${n}`), { requestIdDays: 10_000 });
  const [world] = fc.sample(fc.array(steps, { minLength: 12, maxLength: 12 }), { seed: n, numRuns: 1 });
  for (const observation of worldOf(world!.flat().slice(0, 60)))
    for (const store of [sqlite, postgres]) await store.commit(recordOf(observation, store.held));
  if (sqlite.head().root !== postgres.head().root) different.push(`world ${n}: the root`);
  for (const text of differences(sqlite, postgres, questionsAbout(sqlite, Math.ceil(questions / worlds), seeded(n))))
    different.push(`world ${n}: ${text}`);
}
const address = server.address('edited');
const folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
await makeStoreOfEverything(join(folder, 'evidence.db'), 258);
sqliteToPostgres(join(folder, 'evidence.db'), address, () => undefined);
rmSync(folder, { recursive: true });
const db = openPostgresDatabase(address);
const edits = unreportedEdits(db);
db.close();
await server.remove();
console.log(`PostgreSQL: ${edits.tried} edits, ${edits.missed.length} not reported`);
console.log(`both engines: ${questions} questions, ${different.length} answered differently`);

for (const line of [...killed.faults, ...different, ...edits.missed]) console.log(line);
process.exitCode = killed.faults.length + different.length + edits.missed.length > 0 ? 1 : 0;
