import type { Judgement, Result } from '#src/cycle/evaluate.ts';
import {
  changeLeaf,
  cycleLeaf,
  emptyTally,
  entryLeaf,
  itemLeaf,
  type Looks,
  letters,
  requestsOf,
  type SeenItem,
  scopeDocument,
} from '#src/evidence/documents.ts';
import { canonical, sha256 } from '#src/ledger/canonical.ts';
import { vkeyOf } from '#src/ledger/note.ts';
import { consistencyPath, inclusionPath, nodesOf } from '#src/ledger/proof.ts';
import { formatProof } from '#src/ledger/tlog-proof.ts';
import { type Hash, leafHash, merkleRoot } from '#src/ledger/tree.ts';
import type { Unread } from '#src/population.ts';
import { privateKeyOf, seeds } from '#test/ledger/vectors.ts';
import { type About, checkpointNote, type Files, publicKeyOf, seal, sshPublicKey, writeLog } from './sealing.ts';

export const origin = 'example.com/tiny';
export const key = privateKeyOf(seeds[0]);
export const vkey = vkeyOf(origin, publicKeyOf(key));
export const signers = `${origin} namespaces="soc2-evidence" ${sshPublicKey(key)}\n`;

const hour = 3_600_000;
const start = Date.UTC(2026, 0, 1);
export const buckets = 'aws/111111111111/eu-west-1/example.bucket';
export const changes = 'aws/111111111111/global/example.change';

/** The rules of the example, as an author writes them. */
const original = {
  'rules/example/small.ts': `import { exampleBucket, limitOf } from '#populations/example-bucket';
import { defineRule, fail, pass, z } from '#rule';

export default defineRule(exampleBucket, {
  id: 'example.small', title: 'It is small', kind: 'state', severity: 'high', rationale: '', remediation: '',
  inspects: ['value'],
  parameters: z.object({ most: z.int().default(0).describe('The largest that is small') }),
  messages: { small: 'It is {value}.', large: 'It is {value}, more than {most}.' },
  examples: { pass: [{}], fail: [{ value: 1 }] },
  evaluate({ value }, { parameters: { most } }) {
    return value <= limitOf(most) ? pass('small', { value }) : fail('large', { value, most });
  },
});
`,
  'rules/example/alone.ts': `import { exampleBucket } from '#populations/example-bucket';
import { definePopulationRule, fail, pass, z } from '#rule';

export default definePopulationRule({ buckets: exampleBucket }, {
  id: 'example.alone', title: 'No other is of its size', kind: 'state', severity: 'low', rationale: '', remediation: '', within: 'region',
  inspects: { buckets: ['value'] },
  parameters: z.object({}),
  messages: { alone: 'No other is {value}.', twin: '{count} others are {value}.' },
  examples: [],
  *evaluate({ buckets }) {
    for (const { key, value } of buckets) {
      const count: number = buckets.filter((other) => other.key !== key && other.value === value).length;
      yield { key, ...(count === 0 ? pass('alone', { value }) : fail('twin', { value, count })) };
    }
  },
});
`,
  'rules/example/made.ts': `import { exampleChange } from '#populations/example-change';
import { defineRule, fail, pass, z } from '#rule';

export default defineRule(exampleChange, {
  id: 'example.made', title: 'It was made well', kind: 'event', severity: 'medium', rationale: '', remediation: '',
  inspects: ['well'],
  parameters: z.object({}),
  messages: { well: 'It was made well.', badly: 'It was not made well.' },
  examples: { pass: [{}], fail: [{ well: false }] },
  evaluate: ({ well }) => (well ? pass('well') : fail('badly')),
});
`,
  'src/populations/example-bucket.ts': `import { z } from 'zod';
import { definePopulation } from '#src/population.ts';

export const limitOf = (most: number): number => most;

export const exampleBucket = definePopulation('example.bucket', {
  title: 'Buckets', kind: 'state', fields: z.object({ value: z.int() }), example: { key: 'one', name: 'one', value: 0 },
});
`,
  'src/populations/example-change.ts': `import { z } from 'zod';
import { definePopulation } from '#src/population.ts';

export const exampleChange = definePopulation('example.change', {
  title: 'Changes', kind: 'event', at: 'at', fields: z.object({ at: z.string(), well: z.boolean() }), example: { key: 'c', name: 'c', at: '', well: true },
});
`,
};

