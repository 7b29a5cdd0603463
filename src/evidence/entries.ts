import { z } from 'zod';
import { type Json, sha256 } from '#src/ledger/canonical.ts';

const sha = z.string().regex(/^[0-9a-f]{64}$/);
const instant = z.iso.datetime();
const documents = z.record(z.string(), sha);
const words = z.string().regex(/\S/).max(2_000);
const address = z.string().min(3).max(254);
const itemName = z.strictObject({
  scope: z.string().min(1),
  item: z.string().min(1).describe('By its name in the trees; where items are people, that is not their key'),
});

const waiverId = z.string().regex(/^W-[0-9A-Z]{6,16}$/);

/** Who did something, when and by which way: the same of all that people do. */
const doing = {
  action: z.string().min(1).max(200).describe('Unique for good: the same action is recorded once'),
  by: address.describe('The address of who did it; `people` says who that was'),
  at: instant.describe('When it was done; the leaf says when it was recorded, and only that counts'),
  via: z.discriminatedUnion('way', [
    z.strictObject({ way: z.literal('command'), user: z.string() }),
    z.strictObject({ way: z.literal('page'), remote: z.string() }),
    z.strictObject({ way: z.literal('slack'), team: z.string(), user: z.string(), ts: z.string() }),
  ]),
} as const;

/**
 * Leaves of every other kind than `cycle`. A leaf names its body by hash; here is what the body of each kind says. Where a body speaks of
 * further documents, its member `documents` names each with its hash, and they are kept beside it. docs/leaves.md is written from here.
 */
export const entryBodies = {
  controls: z.looseObject({}).describe('The controls and their versions, with parameters, as configured: what the conclusions rest on'),
  schedule: z.looseObject({}).describe('Periods, holds and declared scopes'),
  program: z
    .strictObject({ documents })
    .describe('The sources that collecting and judging depend on, by path, and package.json, which fixes what they import from outside'),
  key: z
    .strictObject({
      inForce: z
        .array(z.string())
        .min(1)
        .describe('The C2SP verifier keys that sign from the next leaf on, the one that replaces the others first'),
      new: z.array(z.string()).describe('Those of them that did not sign before'),
      retired: z.array(z.string()).describe('Those that sign no more'),
    })
    .describe('The keys that sign the log changed, or it is signed for the first time'),
  anchor: z.looseObject({ name: z.string(), size: z.int() }).describe('An outside place was handed the checkpoint of this size'),
  people: z
    .strictObject({
      people: z.array(
        z.strictObject({
          email: address,
          also: z.array(address).describe('Other addresses of the same person'),
          name: z.string().min(1),
          roles: z.array(z.enum(['owner', 'approver'])),
        }),
      ),
      waivers: z.strictObject({ longestDays: z.int().min(1) }),
    })
    .describe('Who may ask for waivers and who may approve them, and for how long at most: from this leaf on'),
  waiver: z
    .discriminatedUnion('step', [
      z.strictObject({
        step: z.literal('requested'),
        waiver: waiverId,
        ...doing,
        rule: z.string().min(1),
        items: z.array(itemName).min(1).max(200),
        reason: words,
        compensating: words.describe('What keeps the risk down meanwhile'),
        until: instant.describe('The waiver ends here, whatever happens'),
        renews: waiverId.optional(),
      }),
      z.strictObject({ step: z.enum(['approved', 'refused', 'withdrawn']), waiver: waiverId, ...doing, reason: words }),
    ])
    .describe(
      'A waiver was asked for, approved, refused or withdrawn. It holds from the leaf of its approval on, never before; docs/waivers.md says when a leaf is not honoured',
    ),
  action: z
    .strictObject({
      ...doing,
      deed: z.discriminatedUnion('do', [
        z.strictObject({ do: z.literal('acknowledge'), alert: z.string().min(1), until: instant, note: z.string().max(2_000) }),
        z.strictObject({ do: z.literal('assign'), alert: z.string().min(1), to: address }),
      ]),
    })
    .describe('Somebody acknowledged an alert until a time, or assigned it'),
  register: z.looseObject({ documents: documents.optional() }).describe('A record that only a person can supply'),
  backfill: z
    .strictObject({
      scope: z.string(),
      from: instant,
      to: instant.describe('Half-open: looks of the scope in [from, to) are replaced, as known from this leaf on'),
      reason: z.string().min(1),
      run: z.string().min(1).describe('What brought the data: the id of the run of that time, or of the import'),
      ruleSet: sha,
      looks: z.array(
        z.union([
          z.strictObject({ asOf: instant, hold: z.int(), manifest: sha, items: sha, n: z.int(), root: sha }),
          z.strictObject({ asOf: instant, hold: z.int(), manifest: sha, unread: z.looseObject({ unread: z.string() }) }),
        ]),
      ),
      documents,
    })
    .describe('Late or corrected data. What was known before this leaf stays what it was'),
  reevaluation: z
    .strictObject({
      from: instant,
      to: instant,
      size: z.int().describe('The ledger that was judged again, by its size and root'),
      root: sha,
      program: sha.describe('Hash of the body of the program that judged'),
      ruleSets: z.strictObject({ old: z.array(sha), new: sha }),
      intervals: z.strictObject({ n: z.int(), root: sha }).describe('RFC 6962 root over the runs of results that it produced'),
      evaluations: z.int(),
      differing: z.strictObject({ items: z.int(), rules: z.array(z.string()), controls: z.array(z.string()) }),
    })
    .describe('A window was judged again with the rules of this time, beside what was concluded then'),
  tombstone: z
    .strictObject({
      reason: z.enum(['retention', 'erasure']),
      policy: z.string().min(1).describe('The policy, or the request, in the words of who ordered it'),
      by: z.string().min(1),
      items: z.array(z.strictObject({ scope: z.string(), name: z.string().describe('The committed name; the key is gone') })),
      purged: z.array(sha).describe('SHA-256 of the documents whose data is gone, ascending'),
    })
    .describe('Data was purged or erased. Hashes stay, and with them every root and every proof'),
} as const satisfies Record<string, z.ZodType>;

