import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { hour } from '#src/duration.ts';
import { localSigner } from '#src/ledger/note.ts';
import { verifyPackage } from '#src/package/verifiers/verify.mjs';
import { openReport } from '#src/report/report.ts';
import { localKey } from '#src/signing/key.ts';
import { start } from '#test/cycle/world.ts';
import { correctedStore, correctedWorlds, sourceOf, windowIn } from './corrected-world.ts';
import { exported, missed, mutations, rewritings, rewritten } from './mutations.ts';
import { zipOf } from './sealing.ts';
import { key } from './tiny.ts';
import { correctToyStore, packageOf, toySource, toyStore } from './world.ts';

const faultsIn = ({ checks }: Awaited<ReturnType<typeof verifyPackage>>) =>
  checks.flatMap(({ check, faults }) => faults.map((fault) => `${check}: ${fault}`));

const ruleSetOf = (body: object): Record<string, string> => {
  const { ruleSet } = body as { ruleSet: string };
  return { [`rule-set/${ruleSet}`]: ruleSet };
};

async function correctedDay() {
  const store = await toyStore(':memory:', 12, {}, { signers: [localSigner('toy.example/log', key)] });
  await correctToyStore(store);
  return packageOf({ ...toySource(store), key: localKey(key) });
}
const day = await correctedDay();
const subject = await exported(day.bytes);