function ruleSetOf(sources: Readonly<Record<string, string>>) {
  const versionOf = (id: string): string => sha256(sources[`rules/${id.replaceAll('.', '/')}.ts`]!);
  return {
    byPopulation: { 'example.bucket': ['example.alone', 'example.small'], 'example.change': ['example.made'] },
    rules: {
      'example.alone': { version: versionOf('example.alone'), parameters: {} },
      'example.made': { version: versionOf('example.made'), parameters: {} },
      'example.small': { version: versionOf('example.small'), parameters: { most: 0 } },
    },
  };
}

type Sizes = Readonly<Record<string, number>>;
const refused: Unread = { unread: 'denied', call: 's3:ListBuckets', needs: 's3:ListAllMyBuckets', detail: '=refused, "by" policy' };

/** What each cycle saw: buckets by size, or that they could not be read; changes by how they were made; nothing where there was no look. */
interface Seen {
  readonly after: number;
  readonly buckets?: Sizes | Unread;
  readonly changes?: Readonly<Record<string, boolean>>;
  readonly retired?: boolean;
}

const story: readonly Seen[] = [
  { after: 0, buckets: { '=one': 0, two: 1 }, changes: {} },
  { after: 1, buckets: { '=one': 0, two: 0 }, changes: { c1: true } },
  { after: 2, buckets: refused },
  { after: 3, buckets: { '=one': 0, two: 3 }, changes: { c1: true, c2: false } },
  { after: 4, buckets: { two: 3, 'thr,ee': 4 } },
  { after: 7, buckets: { two: 2, 'thr,ee': 4 }, changes: { c1: true, c2: false } },
  { after: 8, retired: true },
];

const window = { from: '2026-01-01T00:30:00.000Z', to: '2026-01-01T07:30:00.000Z' };

export interface Tiny {
  readonly files: Files;
  readonly leaves: string[];
  readonly about: About;
}

/** Changes what the package tells, consistently in all its parts but the results. */
export interface Told {
  /** What the cycles saw. */
  readonly story?: (seen: readonly Seen[]) => readonly Seen[];
  readonly judgement?: (judgement: Judgement) => Judgement;
  /** The source of a rule or of a population, by path. */
  readonly source?: (text: string, path: string) => string;
}

