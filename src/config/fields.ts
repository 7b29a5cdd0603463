import { isIP } from 'node:net';
import { z } from 'zod';
import { isLocalDate } from '#src/config/local-date.ts';
import { field } from '#src/config/mistakes.ts';
import { parseReference } from '#src/config/secret.ts';
import { parseDuration } from '#src/duration.ts';

/* The kinds of single values in holdfast.yaml, each with what is expected and how to mend it. */

export const text = (meaning: string, expected: string, example: string) =>
  field(z.string().regex(/\S/).max(200), meaning, { expected, mend: `Write it as text, for example ${example}.` });

export const secret = (meaning: string) =>
  field(
    z
      .string()
      .regex(/^\$\{(?:env|file|aws-sm):[^{}]+\}$/)
      .refine((value) => typeof parseReference(value) === 'object'),
    `${meaning} A reference: \`\${env:NAME}\`, \`\${file:/path}\` or \`\${aws-sm:arn}\`.`,
    {
      secret: true,
      expected: 'a reference: ${env:NAME}, ${file:/path} or ${aws-sm:arn}',
      mend: ({ value }) => secretMends[faultOf(value)],
    },
  );

const secretMends = {
  literal: 'Keep the secret elsewhere and write only the reference, as the whole value. If this file was shared, replace the secret.',
  'unknown-scheme': 'Begin the reference with env:, file: or aws-sm:.',
  'no-name': 'Put the name of the variable, the path or the ARN after the colon.',
  'bad-name': 'A variable has letters, digits and _; a path has no space around it; an ARN begins with arn:aws:secretsmanager:.',
};

function faultOf(value: unknown): keyof typeof secretMends {
  const fault = typeof value === 'string' ? parseReference(value) : 'literal';
  return typeof fault === 'string' ? fault : 'literal';
}

export const localDate = (meaning: string) =>
  field(z.string().refine(isLocalDate).meta({ format: 'date' }), meaning, {
    expected: 'a day of the calendar, YYYY-MM-DD',
    mend: 'Write year, month and day, for example 2026-02-01.',
  });

export const duration = (meaning: string) =>
  field(
    z
      .string()
      .regex(/^\d{1,6}[smhd]$/)
      .refine((value) => {
        const span = parseDuration(value) ?? 0;
        return span >= 60_000 && span <= 7 * 86_400_000;
      }),
    meaning,
    { expected: 'a span from 1m to 7d', mend: 'Write a number and m, h or d, for example 30m or 4h.' },
  );

export const endpoint = (meaning: string) =>
  field(
    z
      .string()
      .refine((value) => endpointFault(value) === undefined)
      .meta({ format: 'uri' }),
    meaning,
    {
      expected: 'the address of an API, https://host/path',
      mend: ({ value }) => endpointFault(value) ?? 'Write https://, the host and the path.',
    },
  );

/** Plain http would send a credential in clear; it is taken for this machine and for hosts of a private container network (no dot). */
function endpointFault(value: unknown): string | undefined {
  if (typeof value !== 'string') return 'Write https://, the host and the path.';
  const url = URL.parse(value);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:') || !value.includes('://')) return 'Begin with https://.';
  if (url.username !== '' || url.password !== '') return 'Remove the user and password; credentials have their own fields, as references.';
  if (value.includes('?') || value.includes('#')) return 'End it with the path, without ? or #.';
  const nearby = !url.hostname.includes('.') || url.hostname.startsWith('127.') || url.hostname === '[::1]';
  return url.protocol === 'http:' && !nearby ? 'Use https://; http would send the credential in clear.' : undefined;
}

export const region = (meaning: string) =>
  field(z.string().regex(/^[a-z]{2,4}(-[a-z]+){1,2}-\d{1,2}$/), meaning, {
    expected: 'an AWS region',
    mend: 'Write its code, for example eu-central-1. For every enabled region, leave `regions` out.',
  });

