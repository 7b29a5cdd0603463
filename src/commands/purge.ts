import { userInfo } from 'node:os';
import { openAgent } from '#src/agent.ts';
import { HoldfastError } from '#src/errors.ts';
import type { Purged } from '#src/evidence/store.ts';
import { openLog } from '#src/log.ts';
import { applyRetention } from '#src/retention.ts';
import { openIfKept } from './beside.ts';
import type { Command, Invocation } from './command.ts';
import { printable } from './text.ts';

const shared = {
  by: { type: 'string', means: 'Who orders it; the user of the machine when not given' },
  'dry-run': { type: 'boolean', means: 'Only say what would be taken' },
} as const;

export const purge: Command = {
  summary: 'Takes away what the configured retention no longer keeps. Hashes and proofs stay, and a tombstone says what, why and by whom.',
  usage: 'purge [--by WHO] [--dry-run]',
  options: shared,
  run: async (invocation) => {
    const { options, now } = invocation;
    const { retention } = invocation.config();
    if (Object.keys(retention).length === 0)
      throw new HoldfastError('USAGE', {
        problem: 'No retention is configured, so everything is kept for good.',
        mend: 'Say under `retention` in holdfast.yaml how many days are kept.',
      });
    return writing(invocation, async (agent) =>
      tell(
        invocation,
        (await applyRetention(agent.store, retention, { now: now(), by: whoIn(invocation), dryRun: options['dry-run'] === true }))!,
      ),
    );
  },
};

export const erase: Command = {
  summary:
    'Erases a person who is gone: every document that names them, the name, and what alerts and orders say of them. Every root and proof stays.',
  usage: 'erase --scope SCOPE --item KEY --reason TEXT [--by WHO] [--dry-run]',
  options: {
    scope: { type: 'string', means: 'The scope, as `results --json` shows it' },
    item: { type: 'string', means: 'The key of the item' },
    reason: { type: 'string', means: 'The request that it follows; auditors read it, so it names nobody' },
    ...shared,
  },
  run: async (invocation) => {
    const { options, now } = invocation;
    const [scope, item, reason] = ['scope', 'item', 'reason'].map((name) => required(invocation, name)) as [string, string, string];
    const order = { scope, item, policy: reason, by: whoIn(invocation), at: now() };
    const dryRun = options['dry-run'] === true;
    return writing(invocation, async ({ store, config }) => {
      // First what lies beside: the evidence forgets by which names to look for it.
      const { words } = await store.erase({ ...order, dryRun: true });
      using operations = await openIfKept(config);
      const beside = operations?.forget(words, { dryRun }) ?? 0;
      return tell(invocation, await store.erase({ ...order, dryRun }), beside);
    });
  },
};

type Agent = Awaited<ReturnType<typeof openAgent>>;

/** Opens the evidence for writing, without its connections. STORE_LOCKED while the agent runs. */
async function writing(invocation: Invocation, act: (agent: Agent) => Promise<number>): Promise<number> {
  await using agent = await openAgent({ config: invocation.config(), log: openLog('error'), now: invocation.now, connections: [] });
  return await act(agent);
}

function tell({ options, answer }: Invocation, { documents, bytes, words, remaining, head }: Purged, beside?: number): number {
  const taken = options['dry-run'] === true ? 'would be' : 'were';
  const names = words.length > 0 ? `Looked for: ${words.map(printable).join(', ')}.\n` : '';
  const left =
    remaining.living + remaining.unsalted > 0
      ? `Still named in ${remaining.living} documents of what is held now and ${remaining.unsalted} that were kept without salt; these stay.\n`
      : '';
  const alerts = beside === undefined ? '' : `${beside} alerts and orders that name them ${taken} taken away beside it.\n`;
  answer(
    { dryRun: options['dry-run'] === true, documents, bytes, words, ...(beside !== undefined && { beside }), remaining, ledger: head },
    () => `${names}${documents} documents of ${bytes} bytes ${taken} taken away; ledger ${head.size}.\n${alerts}${left}`,
  );
  return 0;
}

const whoIn = ({ options }: Invocation): string => (typeof options.by === 'string' ? options.by : userInfo().username);

function required({ options }: Invocation, name: string): string {
  const value = options[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new HoldfastError('USAGE', { problem: `--${name} is missing.`, mend: 'holdfast erase --scope SCOPE --item KEY --reason TEXT' });
}
