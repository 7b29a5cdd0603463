import fc from 'fast-check';
import { edit, edited, handOver } from './fuzzing.ts';

/** How often the files of a log are edited and checked; each edit must be told, by the name of the file. `fuzz.long.ts 5000 [seed]` */
const [wanted = 5_000, seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number);
const handed = await handOver(300, seed);
const right = handed.check(handed.files);
let [tried, missed] = [0, 0];
const hows = new Map<string, number>();
for (const chosen of fc.sample(edit, { seed, numRuns: 2 * wanted })) {
  const altered = tried < wanted ? edited(handed, chosen) : null;
  if (!altered) continue;
  const { what, touched, files } = altered;
  tried++;
  const how = what.replace(/.*: | \(.*/g, '');
  hows.set(how, (hows.get(how) ?? 0) + 1);
  const said = handed.check(files).join('\n');
  if (touched.some((name) => said.includes(name))) continue;
  missed++;
  console.error(`${what}: it is said: ${said || 'nothing'}`);
}
for (const [how, times] of hows) console.log(`${String(times).padStart(6)} ${how}`);
console.log(
  `${tried} edits of the files of a log (seed ${seed}): ${missed} not told by name; as they are: ${right.join('; ') || 'nothing to tell'}`,
);
process.exitCode = missed > 0 || right.length > 0 || tried < wanted ? 1 : 0;
