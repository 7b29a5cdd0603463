import { utc } from './slack-text.ts';

/*
 * The part of Block Kit that messages are made of. Texts stand in `rich_text` and `plain_text` alone, where Slack reads no markup: a mention
 * or a link is an element of its own, which no text can turn into.
 */

interface Style {
  readonly bold?: true;
  readonly code?: true;
}
export type Inline =
  | { readonly type: 'text'; readonly text: string; readonly style?: Style }
  | { readonly type: 'link'; readonly url: string; readonly text: string; readonly style?: Style }
  | { readonly type: 'date'; readonly timestamp: number; readonly format: string; readonly fallback: string };

interface Section {
  readonly type: 'rich_text_section';
  readonly elements: readonly Inline[];
}
export type Part =
  | Section
  | { readonly type: 'rich_text_quote' | 'rich_text_preformatted'; readonly elements: readonly Inline[] }
  | { readonly type: 'rich_text_list'; readonly style: 'bullet'; readonly elements: readonly Section[] };

export interface PlainText {
  readonly type: 'plain_text';
  readonly text: string;
  readonly emoji: false;
}

export type Block =
  | { readonly type: 'header'; readonly text: PlainText }
  | { readonly type: 'rich_text'; readonly elements: readonly Part[] }
  | { readonly type: 'actions'; readonly block_id: string; readonly elements: readonly object[] };

/** A message: `text` is what notifications, screen readers and clients without blocks show. */
export interface Drawn {
  readonly text: string;
  readonly blocks: readonly Block[];
}

export const plain = (text: string): PlainText => ({ type: 'plain_text', text, emoji: false });
export const text = (content: string): Inline => ({ type: 'text', text: content });
export const bold = (content: string): Inline => ({ type: 'text', text: content, style: { bold: true } });
export const link = (url: string | null, content: string): Inline => (url === null ? text(content) : { type: 'link', url, text: content });

/** Everybody reads it in the time zone of their own. */
export const date = (instant: number): Inline => ({
  type: 'date',
  timestamp: Math.floor(instant / 1000),
  format: '{date_short_pretty} at {time}',
  fallback: utc(instant),
});

/** Slack refuses a text that is empty. */
export const section = (...elements: readonly Inline[]): Section => ({
  type: 'rich_text_section',
  elements: elements.filter((it) => it.type === 'date' || it.text !== ''),
});
export const quote = (content: string): Part => ({ type: 'rich_text_quote', elements: [text(content)] });
export const code = (content: string): Part => ({ type: 'rich_text_preformatted', elements: [text(content)] });
export const list = (...elements: readonly Section[]): Part => ({ type: 'rich_text_list', style: 'bullet', elements });

/** Characters of blocks as Slack may count them, which does not say how: as JSON in ASCII. */
export function weight(blocks: readonly Block[]): number {
  const json = JSON.stringify(blocks);
  let units = 0;
  for (let at = 0; at < json.length; at++) units += json.charCodeAt(at) > 0x7e ? 6 : 1;
  return units;
}