export type EntryKind = keyof typeof entryBodies;
export type BodyOf<K extends EntryKind> = z.output<(typeof entryBodies)[K]>;

/** What is wrong with a body, or null. */
export function flawInBody(kind: string, body: Json): string | null {
  if (!isEntryKind(kind)) return `there is no leaf of kind ${kind}`;
  const issue = entryBodies[kind].safeParse(body).error?.issues[0];
  return issue ? `a body of kind ${kind}: ${issue.path.join('.') || 'the whole'}: ${issue.message}` : null;
}

const isEntryKind = (kind: string): kind is EntryKind => Object.hasOwn(entryBodies, kind);

/** The documents that a body refers to: hash by name. */
export function documentsOf(body: unknown): Record<string, string> {
  return { ...(body as { documents?: Record<string, string> } | null)?.documents };
}

/** The member `documents` for some texts by name. */
export const documentsOver = (texts: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, sha256(text)]));

/** docs/leaves.md: the kinds of leaves with the JSON Schema of their bodies. */
export function leafKinds(): string {
  const sections = Object.entries(entryBodies).map(
    ([kind, body]) => `## ${kind}\n\n${body.description}.\n\n\`\`\`json\n${JSON.stringify(z.toJSONSchema(body), null, 1)}\n\`\`\`\n`,
  );
  return `# Leaves of the ledger

A leaf of kind \`cycle\` holds what it says itself. Every other leaf is \`{"v":1,"kind":…,"asOf":…,"body":{"sha256":…}}\`: its body is a document of
its own, canonical JSON, of the shape below. Documents that a body names under \`documents\` are kept as they are, byte for byte.

${sections.join('\n')}`;
}
