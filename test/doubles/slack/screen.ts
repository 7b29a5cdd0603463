import type { Inline, SeenBlock } from './block-kit.ts';

/** What a reader sees of a message: its text, whom it calls, and where its links lead. */
export interface Seen {
  readonly text: string;
  /** `@here`, `@Dana Owner`, `#general`. */
  readonly mentions: readonly string[];
  readonly links: readonly { readonly url: string; readonly text: string }[];
}

export interface Content {
  readonly text: string;
  readonly blocks: readonly SeenBlock[];
  /** As it was posted: `none` leaves addresses in `text` alone. */
  readonly parse: string;
}

/** A message as a client shows it. `nameOf` tells the name behind an id. */
export function seen({ text, blocks, parse }: Content, nameOf: (id: string) => string): Seen {
  const mentions: string[] = [];
  const links: { url: string; text: string }[] = [];
  const call = (who: string): string => {
    mentions.push(who);
    return `{{${who}}}`;
  };
  const follow = (url: string, label: string): string => {
    links.push({ url, text: label });
    return `[${label}](${url})`;
  };

  const marked = (source: string, verbatim: boolean): string =>
    source.replace(/<([^<>]*)>|(https?:\/\/[^\s<>|]+)/g, (whole, token: string | undefined, bare: string | undefined) => {
      if (bare !== undefined) return verbatim ? whole : follow(bare, bare);
      const [target = '', label] = token!.split('|');
      if (/^@[UW]/.test(target)) return call(`@${nameOf(target.slice(1))}`);
      if (target.startsWith('#')) return call(`#${nameOf(target.slice(1))}`);
      if (/^!(here|channel|everyone)$/.test(target)) return call(`@${target.slice(1)}`);
      if (target.startsWith('!subteam^')) return call(`@${target.slice(9)}`);
      if (target.startsWith('!date^')) return label ?? target;
      if (/^(https?|mailto|slack):/.test(target)) return follow(target, label ?? target);
      return label ?? target;
    });
  const decoded = (source: string): string => source.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
  const object = (it: { type: string; text: string; verbatim?: boolean | undefined }): string =>
    it.type === 'plain_text' ? it.text : decoded(marked(it.text, it.verbatim === true));

  const inline = (it: Inline): string => {
    switch (it.type) {
      case 'text':
        return it.style?.bold ? `*${it.text}*` : it.text;
      case 'link':
        return follow(it.url, it.text ?? it.url);
      case 'user':
        return call(`@${nameOf(it.user_id)}`);
      case 'usergroup':
        return call(`@${it.usergroup_id}`);
      case 'channel':
        return call(`#${nameOf(it.channel_id)}`);
      case 'broadcast':
        return call(`@${it.range}`);
      case 'emoji':
        return `:${it.name}:`;
      case 'date':
        return it.url === undefined ? (it.fallback ?? it.format) : follow(it.url, it.fallback ?? it.format);
    }
  };
  const run = (elements: readonly Inline[]): string => elements.map(inline).join('');

  const shown = (block: SeenBlock): string => {
    switch (block.type) {
      case 'header':
        return `# ${block.text.text}`;
      case 'section':
        return [block.text, ...(block.fields ?? [])].flatMap((it) => (it ? [object(it)] : [])).join('\n');
      case 'context':
        return block.elements.map(object).join('  ');
      case 'divider':
        return '---';
      case 'rich_text':
        return block.elements
          .map((part) => {
            if (part.type === 'rich_text_list') return part.elements.map(({ elements }) => `  • ${run(elements)}`).join('\n');
            if (part.type === 'rich_text_quote') return run(part.elements).replaceAll(/^/gm, '│ ');
            if (part.type === 'rich_text_preformatted') return `┌\n${run(part.elements).replaceAll(/^/gm, '│ ')}\n└`;
            return run(part.elements);
          })
          .join('\n');
      case 'actions':
        return block.elements.map((it) => (it.type === 'button' ? `( ${it.text.text} )` : `( ${it.placeholder?.text ?? ''} ▾ )`)).join(' ');
      case 'input':
        return `${block.label.text} [${block.element.type}]`;
    }
  };
  const told = blocks.length > 0 ? blocks.map(shown).join('\n') : decoded(marked(text, parse === 'none'));
  return { text: told, mentions, links };
}
