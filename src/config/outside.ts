import { z } from 'zod';
import { duration, endpoint, folder, map, path, region, secret } from '#src/config/fields.ts';
import { field, listed } from '#src/config/mistakes.ts';
import { nearestTo } from '#src/errors.ts';
import { NoteError, parseVkey } from '#src/ledger/note.ts';

/* The part of holdfast.yaml that is about strangers: who signs the ledger, and where its checkpoints go. */

const keySource = {
  key: secret('An Ed25519 private key: PKCS#8 PEM, or its 32-byte seed in hex or base64. Either this or `kms`.').optional(),
  kms: field(
    z.string().regex(/^arn:aws(?:-[a-z]+)*:kms:[a-z0-9-]+:\d{12}:(?:key|alias)\/[A-Za-z0-9/_-]{1,256}$/),
    'A KMS key of the spec ECC_NIST_EDWARDS25519, or an alias of one, by its ARN.',
    {
      expected: 'the ARN of a KMS key or alias',
      mend: 'Write it as arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab.',
    },
  ).optional(),
};

export const ledger = field(
  z.strictObject({
    origin: field(
      z.string().regex(/^(?=.{3,200}$)[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?:\/[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)*$/),
      'The name of the ledger, and of its keys, for good: one history, one origin.',
      {
        expected: 'a name such as evidence.example.com/acme, without https:// and without _',
        mend: 'Write a host of yours, a slash and a name: letters, digits, dots and hyphens.',
      },
    ),
    ...keySource,
    previous: field(
      z.array(field(z.strictObject(keySource), 'An earlier key.', map("{ key: '${file:/run/secrets/old.pem}' }"))).max(4),
      'Earlier keys of the same origin, which go on signing for one period after a change.',
      { expected: 'a list of earlier keys', mend: "Write it as [{ key: '${file:/run/secrets/old.pem}' }]." },
    ).default([]),
  }),
  'Who signs the ledger. Absent: a key of its own, made in a file beside the evidence, which protects only up to the last anchor.',
  map("{ origin: evidence.example.com/acme, key: '${file:/run/secrets/ledger.pem}' }"),
);

const anchorKinds = ['file', 's3', 'git', 'rfc3161', 'witness'] as const;
type Kind = (typeof anchorKinds)[number];

const shared = <K extends Kind>(kind: K) => ({
  name: field(z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/), 'Names the anchor in evidence, so keep it for good.', {
    expected: 'a short name of small letters, digits and hyphens',
    mend: 'Write for example worm-bucket.',
  }),
  kind: field(z.literal(kind), 'Which kind of place it is.', {
    expected: listed(anchorKinds),
    mend: ({ value }) => {
      const nearest = typeof value === 'string' ? nearestTo(value, anchorKinds) : undefined;
      return nearest === undefined ? 'Name one of them.' : `Did you mean "${nearest}"?`;
    },
  }),
  every: duration('How often a checkpoint is published there.').default('1d'),
});

const file = z.strictObject({
  ...shared('file'),
  folder: folder('A folder that is there already, best on another machine.', '/mnt/worm/evidence'),
});

const s3 = z.strictObject({
  ...shared('s3'),
  bucket: field(z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/), 'A bucket with Object Lock, best in another account.', {
    expected: 'the name of a bucket',
    mend: 'Write its name alone, without s3://.',
  }),
  prefix: field(z.string().regex(/^(?:[A-Za-z0-9._-]+\/)*$/), 'Before the origin in the keys.', {
    expected: 'nothing, or folders with a slash at the end',
    mend: 'Write for example evidence/.',
  }).default(''),
  region: region('The region of the bucket.'),
  retainDays: field(z.int().min(1).max(36_500), 'For how long nobody can delete a checkpoint there, the owner of the account included.', {
    expected: 'a whole number of days from 1 to 36500',
    mend: 'Write for example 2557 for seven years.',
  }).default(2_557),
  endpoint: endpoint('Another address than that of AWS.').optional(),
});

const git = z.strictObject({
  ...shared('git'),
  remote: field(
    z.string().refine((value) => remoteFault(value) === undefined),
    'The remote, as `git push` takes it.',
    {
      expected: 'the address of a git repository',
      mend: ({ value }) => remoteFault(value) ?? 'Write for example git@github.com:acme/evidence.git.',
    },
  ),
  branch: field(
    z.string().regex(/^(?!.*(?:\.\.|\/\/|\.lock(?:\/|$)))[A-Za-z0-9][A-Za-z0-9._/-]{0,100}(?<![./])$/),
    'The branch. Absent: `holdfast/` and the origin.',
    {
      expected: 'the name of a branch',
      mend: 'Write for example checkpoints.',
    },
  ).optional(),
  token: secret('Over https: a token that may push.').optional(),
});

const rfc3161 = z.strictObject({
  ...shared('rfc3161'),
  url: signedAddress('The address of the time stamp authority.'),
  ca: path('The certificates (PEM) one of which must have issued that of the time stamps.', 'tsa-ca.pem').optional(),
});

const witness = z.strictObject({
  ...shared('witness'),
  url: signedAddress('The submission prefix of the witness.'),
  monitor: signedAddress('Its monitoring prefix. Absent: the same.').optional(),
  vkey: field(
    z.string().refine((value) => isWitnessKey(value)),
    'Its verifier key.',
    { expected: 'a verifier key of a witness, name+id+key of type 4', mend: 'Copy the whole line that the witness publishes.' },
  ),
});

export const anchors = field(
  z.array(
    field(
      z.discriminatedUnion('kind', [file, s3, git, rfc3161, witness]),
      'A place outside.',
      map('{ name: worm, kind: s3, bucket: acme-evidence, region: eu-central-1 }'),
    ),
  ),
  'Places outside that keep signed checkpoints, so that nobody can restore or rewrite the ledger unnoticed.',
  { expected: 'a list of anchors', mend: 'Begin with `- name: worm` and `kind: s3` below it.' },
).default([]);

/** Over plain http too: what comes back is signed, and what is sent is public. */
function signedAddress(meaning: string) {
  const fault = (value: unknown): string | undefined => {
    const url = typeof value === 'string' && value.includes('://') ? URL.parse(value) : null;
    if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return 'Begin with https://.';
    if (url.username !== '' || url.password !== '') return 'Remove the user and password.';
    return /[?#]|\/$/.test(String(value)) && url.pathname !== '/' ? 'End it with the path, without ?, # or a slash.' : undefined;
  };
  return field(
    z
      .string()
      .refine((value) => fault(value) === undefined)
      .transform((value) => value.replace(/\/$/, ''))
      .meta({ format: 'uri' }),
    meaning,
    { expected: 'an address, https://host/path', mend: ({ value }) => fault(value) ?? 'Write https://, the host and the path.' },
  );
}

function remoteFault(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.trim() === '' || value.startsWith('-') || value.includes('::') || /[\s\p{Cc}]/u.test(value))
    return 'Write for example git@github.com:acme/evidence.git.';
  const url = value.includes('://') ? URL.parse(value) : null;
  if (url?.password) return 'Remove the password; give a token under `token`, as a reference.';
  if (url) return ['https:', 'ssh:', 'file:'].includes(url.protocol) ? undefined : 'Begin with https:// or ssh://.';
  return value.startsWith('/') || /^[A-Za-z0-9._-]+@[A-Za-z0-9.-]+:./.test(value)
    ? undefined
    : 'Write for example git@github.com:acme/evidence.git.';
}

function isWitnessKey(value: string): boolean {
  try {
    return parseVkey(value).type === 4;
  } catch (error) {
    if (error instanceof NoteError) return false;
    throw error;
  }
}
