import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Agent, openAgent, openForReading } from '#src/agent.ts';
import { collectLooks } from '#src/backfill/collecting.ts';
import { type Brought, mistake, readBrought } from '#src/backfill/input.ts';
import { judgeLooks } from '#src/backfill/judging.ts';
import { knownWorld } from '#src/backfill/known-world.ts';
import { documentOf, looksIn } from '#src/backfill/other-store.ts';
import { looksKnown, type Preview, preview } from '#src/backfill/preview.ts';
import { providerOf } from '#src/collector.ts';
import { didYouMean, HoldfastError } from '#src/errors.ts';
import { holdAt, holdsOf } from '#src/evidence/fit.ts';
import { type BackfillRecord, type EvidenceStore, parseScopeKey } from '#src/evidence/store.ts';
import { canonical } from '#src/ledger/canonical.ts';
import { openLog } from '#src/log.ts';
import { collectors, personalPopulations, rules } from '#src/registry.ts';
import { recordProgram } from '#src/replay/program.ts';
import { placeOf } from '#src/replay/recollect.ts';
import { openReport } from '#src/report/report.ts';
import { duration } from '#src/report/words.ts';
import { type Command, type Invocation, instantOf } from './command.ts';
import { printable, table } from './text.ts';

const given = {
  scope: 'The scope that is corrected: connection/account/region/population, as `results --json` shows it',
  from: 'The first instant that is corrected: 2026-03-01 or 2026-03-01T12:00:00Z',
  to: 'The first instant that is no longer corrected',
  reason: 'Why the looks come only now; auditors read it',
} as const;

export const backfill: Command = {
  summary: 'Brings looks late, or corrects them: from a file, or from the store of another agent. What was known before stays what it was.',
  usage:
    'backfill FILE [--dry-run] | backfill --from-store FILE.db --scope SCOPE --from TIME --to TIME --reason TEXT [--run TEXT] [--their-scope SCOPE] [--out FILE.json] [--dry-run]',
  options: {
    'from-store': { type: 'string', means: 'The evidence of another agent that saw what this one missed' },
    ...(Object.fromEntries(Object.entries(given).map(([name, means]) => [name, { type: 'string', means }])) as Record<
      keyof typeof given,
      { type: 'string'; means: string }
    >),
    run: { type: 'string', means: 'What brought the data; the other ledger and its leaves when not given' },
    'their-scope': { type: 'string', means: 'What the other agent calls the scope, where it has another name there' },
    out: { type: 'string', means: 'Write what would be brought to a file, to be read and carried elsewhere, and record nothing' },
    'dry-run': { type: 'boolean', means: 'Only say what would be known before and after' },
  },
  operands: [0, 1],
  run: async (invocation) => {
    const { options } = invocation;
    const { brought, source } = broughtIn(invocation);
    if (typeof options['out'] === 'string') return writeOut(invocation, brought, options['out']);
    if (options['dry-run'] === true)
      return invocation.reading(async (_, agent) => {
        const { record, shown } = await foreseen(invocation, agent, brought, source);
        return tell(invocation, record, shown, null);
      });
    await using agent = await openAgent({
      config: invocation.config(),
      log: openLog('error'),
      now: invocation.now,
      connections: [],
      example: options['example'] === true,
    });
    const { record, shown } = await foreseen(invocation, agent, brought, source);
    await recordProgram(agent.store, record.at);
    const { size, root } = await agent.store.backfill(record);
    return tell(invocation, record, shown, { size, root, index: agent.store.backfills().at(-1)!.index });
  },
};