/** A small package made from docs/package.md alone, every part of it; what follows from the log stands in results.ts, written by hand. */
export function tinyPackage(
  results: Readonly<Record<string, string>>,
  { story: edit = (seen) => seen, judgement: verdicts = (one) => one, source = (text) => text }: Told = {},
): Tiny {
  const sources = Object.fromEntries(Object.entries(original).map(([path, text]) => [path, source(text, path)]));
  const ruleSet = ruleSetOf(sources);
  const files: Files = new Map();
  const leaves: string[] = [];
  const documents = new Map<string, { kind: number; text: string; needed: boolean }>();
  let inWindow = true;
  /** Of a cycle outside the window only the hashes stay, and of its calls nothing; the items of the first stand when the window begins. */
  const keep = (kind: string, text: string): string => {
    const hash = sha256(text);
    const known = documents.get(hash);
    if (!inWindow && (kind === 'manifest' || kind === 'reply')) return hash;
    const needed = inWindow || kind === 'snapshot' || kind === 'detail' || known?.needed === true;
    documents.set(hash, { text, needed, kind: Math.min(kinds.indexOf(kind), known?.kind ?? kinds.length) });
    return hash;
  };
  const enter = (kind: string, body: object) => leaves.push(entryLeaf(kind, start - hour, keep('entry-body', canonical(body))));
  enter('program', { documents: Object.fromEntries(Object.entries(sources).map(([path, text]) => [path, keep('document', text)])) });
  const control = { id: 'C-1', title: 'Small', key: ['example.small'], supporting: ['example.alone'] };
  enter('controls', {
    timeZone: 'Europe/Rome',
    versions: [
      { id: 'C-1', version: 1, from: null, control },
      { id: 'C-2', version: 1, from: '2026-01-01', control: { ...control, id: 'C-2', supporting: [] } },
    ],
  });

  const lines = { changes: [] as string[], looks: new Set<string>(), ruleSets: new Set<string>(), runs: [] as string[] };
  const world = new World();
  const proofs: { n: string; proof: () => object; tlog: () => string }[] = [];
  for (const seen of edit(story)) {
    const asOf = start + seen.after * hour;
    const index = leaves.length;
    inWindow = asOf >= Date.parse(window.from) && asOf < Date.parse(window.to);
    const { looks, changed, calls } = world.look(seen, { keep, verdicts });
    const manifest = looks.looks.map(({ scope, unread }) => [
      scope,
      unread ? 'failed' : 'complete',
      unread ? null : world.listed(scope, seen),
      calls.get(scope)!,
    ]);
    const state = world.state();
    lines.looks.add(canonical(looks));
    lines.ruleSets.add(canonical(ruleSet));
    leaves.push(
      cycleLeaf({
        connection: 'aws',
        asOf,
        ended: asOf + 1_000,
        ruleSet: keep('rule-set', canonical(ruleSet)),
        state,
        changes: changed.map(({ scope, item, leaf }) => changeLeaf(scope, item, leaf && itemLeaf(populationOf(scope), leaf))),
        looks,
        looksHash: keep('looks', canonical(looks)),
        manifestHash: keep('cycle-manifest', canonical(manifest)),
        calls: looks.looks.length,
        requests: requestsOf([`request-${index}`], merkleRoot(leaves.map((leaf) => leafHash(leaf)))),
      }),
    );
    for (const { scope, item, leaf } of changed.toSorted((a, b) => (a.scope < b.scope ? -1 : a.scope > b.scope ? 1 : 0)))
      lines.changes.push(canonical({ cycle: index, scope, item, leaf: leaf && tailOf(leaf) }));
    if (seen.after === 3) proofs.push(proofOf('1', index, world, 'two', leaves));
  }

  const ledger = writeLog(files, origin, leaves, key);
  const put = (path: string, text: string) => files.set(path, Buffer.from(text));
  put('ledger/changes.ndjson', lines.changes.map((line) => `${line}\n`).join(''));
  put('ledger/looks.ndjson', [...lines.looks].map((line) => `${line}\n`).join(''));
  put('ledger/rulesets.ndjson', [...lines.ruleSets].map((line) => `${line}\n`).join(''));
  for (const [hash, { text, needed }] of documents) if (needed) put(`evidence/${hash.slice(0, 2)}/${hash}.json`, text);
  const index = [...documents].sort(([a], [b]) => (a < b ? -1 : 1));
  put(
    'evidence/index.csv',
    `sha256,kind,bytes,present,reason\n${index.map(([hash, { kind, text, needed }]) => `${hash},${kinds[kind]},${needed ? `${Buffer.byteLength(text)},yes,` : ',no,outside-window'}\n`).join('')}`,
  );
  for (const [path, text] of Object.entries(sources)) put(`catalogue/src/${path}`, text);
  for (const [path, text] of Object.entries(results)) put(path, text);
  put('proofs/index.csv', `n,about,rule,scope,key,cycle,result\n1,deviation,example.small,${buckets},two,5,fail\n`);
  for (const { n, proof, tlog } of proofs) {
    put(`proofs/${n}.json`, `${canonical(proof())}\n`);
    put(`proofs/${n}.tlog-proof`, tlog());
  }
  const nodeAt = nodesOf(leaves.map((leaf) => leafHash(leaf)));
  put(
    `consistency/4-${leaves.length}.txt`,
    consistencyPath(4, leaves.length, nodeAt)
      .map((node) => `${node.toString('base64')}\n`)
      .join(''),
  );
  put('keys/1.vkey', `${vkey}\n`);
  put('keys/allowed_signers', signers);
  put('keys/log.pub.pem', pemOf());
  put('00_README.html', '<p>Prepared by management’s tool; not audited.</p>\n');
  const about: About = {
    export: {
      company: 'Tiny',
      ...window,
      asOf: iso(start + 8 * hour),
      timeZone: 'UTC',
      example: true,
    },
    ledger: { origin, ...ledger, signed: true },
  };
  seal(files, about, key);
  return { files, leaves, about };
}

