import { defaultChannel } from '#src/alerts/slack-open.ts';
import { stepKept, stepsProblem } from '#src/alerts/steps.ts';
import { type AlertTally, lettersProblem, queueProblems, tallyOf } from '#src/alerts/tally.ts';
import { milliseconds, parseDuration } from '#src/duration.ts';
import { HoldfastError } from '#src/errors.ts';
import type { Operations } from '#src/operations/operations.ts';
import { collectors } from '#src/registry.ts';
import { agesOf, type Problem, unseenIn } from '#src/vitals/problems.ts';
import { lastSign } from '#src/vitals/vitals.ts';
import { periodsOf } from '#src/vitals/watched.ts';
import { openIfKept } from './beside.ts';
import type { Command, Invocation } from './command.ts';
import { statusLines } from './status-lines.ts';
import { printable } from './text.ts';
import { wellness } from './wellness.ts';

export const status: Command = {
  summary: 'In ten lines: whether all is well, and what is open. With --alive: whether every connection was looked at in time.',
  usage: 'status [--alive [--within 2h]]',
  options: {
    alive: { type: 'boolean', means: 'End with 1 where a connection was not looked at in time: for a second machine, or cron' },
    within: { type: 'string', means: 'Within which time, as 2h; twice the period of each connection when not given' },
  },
  run: async (invocation) => {
    const { reading, answer, now } = invocation;
    const within = withinIn(invocation);
    if (invocation.options['alive'] === true) return alive(invocation, within);
    return reading(async (report, { config, store }) => {
      using operations = await openIfKept(config);
      const alerts = operations && tallyOf(operations);
      const current = report.status();
      const writtenAt = store.writtenAt(current.ledger.size);
      const problems = wellness(current, {
        ages: agesOf(periodsOf(config, collectors), store),
        unsignedFor: writtenAt === null ? 0 : (current.example ? writtenAt : now()) - writtenAt,
        queue: operations && config.queue ? queueProblems(operations) : [],
        letters: [
          ...(alerts && defaultChannel(config.alerts) !== null ? lettersProblem(alerts, now()) : []),
          ...(operations ? stepsIn(operations) : []),
        ],
      });
      answer({ well: problems.length === 0, problems, ...current, alerts: alerts && documentOf(alerts) }, () =>
        statusLines(current, problems, alerts),
      );
      return 0;
    });
  },
};

/** Held against the last sign of life: of an agent that is stopped only that is to be said. */
function stepsIn(operations: Operations): Problem[] {
  const [living, at] = [lastSign(operations), stepKept(operations)];
  return living === null ? [] : stepsProblem(at === null ? null : { at, fault: null }, living);
}

const documentOf = ({ waitingSince, ...tally }: AlertTally) => ({
  ...tally,
  waitingSince: waitingSince === null ? null : new Date(waitingSince).toISOString(),
});

/** Reads the ages from the store alone: beside a running agent, or of a copy, and without telling its whole history. */
const alive = ({ reading, answer, now }: Invocation, within: number | undefined): Promise<number> =>
  reading((_report, { config, store }) => {
    const at = now();
    const ages = agesOf(periodsOf(config, collectors), store);
    const unseen = unseenIn(ages, at, within);
    const document = {
      alive: unseen.length === 0,
      connections: ages.map((age) => ({
        id: age.connection,
        lastCycle: age.ended === null ? null : new Date(age.ended).toISOString(),
        ageSeconds: age.ended === null ? null : Math.round((at - age.ended) / 1_000),
        withinSeconds: (within ?? 2 * age.period) / 1_000,
        unread: age.blind,
        alive: unseenIn([age], at, within).length === 0,
      })),
    };
    answer(document, () =>
      unseen.length === 0
        ? 'Alive: every connection was looked at in time.\n'
        : `Not alive: ${unseen.map(({ says }) => printable(says)).join('\n           ')}\n`,
    );
    return unseen.length === 0 ? 0 : 1;
  });

/** Errors: USAGE. */
function withinIn({ options }: Invocation): number | undefined {
  const { within } = options;
  if (within === undefined) return undefined;
  if (options['alive'] === true && typeof within === 'string' && parseDuration(within)) return milliseconds(within as never);
  throw new HoldfastError('USAGE', {
    problem: options['alive'] === true ? `"${String(within)}" is no span.` : '--within belongs to --alive.',
    mend: 'Write status --alive --within 2h, with m, h or d.',
  });
}
