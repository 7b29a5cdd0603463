import { z } from 'zod';
import { endpoint, map, secret, slackChannel } from '#src/config/fields.ts';
import { field } from '#src/config/mistakes.ts';
import { routing } from '#src/config/routes.ts';

/* The part of holdfast.yaml that is about telling people. */

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
    ...routing,
  }),
  'Who is told of drifts, and how. Without `slack` and `webhook` nobody is: alerts are kept, and shown by `holdfast alerts`.',
  map("{ slack: { token: '${env:SLACK_TOKEN}', channel: '#security' } }"),
);
