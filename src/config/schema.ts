import { z } from 'zod';
import { alerts } from '#src/config/alerts.ts';
import { heartbeat, metrics } from '#src/config/alive.ts';
import { address, duration, endpoint, localDate, map, path, portalAddress, region, secret, store, text } from '#src/config/fields.ts';
import { isTimeZone } from '#src/config/local-date.ts';
import { field, listed } from '#src/config/mistakes.ts';
import { anchors, ledger } from '#src/config/outside.ts';
import { people, signIn, waivers } from '#src/config/people.ts';
import { queue } from '#src/config/queue.ts';
import { categories, defaultCategories } from '#src/criteria.ts';
import { nearestTo } from '#src/errors.ts';

/*
 * The one schema of holdfast.yaml. It judges single fields; what several fields must agree on is in agreements.ts.
 * The JSON Schema for editors and the reference page are made from it.
 */

const connectionId = field(
  z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/),
  'Names the connection in evidence, so keep it for good.',
  {
    expected: 'a short name of small letters, digits and hyphens',
    mend: 'Write for example aws or github-main.',
  },
);

const providers = ['aws', 'github', 'scim'] as const;

const provider = <P extends (typeof providers)[number]>(name: P) =>
  field(z.literal(name), 'Which kind of system it is.', {
    expected: listed(providers),
    mend: ({ value }) => {
      const nearest = typeof value === 'string' ? nearestTo(value, providers) : undefined;
      return nearest === undefined ? 'Name one of them.' : `Did you mean "${nearest}"?`;
    },
  });

const shared = {
  without: field(
    z.array(field(z.string(), 'A collector.', { expected: 'the id of a collector', mend: 'Write its id as text.' })),
    'Collectors switched off. What they would read is unobserved. Also what reads logs: then it is not known who changed something.',
    {
      expected: 'a list of collector ids',
      mend: 'Write it as [id, id].',
    },
  ).default([]),
  every: field(
    z.record(z.string(), duration('How often.')),
    'Other schedules than the collectors ask for, by collector id, as `aws-iam-users: 4h`.',
    {
      expected: 'a map from collector id to a span',
      mend: 'Write it as { aws-iam-users: 4h }.',
    },
  ).default({}),
};

const account = field(
  z.strictObject({
    id: field(z.string().regex(/^\d{12}$/), 'The account, 12 digits, in quotes.', {
      expected: 'the 12 digits of an AWS account, in quotes',
      mend: ({ value, written }) =>
        typeof value === 'number'
          ? `Put it in quotes: '${written ?? value}'. Without them YAML reads a number, and a leading zero is lost.`
          : 'Copy all 12 digits, leading zeros too, without hyphens.',
    }),
    name: text('How people call it.', 'a name', 'production').optional(),
    role: field(
      z.string().regex(/^arn:aws(?:-[a-z]+)*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/),
      'The role to assume in it. One account may do without: the credentials are used as they are.',
      {
        expected: 'the ARN of an IAM role',
        mend: 'Write it as arn:aws:iam::123456789012:role/holdfast.',
      },
    ).optional(),
    externalId: secret('The external id that the role asks for.').optional(),
  }),
  'One AWS account.',
  { expected: 'a map with the id of an account', mend: "Write it as { id: '123456789012', name: production }." },
);

const aws = z.strictObject({
  id: connectionId,
  provider: provider('aws'),
  accounts: field(z.array(account).min(1), 'The accounts to read. Absent: the account of the credentials themselves.', {
    expected: 'a list of accounts',
    mend: 'Give at least one, or leave `accounts` out.',
  }).optional(),
  regions: field(z.array(region('A region.')).min(1), 'The regions to read. Absent: every region enabled in the account.', {
    expected: 'a list of regions',
    mend: 'Write it as [eu-central-1, us-east-1], or leave it out for every enabled region.',
  }).optional(),
  region: region('The region of the first call, which lists the others.').optional(),
  endpoint: endpoint('Another address than AWS, for all services.').optional(),
  ...shared,
});

const github = z.strictObject({
  id: connectionId,
  provider: provider('github'),
  organization: field(z.string().regex(/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,37}[A-Za-z0-9])?$/), 'The organization, as in its address.', {
    expected: 'the name of a GitHub organization',
    mend: 'Write the name alone, without github.com/ or @.',
  }),
  token: secret('A token with read access. Either this or `app`.').optional(),
  app: field(
    z.strictObject({
      id: field(z.int().min(1), 'The id of the app.', {
        expected: 'the number of the app',
        mend: 'Copy the App ID of its settings page, without quotes.',
      }),
      installation: field(z.int().min(1), 'The id of its installation in the organization.', {
        expected: 'the number of the installation',
        mend: 'Copy the last part of the address of the installation page, without quotes.',
      }),
      privateKey: secret('The private key of the app.'),
    }),
    'A GitHub App. Either this or `token`.',
    {
      expected: 'a map with id, installation and privateKey',
      mend: "Write it as { id: 12345, installation: 678, privateKey: '${file:/run/secrets/github.pem}' }.",
    },
  ).optional(),
  endpoint: endpoint('The REST API of GitHub Enterprise Server, as https://host/api/v3.').optional(),
  ...shared,
});

const scim = z.strictObject({
  id: connectionId,
  provider: provider('scim'),
  endpoint: endpoint('The base address of the SCIM 2.0 service.'),
  token: secret('The bearer token.'),
  ...shared,
});