describe('a package of corrected evidence', () => {
  test('whatever was corrected, the verifier comes to what the package says', async () => {
    let brought = 0;
    await fc.assert(
      fc.asyncProperty(correctedWorlds, async ({ world, corrections, window }) => {
        const { store, taken } = await correctedStore(world, corrections);
        brought += taken;
        const { bytes } = await packageOf(sourceOf(store, windowIn(store, window)));
        expect(faultsIn(await verifyPackage(bytes, { judge: 'none' }))).toEqual([]);
      }),
      { numRuns: 40, endOnFailure: true },
    );
    expect(brought).toBeGreaterThan(0);
  }, 60_000);

  test('says on its first page what was brought, why, and what rests on it', () => {
    const page = day.files.get('00_README.html')!;
    for (const words of [
      'What was brought later or corrected',
      'the second monitor saw &lt;b&gt;more&lt;/b&gt;',
      '1 control rests in part on them',
      'Not judged again:',
      'toy.door-guarded <span class="sub"><bdi>toy/house/south/toy.door</bdi>',
    ])
      expect(page.replaceAll('\u00a0', ' ').includes(words) ? words : page.slice(-6_000)).toBe(words);
    expect(day.files.get('results/corrections.csv')!.split('\n').slice(0, 2)).toEqual([
      'index,asOf,scope,from,to,looks,reason,run',
      "13,2026-03-01T11:00:00.001Z,toy/house/north/toy.door,2026-03-01T00:30:00.000Z,2026-03-01T02:30:00.000Z,2,the second monitor saw <b>more</b>,'=import-7",
    ]);
  });

  test('has the corrected looks in its results, each row with the leaf that it rests on', () => {
    const rows = (path: string) => day.files.get(path)!.split('\n');
    expect(rows('results/timeline/toy.door-shut.csv').filter((row) => row.includes('door:n2'))).toEqual([
      'toy/house/north/toy.door,door:n2,n2,2026-03-01T00:00:00.000Z,2026-03-01T03:00:00.000Z,uncertain,,13',
      'toy/house/north/toy.door,door:n2,n2,2026-03-01T03:00:00.000Z,2026-03-01T11:00:00.000Z,failed,,',
      'toy/house/north/toy.door,door:n2,n2,2026-03-01T11:00:00.000Z,2026-03-02T00:00:00.000Z,unobserved,monitor-down,',
    ]);
    expect(
      rows('results/deviations.csv')
        .slice(1)
        .map((row) => row.split(',').at(-1)),
    ).toContain('13');
  });

  test('rows of other scopes that a rule judged together with a corrected one say that this was not done again', async () => {
    const store = await toyStore(':memory:', 12);
    await correctToyStore(store);
    const report = openReport({
      ...toySource(store, { from: start, to: start + 24 * hour, asOf: start + 11 * hour }).reporting,
      store: store.reading(),
    });
    const flagged = report.results().filter(({ notJudgedAgain }) => notJudgedAgain);
    expect(flagged).toMatchObject([
      { rule: 'toy.door-guarded', item: 'door:s1', notJudgedAgain: { index: 13, reason: 'the second monitor saw <b>more</b>' } },
    ]);
    expect(flagged[0]).not.toHaveProperty('correction');
  });

  test('names the deviations that were recorded and that it sets aside', async () => {
    expect(day.files.get('results/set-aside.csv')!.split('\n')).toHaveLength(2);
    expect(day.files.get('00_README.html')).toContain('No deviation of a state that was recorded is left out because of them');
    const store = await toyStore(':memory:', 12);
    await correctToyStore(store);
    const [first] = store.entries('backfill');
    const { scope, from, to, ...body } = first!.body as { scope: string; from: string; to: string };
    await store.append('backfill', first!.asOf, {
      ...body,
      scope,
      from: '2026-03-01T00:00:00.000Z',
      to: from,
      looks: [],
      documents: ruleSetOf(body),
    });
    const { files, bytes } = await packageOf(toySource(store));
    expect(faultsIn(await verifyPackage(bytes, { judge: 'none' }))).toEqual([]);
    expect(files.get('results/set-aside.csv')).toMatch(/\ntoy\.door-shut\/door:n2@2026-03-01T00:00:00\.000Z,.*,14\n$/);
    expect(files.get('00_README.html')).toContain('Deviations that were recorded, and that the corrections set aside');
  });

  test('is accepted with the key from outside, and one of an earlier size of the log has no word of it', async () => {
    const report = await verifyPackage(day.bytes, { vkeys: [localSigner('toy.example/log', key).vkey], judge: 'none' });
    expect(faultsIn(report)).toEqual([]);
    expect(report.checks.find(({ check }) => check === 'corrections')).toMatchObject({
      says: expect.stringContaining('1 correction brings 2 looks'),
      notEstablished: [
        expect.stringContaining('was not judged again'),
        expect.stringContaining('whether the items of 1 looks that corrections brought follow from their replies'),
      ],
    });
    const store = await toyStore(':memory:', 2);
    expect((await packageOf(toySource(store))).files.get('00_README.html')).not.toContain('orrect');
  });

  test('with looks that vouch for longer than looks at the scope did then is refused', async () => {
    const store = await toyStore(':memory:', 12);
    await correctToyStore(store);
    const [first] = store.entries('backfill');
    const body = first!.body as { looks: { hold: number }[] };
    await store.append('backfill', first!.asOf, {
      ...body,
      looks: body.looks.map((look) => ({ ...look, hold: look.hold * 500 })),
    } as never);
    const { bytes } = await packageOf(toySource(store));
    expect(faultsIn(await verifyPackage(bytes, { judge: 'none' })).join('\n')).toMatch(/correction: the look of .* would vouch for/);
  });

  test.each(Object.keys(rewritings).concat('removed'))(
    'a correction that is another is told, though everything is signed again: %s',
    async (how) => {
      const files = rewritten(subject, how as keyof typeof rewritings)!;
      const faults = faultsIn(await verifyPackage(zipOf(files), { judge: 'none' }));
      expect(faults.join('\n')).toMatch(/correction|results\//);
    },
  );

  test('whatever else is altered in it is reported, and the report names it', async () => {
    const found: string[] = [];
    for (const mutation of mutations(subject, 5).take(60)) {
      const fault = await missed(mutation);
      if (fault) found.push(fault);
    }
    expect(found).toEqual([]);
  });
});