/** The head of the log when it had fewer leaves, as somebody outside kept it. */
export const headAt = ({ leaves }: Pick<Tiny, 'leaves'>, size: number): string => checkpointNote(origin, leaves.slice(0, size), key);

const kinds = ['rule-set', 'looks', 'cycle-manifest', 'manifest', 'reply', 'snapshot', 'detail', 'entry-body', 'document'];
const iso = (at: number): string => new Date(at).toISOString();
const populationOf = (scope: string): string => scope.split('/')[3]!;
const tailOf = ({ snapshot, detail, vector, at }: SeenItem) => ({ snapshot, detail, vector, at: at === null ? null : iso(at) });
const pemOf = (): string => {
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), publicKeyOf(key)]).toString('base64');
  return `-----BEGIN PUBLIC KEY-----\n${der}\n-----END PUBLIC KEY-----\n`;
};

interface Change {
  readonly scope: string;
  readonly item: string;
  readonly leaf: SeenItem | null;
}

interface Telling {
  readonly keep: (kind: string, text: string) => string;
  readonly verdicts: (judgement: Judgement) => Judgement;
}

/** The state, computed anew and whole at every cycle. */
class World {
  readonly items = new Map<string, Map<string, SeenItem>>();
  readonly failing = new Map<string, Unread>();
  readonly gone = new Set<string>();

  look(seen: Seen, { keep, verdicts }: Telling) {
    const looks: { scope: string; hold: number; unread?: Unread }[] = [];
    const changed: Change[] = [];
    const calls = new Map<string, string>();
    const called = (scope: string, unread: Unread | null, reply: string | null) => {
      const failure = unread && { reason: unread.unread, code: 'AccessDenied', detail: unread.detail };
      const call = {
        operation: 'List',
        parameters: '{}',
        page: 0,
        status: unread ? 403 : 200,
        reply: reply && keep('reply', reply),
        ...(failure && { failure }),
      };
      calls.set(scope, keep('manifest', canonical([call])));
    };
    const see = (scope: string, items: Map<string, SeenItem>) => {
      const before = this.items.get(scope) ?? new Map<string, SeenItem>();
      for (const item of [...new Set([...before.keys(), ...items.keys()])].sort()) {
        const [was, is] = [before.get(item), items.get(item)];
        if (!is && was!.at === null) changed.push({ scope, item, leaf: null });
        if (is && canonical(tailOf(is)) !== (was && canonical(tailOf(was)))) changed.push({ scope, item, leaf: is });
        if (!is && was!.at !== null) items.set(item, was!);
      }
      this.items.set(scope, items);
      this.failing.delete(scope);
    };
    if (seen.buckets && 'unread' in seen.buckets) {
      const unread = seen.buckets as Unread;
      looks.push({ scope: buckets, hold: hour, unread });
      this.failing.set(buckets, unread);
      called(buckets, unread, null);
    } else if (seen.buckets) {
      const sizes = seen.buckets as Sizes;
      looks.push({ scope: buckets, hold: hour });
      called(buckets, null, canonical(sizes));
      see(buckets, new Map(Object.keys(sizes).map((name) => [name, bucketOf(name, sizes, keep, verdicts)])));
    }
    if (seen.changes) {
      looks.push({ scope: changes, hold: 4 * hour });
      called(changes, null, canonical(seen.changes));
      see(changes, new Map(Object.entries(seen.changes).map(([name, well]) => [name, changeOf(name, well, keep, verdicts)])));
    }
    if (seen.retired) {
      see(buckets, new Map());
      this.gone.add(buckets);
    }
    const retired = seen.retired ? [{ scope: buckets, reason: 'the account was closed' }] : [];
    return { looks: { looks, retired } as Looks, changed, calls };
  }

  listed(scope: string, seen: Seen): number {
    return Object.keys((scope === buckets ? seen.buckets : seen.changes)!).length;
  }

  leafOf(scope: string): Hash {
    const unread = this.failing.get(scope);
    const seen = unread ? { reason: unread.unread } : { root: merkleRoot(this.leavesOf(scope)), items: this.items.get(scope)!.size };
    return leafHash(scopeDocument(scope, seen));
  }

  leavesOf(scope: string): Hash[] {
    return this.sorted(scope).map((item) => itemLeaf(populationOf(scope), item));
  }

