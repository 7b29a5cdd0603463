import { z } from 'zod';
import { endpoint, map, secret } from '#src/config/fields.ts';
import { field } from '#src/config/mistakes.ts';

/* The part of holdfast.yaml that is about telling people. */

export const slackChannel = (meaning: string) =>
  field(z.string().regex(/^(?:#[^\s#@:,.<>&|A-Z]{1,80}|[CG][A-Z0-9]{8,})$/), meaning, {
    expected: 'a channel of Slack, by its name in quotes or by its id',
    mend: ({ value }) => {
      if (value === undefined || value === null) return "Put it in quotes, '#security': without them YAML takes # for a comment.";
      if (typeof value === 'string' && /^[^\s#@:,.<>&|A-Z]{1,80}$/.test(value)) return `Begin it with #: '#${value}'.`;
      return "Write '#security' in quotes, or the id at the foot of the channel's details, C0123456789.";
    },
  });

const slack = field(
  z.strictObject({
    token: secret('The bot token of the app, xoxb-.'),
    appToken: secret('The app-level token, xapp-, for buttons through Socket Mode. Absent: messages have no buttons.').optional(),
    channel: slackChannel('Where alerts go that no route sends elsewhere.'),
    endpoint: endpoint('Another Web API than https://slack.com/api, as that of GovSlack.').optional(),
  }),
  'Slack, by an app of your own. docs/slack.md sets it up.',
  map("{ token: '${env:SLACK_TOKEN}', appToken: '${env:SLACK_APP_TOKEN}', channel: '#security' }"),
);

export const alerts = field(
  z.strictObject({
    slack: slack.optional(),
    webhook: secret(
      'The address of an incoming webhook of Slack. It only notifies: no threads, no edits, no buttons. Beside `slack`, it is used where Slack refuses the bot.',
    ).optional(),
  }),
  'Who is told of drifts, and how. Absent: nobody is.',
  map("{ slack: { token: '${env:SLACK_TOKEN}', channel: '#security' } }"),
);