const place = (meaning: string) =>
  field(z.string().regex(/^(aws|github|scim):\S+$/), meaning, {
    expected: 'a place such as aws:123456789012/eu-* or github:acme/*',
    mend: 'Begin with aws:, github: or scim:, then the account, the region or the repository; * stands for any run of letters.',
  });

const keptFor = (meaning: string) =>
  field(z.int().min(366).max(36_600), meaning, {
    expected: 'a whole number of days, 366 or more',
    mend: 'A window of a year and the time until its report must fit: write for example 800.',
  });

export const schema = field(
  z.strictObject({
    company: text('The company, as auditors know it.', 'the name of the company', 'Acme Health'),
    window: field(
      z.strictObject({
        from: localDate('The first day.'),
        to: localDate('The last day, included.'),
        timeZone: field(z.string().refine(isTimeZone), 'Where days begin and end.', {
          expected: 'a time zone of the IANA list',
          mend: ({ value }) => {
            const nearest = typeof value === 'string' ? nearestTo(value, Intl.supportedValuesOf('timeZone')) : undefined;
            return nearest === undefined ? 'Write for example Europe/Berlin, America/New_York or UTC.' : `Did you mean "${nearest}"?`;
          },
        }),
      }),
      'The Type 2 window. Needed to conclude.',
      map('{ from: 2026-02-01, to: 2026-07-31, timeZone: Europe/Berlin }'),
    ).optional(),
    store: store.default('.holdfast/evidence.db'),
    ledger: ledger.optional(),
    anchors,
    queue: queue.optional(),
    alerts: alerts.prefault({}),
    metrics: metrics.optional(),
    heartbeat: heartbeat.optional(),
    people,
    waivers,
    portal: field(
      z.strictObject({
        listen: address.default('127.0.0.1:8321'),
        address: portalAddress.optional(),
        signIn: signIn.optional(),
      }),
      'The pages.',
      map('{ listen: 127.0.0.1:8321 }'),
    ).prefault({}),
    categories: field(
      z
        .array(
          field(z.enum(categories), 'A category.', {
            expected: listed(categories),
            mend: ({ value }) => {
              const nearest = typeof value === 'string' ? nearestTo(value, categories) : undefined;
              return nearest === undefined ? 'Name one of them.' : `Did you mean "${nearest}"?`;
            },
          }),
        )
        .min(1),
      'The categories of the report. Security is part of each.',
      { expected: 'a list of categories', mend: 'Write it as [security, availability, confidentiality].' },
    ).default([...defaultCategories]),
    connections: field(
      z
        .array(field(z.discriminatedUnion('provider', [aws, github, scim]), 'One connected system.', map('{ id: aws, provider: aws }')))
        .min(1),
      'The systems to read.',
      { expected: 'a list with at least one connection', mend: 'Begin with `- id: aws` and `provider: aws` below it.' },
    ),
    scope: field(
      z.strictObject({
        in: field(z.array(place('A place.')), 'Places in scope.', {
          expected: 'a list of places',
          mend: "Write it as ['aws:123456789012/*', 'github:acme/*'].",
        }).default([]),
        out: field(
          z.array(
            field(
              z.strictObject({
                match: place('The places left out.'),
                reason: text('Why. Auditors read it.', 'the reason why it is out of scope', '"No workload; denied by policy."'),
              }),
              'Places left out.',
              { expected: 'a map with match and reason', mend: "Write it as { match: 'aws:123456789012/ap-*', reason: No workload }." },
            ),
          ),
          'Places out of scope, each with its reason. They are not collected.',
          {
            expected: 'a list of places with their reason',
            mend: "Write it as [{ match: 'aws:123456789012/ap-*', reason: No workload }].",
          },
        ).default([]),
      }),
      'What belongs to the system that is audited. A place in neither list is collected, and told as unclassified.',
      map("{ in: ['aws:*'], out: [] }"),
    ).prefault({}),
    controls: path("The company's own versions of controls.", 'controls.yaml').optional(),
    coverage: field(
      z.strictObject({
        atLeastPercent: field(z.int().min(1).max(100), 'The part of the time that must have been observed.', {
          expected: 'a whole number from 1 to 100',
          mend: 'Write for example 95.',
        }).default(95),
        longestGapHours: field(z.int().min(1).max(744), 'The longest silence tolerated.', {
          expected: 'a whole number of hours from 1 to 744',
          mend: 'Write for example 72.',
        }).default(72),
      }),
      'Below this, a control is not demonstrated.',
      map('{ atLeastPercent: 95, longestGapHours: 72 }'),
    ).prefault({}),
    retention: field(
      z.strictObject({
        repliesDays: keptFor('How long the replies of providers are kept, beside those of the latest look. Absent: for good.').optional(),
        snapshotsDays: keptFor(
          'How long the former snapshots of an item are kept, from when they were replaced. Absent: for good.',
        ).optional(),
      }),
      'What is purged once it is older. Results, hashes and proofs stay for good. What is gone cannot be re-performed.',
      map('{ repliesDays: 800, snapshotsDays: 2557 }'),
    ).prefault({}),
  }),
  'The configuration of Holdfast, holdfast.yaml.',
  { expected: 'a map of settings', mend: 'Begin with `company: Acme Health`, or write a new file with `holdfast init`.' },
);

export type ConfigFile = z.output<typeof schema>;
export type ConnectionFile = ConfigFile['connections'][number];
export type AnchorFile = ConfigFile['anchors'][number];
