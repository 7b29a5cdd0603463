import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { html, markupOf, preformatted, visible } from '#src/portal/html.ts';

const anyText = fc.string({ unit: 'binary' });

describe('text in a template', () => {
  test('is shown as text', () => {
    expect(markupOf(html`<b title="${'"><i>'}">${"<script>'&"}</b>`)).toBe('<b title="&quot;&gt;&lt;i&gt;">&lt;script&gt;&#39;&amp;</b>');
  });

  test('stands beside mark-up, lists, numbers and nothing', () => {
    expect(markupOf(html`${html`<i>${1}</i>`}${[html`a`, html`${'<'}`]}${null}`)).toBe('<i>1</i>a&lt;');
  });

  test('can neither leave its place nor hide anything, whatever it is', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        for (const piece of [html`${text}`, preformatted(text)]) {
          const inside = markupOf(piece);
          expect(inside).not.toMatch(/[<>"']|&(?!amp;|lt;|gt;|quot;|#39;)/);
          expect(inside.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
        }
      }),
    );
  });
});

describe('what hides in text', () => {
  test.each([
    ['a right-to-left override', 'gpj\u202eexe', 'gpj\\u{202e}exe'],
    ['an isolate', '\u2066x\u2069', '\\u{2066}x\\u{2069}'],
    ['a zero-width space', 'ad\u200bmin', 'ad\\u{200b}min'],
    ['a zero byte and an escape', '\0\u001b[31m', '\\u{0}\\u{1b}[31m'],
    ['a soft hyphen and a filler', 'a\u00adb\u3164', 'a\\u{ad}b\\u{3164}'],
    ['a tag character', '\u{e0041}', '\\u{e0041}'],
    ['half of a pair', '\ud800x', '\\u{d800}x'],
    ['a line end', 'a\nb', 'a\\u{a}b'],
  ])('%s is written out', (_what, text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  test('words of any language stay as they are', () => {
    for (const text of ['Zürich', '東京', 'שלום', 'नमस्ते', '🙂', 'a\u00a0b']) expect(visible(text)).toBe(text);
  });

  test('line ends stay in preformatted text', () => {
    expect(markupOf(preformatted('{\n  "a": "\u202e"\n}'))).toBe('{\n  &quot;a&quot;: &quot;\\u{202e}&quot;\n}');
  });
});
