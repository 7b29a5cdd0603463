import { openSqlite } from '#src/evidence/sqlite.ts';
import type { EvidenceStore } from '#src/evidence/store.ts';
import type { Aims } from './aims.ts';
import { repeated, taking } from './measure.ts';
import { conclude, controlsSimulated } from './questions.ts';
import { below, randomFrom } from './random.ts';
import { say, sayTaken } from './say.ts';

/** Opens a store that was filled, and asks it what an operator and an auditor ask. Throws where an answer is wrong. */
export async function ask(file: string, aims: Aims): Promise<void> {
  let store!: EvidenceStore;
  sayTaken('open with everything held', [await taking(() => void (store = openSqlite(file, { readOnly: true })))]);
  await using _ = store;
  conclude(store, 0);
  const held = [...store.held.values()].reduce((sum, { items }) => sum + items.size, 0);
  /** Fewer questions where each takes long. */
  const patience = (times: number): number => (held > 20_000 ? Math.ceil(times / 8) : times);
  sayTaken(
    'a control of five rules over 12 months',
    await repeated(patience(3 * controlsSimulated), (i) => conclude(store, i % controlsSimulated)),
    {
      ...aims.control,
    },
  );

  const random = randomFrom(11);
  const { size } = store.head();
  sayTaken('what was known at a random cycle', await repeated(patience(9), () => void store.knownAt(1 + below(random, size)).held.size), {
    ...aims.timeTravel,
  });

  let complaints: string[] = [];
  sayTaken('verify everything', [await taking(() => void (complaints = store.check()))], { ...aims.verify });
  say('  complaints', complaints.length, '', { aim: 0 });
}
