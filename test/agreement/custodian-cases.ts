import type { Case, Ran } from './cases.ts';
import { ours } from './custodian-added.ts';
import type { Played, Question } from './custodian-questions.ts';
import { regionalSessions } from './custodian-regional-sessions.ts';
import { accountSessions } from './custodian-sessions.ts';
import { fieldOf, named, type Outcome, outcomes } from './outcome.ts';
import { type Added, openSession } from './placebo.ts';

export const custodianCases = (): Case[] =>
  [...accountSessions, ...regionalSessions].flatMap((session) =>
    session.ask.map((question) => {
      const about = question.rule ?? question.field!.replace(' ', ': ');
      return {
        source: 'custodian' as const,
        id: [session.name, ...(session.as ? [session.as] : []), about, question.item].join('/'),
        title: question.item,
        about,
        expected: question.expected,
        ...(question.readOff && { readOff: true as const }),
        run: () => play(session, question),
      };
    }),
  );

/** As it was recorded; and, where that leaves the question unobserved, again with the answers added that it lacks. */
async function play(session: Played, question: Question): Promise<Ran> {
  const before = await answer(session, question, {});
  if (before.verdict !== 'unobserved' || !session.added) return before;
  return { ...(await answer(session, question, session.added)), before };
}

async function answer(
  { name, skip = {}, account = ours, region = 'us-east-1', asOf = '2026-01-15T00:00:00Z' }: Played,
  question: Question,
  added: Added,
): Promise<Outcome> {
  const place = { account, region, partition: 'aws' };
  const transport = openSession({ name, skip, added }, place);
  if (question.field) {
    const [population, field] = question.field.split(' ') as [string, string];
    return fieldOf(population, question.item, field, { place, transport });
  }
  const { parameters } = question;
  return named(question.item, await outcomes(question.rule!, { place, transport, asOf, ...(parameters && { parameters }) }));
}
