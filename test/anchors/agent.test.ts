import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, describe, expect, test } from '@jest/globals';
import { type Agent, openAgent } from '#src/agent.ts';
import type { Connection } from '#src/collector.ts';
import { loadConfig } from '#src/config.ts';
import { openNote } from '#src/ledger/note.ts';
import { openLog } from '#src/log.ts';
import { openLocalKeyring } from '#src/signing/keyring.ts';
import { type Answered, startHttp } from '#test/doubles/http.ts';
import { motoServer, startMoto } from '#test/doubles/moto.ts';
import { startWitness } from '#test/doubles/witness.ts';

process.env['AWS_ACCESS_KEY_ID'] = 'test';
process.env['AWS_SECRET_ACCESS_KEY'] = 'test';
const root = mkdtempSync(join(tmpdir(), 'holdfast-outside-'));
const closing: (() => unknown)[] = [];
afterAll(async () => {
  for (const close of closing) await close();
  rmSync(root, { recursive: true });
});
let companies = 0;
const start = Date.parse('2026-03-02T08:00:00Z');
let clock = start;

const silent: Connection = {
  id: 'people',
  provider: 'scim',
  discovery: {},
  places: async () => [
    { account: 'x', region: 'global', unread: { unread: 'unavailable', call: 'GET /Users', needs: '', detail: 'down' } },
  ],
  open: () => {
    throw new Error('nothing can be asked');
  },
  close: async () => undefined,
};

/** A company whose one system does not answer: its cycles say so, and are committed like any other. */
function company(settings = ''): { folder: string; write(settings: string): void; open(): Promise<Agent> } {
  const folder = join(root, String(companies++));
  mkdirSync(folder);
  const at = (own: string) => ({
    folder: own,
    write: (more: string) =>
      writeFileSync(
        join(own, 'holdfast.yaml'),
        `company: Acme Health\nconnections:\n  - { id: people, provider: scim, endpoint: 'http://127.0.0.1:1', token: '\${env:T}' }\n${more}\n`,
      ),
    open: () =>
      openAgent({
        config: loadConfig(join(own, 'holdfast.yaml'), { T: 'x' }),
        log: openLog('silent'),
        now: () => clock,
        connections: [silent],
      }),
  });
  at(folder).write(settings);
  return at(folder);
}
const look = async (agent: Agent) => {
  clock += 3_600_000;
  await agent.runDue({ everything: true });
  await agent.published(10_000);
};
/** Some cycles of an agent that is started for them; gives the size of the ledger after them. */
async function looks(open: () => Promise<Agent>, times = 1): Promise<number> {
  await using agent = await open();
  for (let i = 0; i < times; i++) await look(agent);
  return agent.store.head().size;
}

describe('a ledger without settings', () => {
  test('is signed by a key of its own, which is recorded before it signs', async () => {
    const { open, folder } = company();
    await using agent = await open();
    await look(agent);
    const { signers } = agent.keyring!;
    expect(agent.store.entries('key')).toMatchObject([
      { index: 0, body: { inForce: [signers[0]!.vkey], new: [signers[0]!.vkey], retired: [] } },
    ]);
    expect(agent.store.checkpointSizes()[0]).toBe(1);
    expect(openNote(agent.store.checkpoint()!.note, [signers[0]!.vkey]).verified).toHaveLength(1);
    expect(readdirSync(join(folder, '.holdfast', 'keys'))).toEqual(['evidence.pem']);
    expect(agent.report().status()).toMatchObject({
      signed: { origin: 'holdfast.local/acme-health' },
      keyBesideEvidence: true,
      anchors: [],
    });
  });

  test('whose key is gone is not signed by a new one', async () => {
    const { open, folder } = company();
    await looks(open);
    rmSync(join(folder, '.holdfast', 'keys'), { recursive: true });
    await expect(open()).rejects.toMatchObject({ code: 'LEDGER_KEY_MISSING' });
    expect(readdirSync(join(folder, '.holdfast'))).not.toContain('keys');
  });
});

