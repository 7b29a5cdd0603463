import { openSqlite } from '#src/evidence/sqlite.ts';
import type { EvidenceStore } from '#src/evidence/store.ts';
import { checkStateProof } from '#src/ledger/state-proof.ts';
import type { Reperformed } from '#src/replay/reperform.ts';
import { reperformRule } from './again.ts';
import type { Aims } from './aims.ts';
import { repeated, taking } from './measure.ts';
import { conclude, controlsSimulated } from './questions.ts';
import { below, oneOf, randomFrom } from './random.ts';
import { rules } from './rules.ts';
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

  const scopes = [...store.held].filter(([, { items }]) => items.size > 0);
  sayTaken(
    'an item at a random cycle, proven up to its leaf',
    await repeated(patience(9), () => {
      const [scope, { items }] = oneOf(random, scopes);
      const [proof] = store.prove([{ cycle: below(random, size), scope, item: oneOf(random, [...items.keys()]) }]);
      checkStateProof(proof!);
    }),
  );

  let again!: Reperformed;
  const rule = rules[0]!.id;
  sayTaken(
    'the results of a rule done again, from their snapshots',
    [await taking(async () => void (again = await reperformRule(store, rule)))],
    {
      ...aims.ruleYear,
    },
  );
  if (again.differ > 0 || again.agree === 0) throw new Error(`${again.differ} results of ${rule} are others when done again`);
  say('  evaluations', again.evaluations, '', { beside: `${again.agree} agree` });

  let complaints: string[] = [];
  sayTaken('verify everything', [await taking(() => void (complaints = store.check()))], { ...aims.verify });
  say('  complaints', complaints.length, '', { aim: 0 });
}