/** What is to be brought, and where it is told from. */
function broughtIn({ options, operands, cwd }: Invocation): { brought: Brought; source: string } {
  const usage = (problem: string) => new HoldfastError('USAGE', { problem, mend: `Use: holdfast ${backfill.usage}` });
  const store = options['from-store'];
  if (operands[0] !== undefined) {
    const stray = ['from-store', 'run', 'their-scope', 'out', ...Object.keys(given)].find((name) => options[name] !== undefined);
    if (stray !== undefined) throw usage(`--${stray} does not go with a file, which says it all itself.`);
    return { brought: readBrought(resolve(cwd, operands[0])), source: operands[0] };
  }
  if (typeof store !== 'string') throw usage('Neither a file nor --from-store is given.');
  const text = (name: keyof typeof given): string => {
    const value = options[name];
    if (typeof value === 'string' && value.trim() !== '') return value;
    throw usage(`--${name} is missing.`);
  };
  const instant = (name: 'from' | 'to'): number => {
    const found = instantOf(text(name));
    if (found === null) throw usage(`--${name} ${text(name)} is no time.`);
    return found;
  };
  const [scope, from, to, reason] = [text('scope'), instant('from'), instant('to'), text('reason')];
  if (from >= to) throw usage('--to is not after --from.');
  const file = resolve(cwd, store);
  if (!existsSync(file)) throw new HoldfastError('STORE_MISSING', { file });
  const theirs = typeof options['their-scope'] === 'string' ? options['their-scope'] : scope;
  const other = openForReading(file);
  try {
    const { looks, run: found } = looksIn(other, { file: store, scope, theirs, from, to });
    const run = `${typeof options['run'] === 'string' ? options['run'] : found}${theirs === scope ? '' : `; looks at ${theirs} there`}`;
    return { brought: { scope, from, to, reason, run, looks }, source: store };
  } finally {
    void other[Symbol.asyncDispose]();
  }
}

function writeOut({ cwd, answer }: Invocation, brought: Brought, out: string): number {
  const file = resolve(cwd, out);
  if (existsSync(file)) throw new HoldfastError('USAGE', { problem: `${file} exists already.`, mend: 'Name another file with --out.' });
  writeFileSync(file, `${JSON.stringify(documentOf(brought), null, 1)}\n`, { flag: 'wx', mode: 0o600 });
  answer({ file, looks: brought.looks.length }, () => `${file}\n${brought.looks.length} looks; nothing was recorded.\n`);
  return 0;
}

/** The record as it would be, and what would be known with it. */
async function foreseen(
  { options, now }: Invocation,
  agent: Agent,
  brought: Brought,
  source: string,
): Promise<{ record: BackfillRecord; shown: Preview }> {
  const { store } = agent;
  const last = store.lastCycle()?.asOf ?? now();
  const record = await recordOf(agent, brought, source, Math.max(now(), last));
  // The example company lives in a time of its own.
  const asOf = options['example'] === true ? last : now();
  const after = store.foreseen(record);
  const reporting = agent.reporting(asOf);
  const shown = preview(record, looksKnown(looksAt(store, brought.scope), brought), {
    before: openReport(reporting),
    after: openReport({ ...reporting, store: after }),
    known: { before: reporting.store, after },
    rules,
  });
  return { record, shown };
}

async function recordOf(agent: Agent, brought: Brought, source: string, at: number): Promise<BackfillRecord> {
  const { store } = agent;
  const { from, to, reason, run } = brought;
  const scope = parseScopeKey(brought.scope);
  const refuse = (why: string): never => {
    throw new HoldfastError('BACKFILL_REFUSED', { scope: brought.scope, reason: why });
  };
  if (!store.held.has(brought.scope))
    refuse(`no cycle ever looked at this scope.${didYouMean(brought.scope, store.held.keys())}`.replace(/\.$/, ''));
  if (personalPopulations().has(scope.population))
    refuse('what is known of people is kept with a salt, which looks that come later do not have');
  const provider = agent.config.connections.find(({ id }) => id === scope.connection)?.provider;
  const collector = collectors.find((each) => each.population.type === scope.population && (!provider || providerOf(each) === provider));
  if (!collector) return refuse('no collector reads this population: it is what the monitor found out by itself');
  const ruleSet = agent.ruleSetAt(from);
  const other = brought.looks.findIndex(({ asOf }) => canonical(agent.ruleSetAt(asOf)) !== canonical(ruleSet));
  if (other >= 0)
    throw mistake(
      source,
      `looks[${other}].at`,
      `is of ${new Date(brought.looks[other]!.asOf).toISOString()}, when the controls had other parameters than at \`from\``,
      'Correct the time before and the time after in two parts.',
    );
  const place = placeOf(scope, store.held.values());
  const holds = holdsOf(store.told(), brought.scope);
  const looks = await collectLooks(brought, { collector, place, holdAt: (instant) => holdAt(holds, instant)!, source });
  const judged = judgeLooks(knownWorld(store), looks, { rules, ruleSet, population: collector.population, scope: brought.scope, from });
  return { at, scope, from, to, reason, run, ruleSet, looks: judged };
}