describe('a change of keys', () => {
  const [one, two, three] = ['01', '02', '03'].map((byte) => byte.repeat(32));
  const settings = (origin: string, key: string, ...previous: string[]) => {
    const file = (hex: string) => {
      writeFileSync(join(root, `${hex.slice(0, 2)}.key`), hex, { mode: 0o600 });
      return `{ key: '\${file:${join(root, `${hex.slice(0, 2)}.key`)}}' }`;
    };
    return `ledger: { origin: ${origin}, ${file(key).slice(2, -2)}, previous: [${previous.map(file).join(', ')}] }`;
  };

  test('goes over a time in which both sign, and each step is recorded', async () => {
    const { open, write } = company(settings('a.example/x', one!));
    const steps: string[][] = [];
    for (const keys of [[one!], [two!, one!], [two!]]) {
      write(settings('a.example/x', keys[0]!, ...keys.slice(1)));
      await using agent = await open();
      await look(agent);
      const vkeys = agent.keyring!.signers.map(({ vkey }) => vkey);
      expect(openNote(agent.store.checkpoint()!.note, vkeys).verified).toHaveLength(keys.length);
      expect(agent.store.check()).toEqual([]);
      steps.push(vkeys);
    }
    await using agent = await open();
    expect(agent.store.entries('key').map(({ body }) => body)).toEqual([
      { inForce: steps[0], new: steps[0], retired: [] },
      { inForce: steps[1], new: [steps[1]![0]], retired: [] },
      { inForce: steps[2], new: [], retired: steps[0] },
    ]);
    // The new key has not signed anything before the entry that names it.
    const entry = agent.store.entries('key')[1]!.index;
    for (const size of agent.store.checkpointSizes().filter((each) => each <= entry))
      expect(agent.store.checkpoint(size)!.note.split('\n— ')).toHaveLength(2);
  });

  test('to a key that nobody vouches for is refused, and allowed under a new origin', async () => {
    const { open, write } = company(settings('a.example/x', one!));
    await looks(open);
    write(settings('a.example/x', three!));
    await expect(open()).rejects.toMatchObject({ code: 'LEDGER_KEY_CHANGED', exit: 2 });
    write(settings('a.example/x-2', three!));
    await using agent = await open();
    expect(agent.store.entries('key').at(-1)!.body).toMatchObject({ retired: [expect.stringContaining('a.example/x+')] });
    expect(agent.store.checkpoint()!.origin).toBe('a.example/x-2');
    expect(agent.store.check()).toEqual([]);
  });
});

type Place = { readonly settings: string; close?(): unknown };
const places: Record<string, (vkey: string) => Promise<Place>> = {
  async file() {
    const folder = mkdtempSync(join(root, 'mount-'));
    return { settings: `{ name: outside, kind: file, folder: ${folder}, every: 1m }` };
  },
  async git() {
    const remote = mkdtempSync(join(root, 'remote-'));
    execFileSync('git', ['init', '--quiet', '--bare', remote]);
    return { settings: `{ name: outside, kind: git, remote: ${remote}, every: 1m }` };
  },
  async s3() {
    const moto = await startMoto();
    const s3 = new S3Client({ region: 'us-east-1', endpoint: moto.endpoint, forcePathStyle: true });
    await s3.send(new CreateBucketCommand({ Bucket: 'worm', ObjectLockEnabledForBucket: true }));
    return {
      settings: `{ name: outside, kind: s3, bucket: worm, region: us-east-1, endpoint: '${moto.endpoint}', every: 1m }`,
      close: () => moto.close(),
    };
  },
  async witness(vkey) {
    const witness = await startWitness([vkey]);
    const settings = `{ name: outside, kind: witness, url: '${witness.url}', vkey: ${witness.vkey}, every: 1m }`;
    return { settings, close: () => witness.close() };
  },
};
const absent: Record<string, boolean> = { s3: motoServer === null, git: spawnSync('git', ['--version']).status !== 0 };

