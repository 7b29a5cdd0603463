import { readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { weight } from '#src/alerts/block-kit.ts';
import { drawAlert, drawReply } from '#src/alerts/blocks.ts';
import type { AlertMessage } from '#src/alerts/message.ts';
import { decisionForm, keptForm, waiverForm } from '#src/alerts/slack-forms.ts';
import { oneLine, someLines } from '#src/alerts/slack-text.ts';
import { readBlocks, readView } from '#test/doubles/slack/block-kit.ts';
import { seen } from '#test/doubles/slack/screen.ts';
import { drift, reply, samples } from './samples.ts';

const see = (drawn: { text: string; blocks: readonly object[] }) => {
  const read = readBlocks(JSON.stringify(drawn.blocks));
  if ('error' in read) throw new Error(`${read.error} ${read.messages.join()}`);
  return seen({ ...drawn, blocks: read.blocks, parse: 'none' }, (id) => id);
};
const notified = ({ text }: { text: string }) => seen({ text, blocks: [], parse: 'none' }, (id) => id);

/** HOLDFAST_GOLDEN=write rewrites the files; read the difference before keeping it. */
test.each(['messages', 'blocks'] as const)('messages look as in %s.golden.txt', (kind) => {
  const drawn = {
    ...Object.fromEntries(Object.entries(samples).map(([title, message]) => [title, drawAlert(message, { interactive: true })])),
    'a reply': drawReply(reply),
  };
  const told =
    kind === 'blocks'
      ? `${JSON.stringify(drawn, null, 1)}\n`
      : Object.entries(drawn)
          .map(([title, each]) => `== ${title}\n${see(each).text}\n-- notification: ${notified(each).text}\n`)
          .join('\n');
  const golden = new URL(`${kind}.golden.txt`, import.meta.url);
  if (process.env['HOLDFAST_GOLDEN'] === 'write') writeFileSync(golden, told);
  expect(told).toBe(readFileSync(golden, 'utf8'));
});

const hostile = [
  '<!channel>',
  '<!here|x>',
  '<@U0DANA0001>',
  '<https://evil.example|your bank>',
  'https://evil.example/login',
  '```\nfree of the code block',
  '"}]},{"type":"section"',
  '*bold* _it_ ~no~ `code` :rotating_light:',
  '\u202etxt.exe\u202c\u200b\u0000\u0007\u{e0041}',
  '&lt;!channel&gt; &amp;',
  'line\nChanged by nobody',
  '@channel @here #general',
  '🙂'.repeat(300),
  '\ud800',
  'e\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301',
  '',
  ' ',
];
const foreign = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...hostile) },
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.tuple(fc.constantFrom(...hostile), fc.nat(400)).map(([text, times]) => text.repeat(times % 97 === 0 ? 200 : 3)),
  fc.string({ minLength: 2_000, maxLength: 9_000 }),
);
const instant = fc.integer({ min: Date.parse('2020-01-01'), max: Date.parse('2040-01-01') });
const some = <T>(of: fc.Arbitrary<T>, maxLength: number) => fc.array(of, { maxLength });
const address = fc.oneof(
  fc.constant(null),
  fc.constantFrom('https://holdfast.acme.example/item/7', 'javascript:alert(1)', 'https://user:pw@evil.example/', 'nonsense'),
  fc.string({ maxLength: 4_000 }).map((path) => `https://holdfast.acme.example/${path}`),
);
const anyMessage: fc.Arbitrary<AlertMessage> = fc.record({
  alert: foreign,
  kind: fc.constantFrom('drift', 'event', 'obligation', 'waiver', 'monitoring', 'operations'),
  state: fc.constantFrom('open', 'acknowledged', 'flapping', 'resolved'),
  severity: fc.constantFrom('low', 'medium', 'high', 'critical'),
  headline: foreign,
  controls: some(fc.record({ id: foreign, title: foreign, statement: foreign, owner: foreign }), 5),
  rule: fc.option(fc.record({ id: foreign, title: foreign })),
  says: foreign,
  items: some(fc.record({ name: foreign, key: foreign, scope: foreign, page: address, console: address }), 12),
  count: fc.nat(5_000),
  changes: some(fc.record({ field: foreign, before: fc.option(foreign), after: fc.option(foreign) }), 14),
  alike: fc.boolean(),
  lastGood: fc.option(instant),
  firstBad: instant,
  by: fc.option(
    fc.oneof(
      fc.record({
        known: fc.constant(true as const),
        events: some(
          fc.record({
            at: instant,
            actor: fc.record({
              name: foreign,
              kind: fc.constantFrom('person' as const, 'role' as const),
              through: foreign,
              email: foreign,
            }),
            operation: foreign,
            source: foreign,
            id: foreign,
          }),
          5,
        ),
      }),
      fc.record({ known: fc.constant(false as const), from: fc.option(instant), to: instant, why: foreign }),
    ),
  ),
  due: fc.option(instant),
  remedy: foreign,
  page: address,
  assigned: fc.option(foreign),
  acknowledged: fc.option(fc.record({ by: foreign, until: instant })),
  resolved: fc.option(fc.record({ at: instant, how: foreign })),
  actions: fc.constant(['acknowledge', 'assign', 'request-waiver']),
  waiver: fc.constant(null),
});

