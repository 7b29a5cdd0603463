import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Block, Drawn, Inline } from '#src/alerts/block-kit.ts';
import { drawAlert, drawReply } from '#src/alerts/blocks.ts';
import { reply, samples } from './samples.ts';

/* Draws the sample messages about as Slack does, so that people can judge them: node test/alerts/picture.ts FILE.png [TITLE…] */

const html = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

function inline(it: Inline): string {
  if (it.type === 'link') return `<a href="${html(it.url)}">${html(it.text)}</a>`;
  if (it.type === 'date') return `<span class="date">${html(it.fallback)}</span>`;
  return it.style?.bold ? `<b>${html(it.text)}</b>` : html(it.text);
}
const run = (elements: readonly Inline[]): string => elements.map(inline).join('');

function block(it: Block): string {
  if (it.type === 'header') return `<h1>${html(it.text.text)}</h1>`;
  if (it.type === 'actions') return `<p class="actions">${it.elements.map((each) => button(each as never)).join(' ')}</p>`;
  return it.elements
    .map((part) => {
      if (part.type === 'rich_text_list') return `<ul>${part.elements.map(({ elements }) => `<li>${run(elements)}</li>`).join('')}</ul>`;
      if (part.type === 'rich_text_quote') return `<blockquote>${run(part.elements)}</blockquote>`;
      if (part.type === 'rich_text_preformatted') return `<pre>${run(part.elements)}</pre>`;
      return `<p>${run(part.elements)}</p>`;
    })
    .join('');
}

const button = ({ text, placeholder, style = '' }: { text?: { text: string }; placeholder?: { text: string }; style?: string }): string =>
  `<span class="button ${style}">${html(text?.text ?? `${placeholder?.text} ▾`)}</span>`;

const message = (drawn: Drawn, inThread = false): string =>
  `<article class="${inThread ? 'thread' : ''}"><i></i><div><strong>holdfast</strong> <small>APP 12:02</small>${drawn.blocks.map(block).join('')}</div></article>`;

const look = `body{font:15px/1.46 Lato,"Liberation Sans",sans-serif;color:#1d1c1d;margin:16px;width:680px}article{display:flex;gap:10px;padding:10px 0;border-bottom:1px solid #eee}
article.thread{margin-left:46px}i{flex:none;width:36px;height:36px;border-radius:6px;background:#1f3a4d}h1{font-size:18px;margin:4px 0 8px}p{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}
ul{margin:0;padding-left:26px}blockquote{margin:4px 0;padding-left:12px;border-left:4px solid #ddd;white-space:pre-wrap}pre{margin:4px 0;padding:8px;border:1px solid #ddd;border-radius:4px;background:#f8f8f8;font-size:12px;white-space:pre-wrap;overflow-wrap:anywhere}
small{color:#616061}.actions{margin-top:8px}.button{display:inline-block;border:1px solid #bbb;border-radius:4px;padding:3px 12px;font-weight:700;font-size:13px;margin-right:6px}.primary{background:#007a5a;color:#fff}.danger{color:#e01e5a;border-color:#e01e5a}a{color:#1264a3}`;

const [file = 'messages.png', ...titles] = process.argv.slice(2);
const chosen = titles.length > 0 ? titles : Object.keys(samples);
const body =
  chosen.map((title) => message(drawAlert(samples[title]!, { interactive: true }))).join('') +
  (titles.length > 0 ? '' : message(drawReply(reply), true));
const folder = mkdtempSync(join(tmpdir(), 'holdfast-picture-'));
const page = join(folder, 'messages.html');
writeFileSync(page, `<!doctype html><meta charset="utf-8"><style>${look}</style><body>${body}`);
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', chromiumSandbox: false, args: ['--disable-gpu'] });
const view = await browser.newPage({ viewport: { width: 740, height: 600 } });
await view.goto(`file://${page}`);
await view.screenshot({ path: file, fullPage: true });
await browser.close();
rmSync(folder, { recursive: true });