export const listening = (meaning: string, example: string) =>
  field(
    z.string().refine((value) => parseAddress(value) !== undefined),
    `${meaning} Reachable from this machine alone unless another address is written here.`,
    {
      expected: 'an address and a port from 1 to 65535',
      mend: `Write for example ${example}, or '[::1]:${example.split(':')[1]}' in quotes.`,
    },
  );

export const address = listening('Where the portal listens.', '127.0.0.1:8321');

export const portalAddress = field(
  z
    .string()
    .refine((value) => portalAddressFault(value) === undefined)
    .transform((value) => value.replace(/\/$/, ''))
    .meta({ format: 'uri' }),
  'The address by which people reach the pages, for links in messages. Absent: messages have no links to pages.',
  {
    expected: 'an address, https://host',
    mend: ({ value }) => portalAddressFault(value) ?? 'Write https:// and the host, for example https://holdfast.example.com.',
  },
);

function portalAddressFault(value: unknown): string | undefined {
  const url = typeof value === 'string' && value.includes('://') ? URL.parse(value) : null;
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return 'Begin with https://, or http:// inside a network.';
  if (url.username !== '' || url.password !== '') return 'Remove the user and password.';
  return /[?#]/.test(String(value)) ? 'End it with the host or the path, without ? or #.' : undefined;
}

/** Takes `host:port` apart; undefined where it is not one. */
export function parseAddress(value: string): { host: string; port: number } | undefined {
  const match = /^(?:\[(?<v6>[0-9a-f:.]+)\]|(?<name>[A-Za-z0-9.-]+)):(?<port>\d{1,5})$/i.exec(value);
  const { v6, name, port } = match?.groups ?? {};
  const host = v6 ?? name;
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535) return undefined;
  if (v6 !== undefined ? isIP(v6) !== 6 : /^[\d.]+$/.test(host) && isIP(host) !== 4) return undefined;
  return { host, port: Number(port) };
}

export const path = (meaning: string, example: string) =>
  field(
    z
      .string()
      .regex(/\S/)
      .refine((value) => !value.includes('://')),
    meaning,
    { expected: 'the path of a file', mend: `Write a path, from the folder of this file or from /, for example ${example}.` },
  );

export const folder = (meaning: string, example: string) =>
  field(
    z
      .string()
      .regex(/\S/)
      .refine((value) => !value.includes('://')),
    meaning,
    { expected: 'the path of a folder', mend: `Write a path, from the folder of this file or from /, for example ${example}.` },
  );

export const store = field(
  z
    .string()
    .regex(/\S/)
    .refine((value) => (value.includes('${') ? typeof parseReference(value) === 'object' : !value.includes('://'))),
  'The evidence store: the path of a file, or a reference to the address of a PostgreSQL database, as `${env:DATABASE_URL}`.',
  {
    reference: true,
    expected: 'the path of a file, or a reference to the address of a PostgreSQL database',
    mend: ({ value }) => {
      if (typeof value !== 'string' || !/\$\{|:\/\//.test(value)) return 'Write a path, for example .holdfast/evidence.db.';
      return value.includes('${')
        ? secretMends[faultOf(value)]
        : 'Keep the address elsewhere, for it holds a password, and write only a reference, for example ${env:DATABASE_URL}.';
    },
  },
);

export const map = (example: string) => ({ expected: 'a map', mend: `Write it as ${example}.` });

export const slackChannel = (meaning: string) =>
  field(z.string().regex(/^(?:#[^\s#@:,.<>&|A-Z]{1,80}|[CG][A-Z0-9]{8,})$/), meaning, {
    expected: 'a channel of Slack, by its name in quotes or by its id',
    mend: ({ value }) => {
      if (value === undefined || value === null) return "Put it in quotes, '#security': without them YAML takes # for a comment.";
      if (typeof value === 'string' && /^[^\s#@:,.<>&|A-Z]{1,80}$/.test(value)) return `Begin it with #: '#${value}'.`;
      return "Write '#security' in quotes, or the id at the foot of the channel's details, C0123456789.";
    },
  });