describe('whatever a provider or a person wrote', () => {
  const ours = (message: AlertMessage): Set<string> =>
    new Set(
      [message.page, ...message.items.flatMap(({ page, console }) => [page, console])].flatMap((each) =>
        each === null ? [] : [URL.parse(each)?.href ?? ''],
      ),
    );

  test('Slack takes it, it calls nobody, links nowhere but where we do, and fits', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        const drawn = drawAlert({ ...message, alert: message.alert.slice(0, 40) }, { interactive: true });
        const shown = see(drawn);
        expect(weight(drawn.blocks)).toBeLessThanOrEqual(10_000);
        expect(shown.mentions).toEqual([]);
        expect(shown.links.filter(({ url }) => !ours(message).has(url) || !/^https?:/.test(url))).toEqual([]);
        expect(notified(drawn)).toMatchObject({ mentions: [], links: [] });
        expect(shown.text).not.toMatch(/(?![\ufe0e\ufe0f\n])[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}]/u);
      }),
      { numRuns: 80 },
    );
  });

  test('nothing is lost in silence: what is not shown whole is cut with the number of characters that are missing', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        const shown = see(drawAlert(message, { interactive: false })).text;
        for (const whole of [
          oneLine(message.headline),
          ...message.says
            .split('\n')
            .filter((line) => line.trim() !== '')
            .slice(0, 1)
            .map((line) => oneLine(line.trim())),
          ...(message.remedy === '' || message.resolved ? [] : [someLines(message.remedy)]),
        ])
          expectTold(shown, whole);
        const [control] = message.controls;
        if (control) expectTold(shown.replaceAll(/^│ /gm, ''), someLines(control.statement));
        const [item] = message.items;
        if (item) expectTold(shown, oneLine(item.name));
      }),
      { numRuns: 80 },
    );
  });

  test('replies and forms too', () => {
    const item = fc.record({ scope: foreign, item: foreign });
    fc.assert(
      fc.property(foreign, some(foreign, 60), fc.array(item, { minLength: 1, maxLength: 30 }), fc.boolean(), (one, lines, items, apart) => {
        const told = drawReply({ alert: one, headline: one, lines }, { apart });
        expect(see(told)).toMatchObject({ mentions: [], links: [] });
        expect(notified(told)).toMatchObject({ mentions: [], links: [] });
        expect(weight(told.blocks)).toBeLessThanOrEqual(10_000);
        const at = { channel: 'C0SECURITY', ts: '1.1' };
        for (const form of [
          waiverForm({ alert: 'HF-1', headline: one, rule: 'aws.x', items }, at, '2026-04-01'),
          decisionForm('approve', 'W-1', at),
          keptForm,
        ]) {
          const read = readView(JSON.stringify(form));
          if ('error' in read) throw new Error(read.messages.join());
          expect(seen({ text: '', parse: 'none', blocks: read.view.blocks }, (id) => id)).toMatchObject({ mentions: [], links: [] });
        }
      }),
      { numRuns: 60 },
    );
  });

  test('a value that is cut still shows where it changed', () => {
    const long = JSON.stringify(Array.from({ length: 300 }, (_, index) => `10.0.${index}.0/24`));
    const changes = [{ field: 'cidrs', before: long, after: long.replace('10.0.250.0/24', '0.0.0.0/0') }];
    const shown = see(drawAlert({ ...drift, changes }, { interactive: false })).text;
    expect(shown).toMatch(/- cidrs: \(\d,\d{3} alike\) ….*10\.0\.250\.0\/24.*\+[\d,]+ more/);
    expect(shown).toMatch(/\+ cidrs: \(\d,\d{3} alike\) ….*"0\.0\.0\.0\/0".*\+[\d,]+ more/);
  });

  test('what is left out is counted', () => {
    const items = Array.from({ length: 20 }, (_, index) => ({ ...drift.items[1]!, name: `group ${index}` }));
    const changes = Array.from({ length: 30 }, (_, index) => ({ field: `f${index}`, before: '1', after: '2' }));
    const controls = Array.from({ length: 5 }, () => drift.controls[0]!);
    const shown = see(drawAlert({ ...drift, items, changes, controls }, { interactive: false })).text;
    expect(shown).toContain('… +1,992 more');
    expect(shown).toContain('… +20 more fields');
    expect(shown).toContain('… +2 more controls');
  });
});

test('buttons are there only where somebody listens and something can still be done', () => {
  const rows = (message: AlertMessage, interactive: boolean) =>
    drawAlert(message, { interactive }).blocks.filter(({ type }) => type === 'actions').length;
  expect(rows(drift, true)).toBe(1);
  expect(rows(drift, false)).toBe(0);
  expect(rows(samples['resolved']!, true)).toBe(0);
});

function expectTold(shown: string, whole: string): void {
  if (shown.includes(whole)) return;
  const heads = [...shown.matchAll(/… \+([\d,]+) more/g)].map(({ 1: count, index }) => ({
    left: Number(count!.replaceAll(',', '')),
    index,
  }));
  const characters = Array.from(whole);
  const found = heads.some(
    ({ left, index }) => shown.slice(0, index).endsWith(characters.slice(0, characters.length - left).join('')) && left < characters.length,
  );
  if (!found) throw new Error(`neither whole nor cut: ${JSON.stringify(whole)} in ${shown}`);
}

// The double is judged too: what we never send must be seen for what it is.
describe('the reader of the double', () => {
  let shown: ReturnType<typeof see>;
  beforeAll(() => {
    shown = see({
      text: 'x',
      blocks: [
        { type: 'section', text: { type: 'mrkdwn', text: '<!channel> <@U1> <https://evil.example|bank> https://bare.example &lt;b&gt;' } },
        { type: 'section', text: { type: 'mrkdwn', text: 'https://left.example', verbatim: true } },
        { type: 'rich_text', elements: [{ type: 'rich_text_section', elements: [{ type: 'broadcast', range: 'here' }] }] },
      ],
    });
  });
  test('sees mentions and links', () => {
    expect(shown.mentions).toEqual(['@channel', '@U1', '@here']);
    expect(shown.links.map(({ url }) => url)).toEqual(['https://evil.example', 'https://bare.example']);
    expect(shown.text).toContain('<b>');
  });
});