  sorted(scope: string): SeenItem[] {
    return [...this.items.get(scope)!.values()].sort((a, b) => (a.item < b.item ? -1 : 1));
  }

  scopes(): string[] {
    return [...new Set([...this.items.keys(), ...this.failing.keys()])].filter((scope) => !this.gone.has(scope)).sort();
  }

  state() {
    const tally = emptyTally();
    for (const scope of this.scopes()) {
      if (this.failing.has(scope)) continue;
      tally.items += this.items.get(scope)!.size;
      for (const { vector } of this.items.get(scope)!.values())
        for (const letter of vector)
          for (const [result, own] of Object.entries(letters)) if (own === letter) tally.results[result as Result]++;
    }
    return { root: merkleRoot(this.scopes().map((scope) => this.leafOf(scope))), tally };
  }
}

function proofOf(n: string, index: number, world: World, name: string, leaves: readonly string[]) {
  const scopes = world.scopes();
  const place = world.sorted(buckets).findIndex(({ item }) => item === name);
  const { item, ...seen } = world.sorted(buckets)[place]!;
  const itemLeaves = world.leavesOf(buckets);
  const scopeLeaves = scopes.map((scope) => world.leafOf(scope));
  const hexes = (path: readonly Hash[]) => path.map((node) => node.toString('hex'));
  const itemText = canonical({ t: 'item/1', population: 'example.bucket', item, ...seen, at: null });
  const scopeText = canonical({
    t: 'scope/1',
    scope: buckets,
    status: 'complete',
    root: merkleRoot(itemLeaves).toString('hex'),
    items: itemLeaves.length,
  });
  return {
    n,
    proof: () => ({
      item: {
        leaf: itemText,
        index: place,
        size: itemLeaves.length,
        path: hexes(inclusionPath(place, itemLeaves.length, nodesOf(itemLeaves))),
      },
      scope: {
        leaf: scopeText,
        index: scopes.indexOf(buckets),
        size: scopes.length,
        path: hexes(inclusionPath(scopes.indexOf(buckets), scopes.length, nodesOf(scopeLeaves))),
      },
      cycle: { index, leaf: leaves[index] },
      tlogProof: `${n}.tlog-proof`,
    }),
    tlog: () =>
      formatProof({
        index,
        path: inclusionPath(index, leaves.length, nodesOf(leaves.map((leaf) => leafHash(leaf)))),
        note: checkpointNote(origin, leaves, key),
      }),
  };
}

function bucketOf(name: string, sizes: Sizes, keep: Telling['keep'], verdicts: Telling['verdicts']): SeenItem {
  const value = sizes[name]!;
  const count = Object.entries(sizes).filter(([other, size]) => other !== name && size === value).length;
  const alone: Judgement =
    count === 0
      ? { rule: 'example.alone', result: 'pass', message: `No other is ${value}.`, facts: { value }, severity: 'low' }
      : { rule: 'example.alone', result: 'fail', message: `${count} others are ${value}.`, facts: { value, count }, severity: 'low' };
  const small: Judgement =
    value <= 0
      ? { rule: 'example.small', result: 'pass', message: `It is ${value}.`, facts: { value }, severity: 'high' }
      : { rule: 'example.small', result: 'fail', message: `It is ${value}, more than 0.`, facts: { value, most: 0 }, severity: 'high' };
  return seenOf({ key: name, name: name.toUpperCase(), value }, [alone, small].map(verdicts), null, keep);
}

function changeOf(name: string, well: boolean, keep: Telling['keep'], verdicts: Telling['verdicts']): SeenItem {
  const at = start + Number(name.slice(1)) * hour;
  const judgement: Judgement = {
    rule: 'example.made',
    result: well ? 'pass' : 'fail',
    message: well ? 'It was made well.' : 'It was not made well.',
    severity: 'medium',
  };
  return seenOf({ key: name, name, at: iso(at), well }, [verdicts(judgement)], at, keep);
}

function seenOf(
  item: { key: string; [field: string]: string | number | boolean },
  judgements: Judgement[],
  at: number | null,
  keep: Telling['keep'],
): SeenItem {
  const vector = judgements.map(({ result }) => letters[result]).join('');
  return { item: item.key, snapshot: keep('snapshot', canonical(item)), detail: keep('detail', canonical(judgements)), vector, at };
}
