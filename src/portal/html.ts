/** Mark-up that stands in a page as it is. Only `html` and `preformatted` make it, so all text has passed their escaping. */
export interface Html {
  readonly [markup]: string;
}

/** What may stand in a template. Text is shown as text, whoever wrote it; a missing value does not compile. */
export type Slot = string | number | Html | readonly Html[] | null;

const markup = Symbol('markup');

/** A piece of a page: html`<td>${name}</td>`. Slots are for text and for attribute values in double quotes. */
export function html(pieces: TemplateStringsArray, ...slots: readonly Slot[]): Html {
  return { [markup]: pieces.map((piece, i) => piece + shown(slots[i] ?? null)).join('') };
}

/** Text in which line ends are kept, for `<pre>`. Nothing else that cannot be seen is. */
export function preformatted(text: string): Html {
  return { [markup]: text.split('\n').map(escaped).join('\n') };
}

export const markupOf = (piece: Html): string => piece[markup];

/**
 * Text with everything that hides, or that moves other text, written out: control characters, bidirectional overrides, zero-width and
 * private characters, lone surrogates. U+202E becomes `\u{202e}`.
 */
export function visible(text: string): string {
  return text.replaceAll(unseen, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu;

function shown(slot: Slot): string {
  if (slot === null) return '';
  if (typeof slot === 'string') return escaped(slot);
  if (typeof slot === 'number') return String(slot);
  return isHtml(slot) ? slot[markup] : slot.map(markupOf).join('');
}

const isHtml = (slot: Html | readonly Html[]): slot is Html => !Array.isArray(slot);

const escaped = (text: string): string => visible(text).replaceAll(/[&<>"']/g, (character) => entities[character] ?? '');

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
