import type { Letter } from '#src/alerts/channel.ts';
import type { AlertMessage, ReplyMessage } from '#src/alerts/message.ts';

const at = (time: string): number => Date.parse(`2026-03-02T${time}Z`);

/** A security group opened to the world by a person, in many copies of one template. */
export const drift: AlertMessage = {
  alert: 'HF-7K3QZ',
  kind: 'drift',
  state: 'open',
  severity: 'high',
  headline: 'Servers can be reached from the whole internet on port 22',
  controls: [
    {
      id: 'NET-02',
      title: 'Administration ports are closed to the internet',
      statement: 'Acme lets nobody reach the administration ports of its servers from the internet. The platform team reviews exceptions.',
      owner: 'Dana Owner',
    },
  ],
  rule: { id: 'aws.ec2.no-open-admin-ports', title: 'No administration port is open to the internet' },
  says: 'Port 22 is open to 0.0.0.0/0.',
  items: [
    {
      name: 'web-blue (sg-0a1b2c3d)',
      key: 'sg-0a1b2c3d',
      scope: 'aws production eu-central-1',
      page: 'https://holdfast.acme.example/item/1',
      console: 'https://eu-central-1.console.aws.amazon.com/ec2/home?region=eu-central-1#SecurityGroup:groupId=sg-0a1b2c3d',
    },
    { name: 'web-green (sg-1b2c3d4e)', key: 'sg-1b2c3d4e', scope: 'aws production eu-central-1', page: null, console: null },
  ],
  count: 2000,
  changes: [
    { field: 'ingress[0].cidr', before: '"10.0.0.0/8"', after: '"0.0.0.0/0"' },
    { field: 'ingress[0].description', before: null, after: '"temporary, Bob"' },
  ],
  alike: true,
  lastGood: at('10:02:00'),
  firstBad: at('11:02:00'),
  by: {
    known: true,
    events: [
      {
        at: at('10:41:07'),
        actor: { name: 'bob', kind: 'person', through: 'CloudFormation', email: 'bob@acme.example' },
        operation: 'UpdateStack',
        source: 'CloudTrail',
        id: '7c1a9d3e-0001',
      },
    ],
  },
  due: at('11:02:00') + 7 * 86_400_000,
  remedy: 'Remove the rule that opens port 22, or narrow it to the range of the VPN.\nReach the servers by Session Manager.',
  page: 'https://holdfast.acme.example/alert/HF-7K3QZ',
  assigned: null,
  acknowledged: null,
  resolved: null,
  actions: ['acknowledge', 'assign', 'request-waiver'],
  waiver: null,
};

export const samples: Readonly<Record<string, AlertMessage>> = {
  drift,
  'nobody knows who': {
    ...drift,
    count: 1,
    items: drift.items.slice(0, 1),
    alike: false,
    by: {
      known: false,
      from: at('10:02:00'),
      to: at('11:02:00'),
      why: 'CloudTrail lists no change of it; its trail may not have delivered yet',
    },
  },
  acknowledged: {
    ...drift,
    state: 'acknowledged',
    assigned: 'dana@acme.example',
    acknowledged: { by: 'dana@acme.example', until: at('11:30:00') + 7 * 86_400_000 },
  },
  resolved: {
    ...drift,
    state: 'resolved',
    actions: [],
    resolved: { at: at('14:14:00'), how: 'every item passes again; changed back by bob through CloudFormation' },
  },
  'a missed obligation': {
    ...drift,
    alert: 'HF-0B11G',
    kind: 'obligation',
    severity: 'medium',
    headline: 'No restore was tested in 90 days',
    controls: [
      {
        id: 'BCK-03',
        title: 'Backups are restored on trial',
        statement: 'Acme restores a backup of each production database every quarter.',
        owner: 'Data platform',
      },
    ],
    rule: { id: 'aws.backup.restore-tested', title: 'A restore was tested in time' },
    says: 'Not done in time: it was due 2026-03-02T11:02Z.',
    items: [],
    count: 0,
    changes: [],
    alike: false,
    lastGood: null,
    by: null,
    due: at('11:02:00'),
    remedy: 'Restore a recovery point with AWS Backup.',
    actions: ['acknowledge', 'assign'],
  },
  'a waiver to decide on': {
    ...drift,
    alert: 'HF-W41VR',
    kind: 'waiver',
    severity: 'low',
    headline: 'bob@acme.example asks for a waiver until 2026-04-01',
    says: 'Reason: the vendor needs port 22 until the migration ends.\nCompensating control: the vendor’s addresses alone, and sessions are recorded.',
    items: drift.items.slice(1),
    count: 1,
    changes: [],
    lastGood: null,
    by: null,
    due: null,
    actions: ['approve-waiver', 'refuse-waiver'],
    waiver: 'W-31',
  },
  'monitoring lost': {
    ...drift,
    alert: 'HF-M0N17',
    kind: 'monitoring',
    severity: 'critical',
    headline: 'GitHub has not been read for 2 h 10 min',
    controls: [],
    rule: null,
    says: 'the token was refused: 401 Bad credentials',
    items: [],
    count: 0,
    changes: [],
    alike: false,
    by: null,
    due: null,
    remedy: 'Give the connection github a valid token. Until then its rules are unobserved.',
    actions: ['acknowledge', 'assign'],
  },
};

export const reply: ReplyMessage = {
  alert: 'HF-7K3QZ',
  headline: 'Acknowledged by dana@acme.example for 7 days',
  lines: ['Note: we know, the migration ends on Friday', 'No reminders until 2026-03-09 11:30 UTC, unless it gets worse'],
};

export const letterOf = (id: string, content: Letter['content'], channel = '#security'): Letter => ({ id, channel, content });
