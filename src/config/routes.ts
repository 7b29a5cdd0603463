import { z } from 'zod';
import { duration, map, slackChannel } from '#src/config/fields.ts';
import { field, listed } from '#src/config/mistakes.ts';

/* The part of holdfast.yaml that is about which alert goes where, and when it is told again. */

const severities = ['low', 'medium', 'high', 'critical'] as const;

const several = <S extends z.ZodType>(one: S, meaning: string, hint: { expected: string; mend: string }) =>
  field(z.union([one, z.array(one).min(1)]), meaning, hint).optional();

const pattern = z
  .string()
  .regex(/^\S(?:.*\S)?$/)
  .max(300);

const match = field(
  z.strictObject({
    control: several(pattern, 'Ids of controls.', {
      expected: 'the id of a control, or a list of them',
      mend: 'Write it as NW-04 or [NW-04, AC-07].',
    }),
    owner: several(pattern, 'Owners of controls, as the controls name them.', {
      expected: 'the owner of a control, or a list of them',
      mend: 'Write it as the control does; `holdfast controls` lists them.',
    }),
    severity: several(z.enum(severities), 'Severities.', {
      expected: `${listed(severities)}, or a list of them`,
      mend: 'Write it as high or [high, critical].',
    }),
    scope: several(pattern, 'Scopes, as connection/account/region/population; * stands for any run of letters.', {
      expected: 'a scope, or a list of them',
      mend: 'Write it as aws/123456789012/* or [aws/*, github/*].',
    }),
    rule: several(pattern, 'Rules; * stands for any run of letters.', {
      expected: 'the id of a rule, or a list of them',
      mend: 'Write it as aws.s3.* or [aws.ec2.*, aws.vpc.*].',
    }),
  }),
  'What must be so; of several keys all. Empty: every alert.',
  map('{ severity: [high, critical], scope: aws/* }'),
).default({});

const route = field(
  z.strictObject({
    match,
    channel: slackChannel('The channel.'),
  }),
  'One route.',
  map("{ match: { severity: critical }, channel: '#incidents' }"),
);

const remind = field(
  z.strictObject({
    high: duration('High and critical.').default('1d'),
    medium: duration('Medium.').default('3d'),
  }),
  'How often an open alert that nobody acknowledged is told again. Low is told once.',
  map('{ high: 1d, medium: 3d }'),
).prefault({});

export const routing = {
  routes: field(z.array(route), 'Which alert goes to which channel: the first route that matches. Others go to the default channel.', {
    expected: 'a list of routes',
    mend: "Write it as [{ match: { severity: critical }, channel: '#incidents' }].",
  }).default([]),
  remind,
  acknowledgedFor: duration('How long an acknowledgement lasts where nothing else is said.').default('7d'),
};