describe.each(Object.keys(places))('with a %s anchor', (kind) => {
  (absent[kind] ? test.skip : test)('a store that was rolled back or forked is not signed', async () => {
    const { folder, write, open } = company();
    await looks(open);
    const { vkey } = openLocalKeyring({ file: join(folder, '.holdfast', 'keys', 'evidence.pem'), company: '' }, { make: false })
      .signers[0]!;
    const place = await places[kind]!(vkey);
    if (place.close) closing.push(place.close);
    write(`anchors: [${place.settings}]`);
    await looks(open, 2);
    const backup = join(folder, 'backup');
    cpSync(join(folder, '.holdfast'), backup, { recursive: true });
    const restore = () => {
      rmSync(join(folder, '.holdfast'), { recursive: true });
      cpSync(backup, join(folder, '.holdfast'), { recursive: true });
    };
    const size = await looks(open, 2);
    {
      await using agent = await open();
      expect(agent.store.anchors().length).toBeGreaterThan(2);
      expect(agent.report().status().anchors).toMatchObject([{ name: 'outside', kind, leavesBehind: 0, fault: null }]);
      expect(agent.store.check()).toEqual([]);
    }

    restore();
    const outside = expect.any(Number);
    await expect(open()).rejects.toMatchObject({ code: 'STORE_ROLLED_BACK', data: { anchor: 'outside', outside }, exit: 1 });

    // Without the anchor it goes another way, and is longer in the end.
    write('');
    expect(await looks(open, 8)).toBeGreaterThan(size);
    write(`anchors: [${place.settings}]`);
    await expect(open()).rejects.toMatchObject({ code: 'STORE_FORKED', data: { anchor: 'outside', outside } });

    // What is left is a new origin, which says what it goes on from.
    writeFileSync(join(folder, 'new.key'), '07'.repeat(32), { mode: 0o600 });
    if (kind === 'witness') return;
    write(`ledger: { origin: a.example/second, key: '\${file:new.key}' }\nanchors: [${place.settings}]`);
    await looks(open);
    await using agent = await open();
    expect(agent.store.entries('key').at(-1)!.body).toMatchObject({ retired: [expect.stringContaining('holdfast.local/acme-health')] });
  });
});

describe('an anchor that misbehaves', () => {
  test.each<[string, () => Answered, string]>([
    ['hangs', () => 'hang', ''],
    ['answers 500', () => ({ status: 500 }), 'answered 500'],
    ['is full', () => ({ status: 507 }), 'answered 507'],
    ['shows a page', () => ({ body: '<html>' }), ''],
    ['closes the door', () => ({ status: 403 }), ''],
  ])('and %s keeps no cycle from its commit, and the lag shows it', async (_, answer, says) => {
    const server = await startHttp(answer);
    const vkey = 'auditor.example/w1+bc0055ce+BD1AF8PoQ4lakrcKp00bfrycmCzPLsSWjMDNVfEq9GYM';
    const hangs = says === '' && answer() === 'hang';
    const { open } = company(
      `anchors:\n  - { name: tsa, kind: rfc3161, url: '${server.url}', every: 1m }\n${hangs ? '' : `  - { name: witness, kind: witness, url: '${server.url}', vkey: ${vkey}, every: 1m }\n`}`,
    );
    const agent = await open();
    const before = agent.store.head().size;
    for (let i = 0; i < 3; i++) {
      clock += 3_600_000;
      expect(await agent.runDue({ everything: true })).toHaveLength(1);
    }
    if (!hangs) await agent.published(5_000);
    expect(agent.store.head().size).toBeGreaterThan(before + 2);
    expect(agent.store.checkpoint()!.size).toBe(agent.store.head().size);
    const [tsa] = agent.report().status().anchors;
    expect(tsa).toMatchObject({ size: null, leavesBehind: agent.store.head().size, late: true });
    if (says) expect(tsa!.fault!.reason).toContain(says);
    await server.close();
    await agent[Symbol.asyncDispose]();
  });

  test('what failed is told by `status` in another process too', async () => {
    const { folder, open } = company('anchors: [{ name: mount, kind: file, folder: /nowhere/at/all }]');
    await looks(open);
    const config = loadConfig(join(folder, 'holdfast.yaml'), { T: 'x' });
    await using agent = await openAgent({ config, log: openLog('silent'), now: () => clock, readOnly: true });
    expect(agent.report().status().anchors).toMatchObject([
      {
        name: 'mount',
        size: null,
        fault: { reason: expect.stringContaining('there is no such folder'), mend: 'Mount the folder, or make it.' },
      },
    ]);
    expect(JSON.parse(readFileSync(join(folder, '.holdfast', 'anchors.json'), 'utf8'))).toHaveProperty('mount');
  });
});