/** The looks at a scope as they are known now. */
function* looksAt(store: EvidenceStore, scope: string): Generator<{ asOf: number; failed: boolean }> {
  const corrected = store.corrected().filter((look) => look.scope === scope);
  if (corrected.length > 0) {
    for (const { asOf, is } of corrected) if (is === 'complete' || is === 'failed') yield { asOf, failed: is === 'failed' };
    return;
  }
  for (const { asOf, looks } of store.told()) {
    const look = looks.looks.find((each) => each.scope === scope);
    if (look) yield { asOf, failed: look.unread !== undefined };
  }
}

const spanOf = (seconds: number): string => (seconds === 0 ? 'nothing' : duration(seconds * 1000));

function tell(
  { answer }: Invocation,
  record: BackfillRecord,
  shown: Preview,
  recorded: { size: number; root: string; index: number } | null,
): number {
  const { scope, from, to, reason, run, looks } = record;
  const key = `${scope.connection}/${scope.account}/${scope.region}/${scope.population}`;
  const index = recorded?.index ?? null;
  const ledger = recorded && { size: recorded.size, root: recorded.root };
  const [since, until] = [new Date(from).toISOString(), new Date(to).toISOString()];
  const items = looks.flatMap((look) => (look.items ? [look.items.length] : []));
  const about = { scope: key, from: since, to: until, reason, run, dryRun: ledger === null, index, ledger };
  answer({ ...about, ...shown }, () => {
    const { replaced, brought, failures, unobserved, controls, deviations, results, notJudgedAgain } = shown;
    const counted = ({ complete, failed }: Preview['brought']) => `${complete} complete and ${failed} failed`;
    const head = [
      `${key}, ${since} to ${until}`,
      `  known until now   ${counted(replaced)} looks, which stay in the ledger as they were recorded`,
      `  ${ledger ? 'brought now       ' : 'would be brought  '}${counted(brought)} looks${items.length > 0 ? `, of ${Math.min(...items)} to ${Math.max(...items)} items` : ''}`,
      ...failures.slice(0, 5).map(({ at, reason: why }) => `    failed          ${at}: ${why}`),
      `  reason            ${reason}`,
      `  run               ${run}`,
      `  not observed      ${spanOf(unobserved.before)} of that time until now, ${spanOf(unobserved.after)} ${ledger ? 'from now on' : 'with it'}`,
      `  deviations        ${deviations.appear.length} appear, ${deviations.vanish.length} vanish, ${deviations.change.length} have other bounds`,
      `  controls          ${controls.length} are told otherwise; results of now: ${results.length} other`,
      ...notJudgedAgain.map(
        (rule) =>
          `  not judged again  ${rule}, which takes this scope together with others: what it said of those stays as it was recorded`,
      ),
      ledger ? `Recorded as leaf ${index} of the ledger, which has ${ledger.size}, root ${ledger.root}.` : 'Nothing was recorded.',
    ];
    const rows = controls.map(({ id, before, after }) => [id, `${before.conclusion} ${before.says}`, `${after.conclusion} ${after.says}`]);
    const ids = [
      ...deviations.appear.map((id) => ['appears', id]),
      ...deviations.vanish.map((id) => ['vanishes', id]),
      ...deviations.change.map((id) => ['other bounds', id]),
    ];
    return (
      `${head.map((line) => printable(line)).join('\n')}\n` +
      (rows.length > 0 ? `\n${table(['CONTROL', 'BEFORE', 'AFTER'], rows)}` : '') +
      (ids.length > 0 ? `\n${table(['DEVIATION', 'ID'], ids)}` : '') +
      (results.length > 0
        ? `\n${table(
            ['RULE', 'ITEM', 'BEFORE', 'AFTER'],
            results.map(({ rule, item, before, after }) => [rule, item, before ?? '-', after ?? '-']),
          )}`
        : '')
    );
  });
  return 0;
}
