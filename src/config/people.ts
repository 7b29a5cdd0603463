import { z } from 'zod';
import { map, secret, text } from '#src/config/fields.ts';
import { field, listed, type Mistakes, shown, valueAt } from '#src/config/mistakes.ts';
import type { Path } from '#src/config/yaml.ts';
import { parseDuration } from '#src/duration.ts';

/* The part of holdfast.yaml that is about who may ask for what, and decide. */

const roles = ['owner', 'approver'] as const;

const email = (meaning: string) =>
  field(z.string().regex(/^[^\s@<>",;]{1,64}@[^\s@<>",;]{1,189}$/), meaning, {
    expected: 'an e-mail address',
    mend: 'Write it as anna@example.com.',
  });

const person = field(
  z.strictObject({
    email: email('The address by which Slack and the sign-in know the person. Part of the evidence of what they do.'),
    also: field(z.array(email('A further address.')), 'Other addresses of the same person.', {
      expected: 'a list of e-mail addresses',
      mend: 'Write it as [a.berg@example.com].',
    }).default([]),
    name: text('The name, as auditors know the person.', 'a name', 'Anna Berg'),
    slack: field(z.string().regex(/^[UW][A-Z0-9]{5,20}$/), 'The member id in Slack, where the address there is another.', {
      expected: 'a member id of Slack',
      mend: 'Copy it from the profile in Slack: U0123ABCDEF.',
    }).optional(),
    roles: field(
      z.array(field(z.enum(roles), 'A role.', { expected: listed(roles), mend: 'Name one of them.' })).min(1),
      'An owner answers for controls: acknowledges, assigns, asks for waivers. An approver may do that too, and decides on waivers of others.',
      { expected: 'a list of roles', mend: 'Write it as [owner] or [owner, approver].' },
    ),
  }),
  'One person.',
  map('{ email: anna@example.com, name: Anna Berg, roles: [owner, approver] }'),
);

export const people = field(
  z.array(person).max(1_000),
  'Who acknowledges alerts, asks for waivers and approves them. Whoever asks for a waiver does not approve it, so it takes two.',
  {
    expected: 'a list of people',
    mend: 'Write it as [{ email: anna@example.com, name: Anna Berg, roles: [approver] }].',
  },
).default([]);

export const waivers = field(
  z.strictObject({
    longest: field(
      z
        .string()
        .regex(/^\d{1,3}d$/)
        .refine((value) => {
          const span = parseDuration(value) ?? 0;
          return span >= 86_400_000 && span <= 366 * 86_400_000;
        }),
      'How long a waiver may last, from its approval on.',
      { expected: 'a number of days from 1d to 366d', mend: 'Write for example 90d.' },
    ).default('90d'),
  }),
  'What a waiver may be. docs/waivers.md says how it comes to be.',
  map('{ longest: 90d }'),
).prefault({});

const header = (meaning: string, example: string) =>
  field(z.string().regex(/^[A-Za-z][A-Za-z0-9-]{1,63}$/), meaning, {
    expected: 'the name of a header',
    mend: `Write for example ${example}.`,
  });

export const signIn = field(
  z.strictObject({
    header: header('The header in which the proxy writes the verified address of who is signed in.', 'X-Forwarded-Email'),
    proof: header('The header in which the proxy proves that it is the proxy.', 'X-Holdfast-Proxy'),
    secret: secret('What the proxy writes there.'),
  }),
  'Lets people act on the pages: the reverse proxy in front signs them in, writes who they are, and takes both headers away from what comes from outside.',
  map("{ header: X-Forwarded-Email, proof: X-Holdfast-Proxy, secret: '${env:PROXY_SECRET}' }"),
);

/** A person stands once, under one name, with addresses that nobody else has: else one could approve what they asked for. */
export function checkPeople({ yaml, report }: Mistakes): void {
  const given = valueAt(yaml.value, ['people']);
  const known = new Set<string>();
  const take = (at: Path, kind: string, value: unknown, mend: string): void => {
    if (typeof value !== 'string') return;
    const key = `${kind} ${value.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase()}`;
    if (known.has(key)) report(at, { found: `${shown(value)} a second time`, expected: `${kind} that nobody else has`, mend });
    known.add(key);
  };
  for (const [index, each] of Array.isArray(given) ? given.entries() : []) {
    const at: Path = ['people', index];
    take([...at, 'email'], 'an address', valueAt(each, ['email']), 'Keep one entry for each person.');
    const also = valueAt(each, ['also']);
    for (const [i, address] of Array.isArray(also) ? also.entries() : [])
      take([...at, 'also', i], 'an address', address, 'Keep one entry for each person.');
    take([...at, 'slack'], 'a member id', valueAt(each, ['slack']), 'Keep one entry for each person.');
    take(
      [...at, 'name'],
      'a name',
      valueAt(each, ['name']),
      'Write the further address of the same person under `also`, or tell two people apart by name.',
    );
  }
  const portal = valueAt(yaml.value, ['portal']);
  if (valueAt(portal, ['signIn']) === undefined) return;
  if (valueAt(portal, ['address']) === undefined)
    report(['portal', 'signIn'], {
      found: '`signIn` without `address`',
      expected: 'the address of the pages as people type it, so that no other site can act for them',
      mend: 'Add for example `address: https://holdfast.example.com`.',
    });
  const [name, proof] = [valueAt(portal, ['signIn', 'header']), valueAt(portal, ['signIn', 'proof'])];
  if (typeof name === 'string' && typeof proof === 'string' && name.toLowerCase() === proof.toLowerCase())
    report(['portal', 'signIn', 'proof'], { found: 'one header for both', expected: 'another header', mend: 'Name another.' });
}
