import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { type Portal, startPortal } from '#src/portal/server.ts';
import { asOf } from './company.ts';
import { fixture, links } from './fixture.ts';

const executablePath = '/usr/bin/chromium';
const quiet = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const present = existsSync(executablePath);
if (!present) process.stderr.write(`skipped: the pages in a browser, because there is no ${executablePath}\n`);

(present ? describe : describe.skip)('in a browser', () => {
  let portal: Portal;
  let profile: string;
  let browser: BrowserContext;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    portal = await startPortal({
      report: () => fixture,
      ledgerSize: () => 1,
      company: 'Acme Health',
      example: true,
      now: () => asOf,
      listen: { host: '127.0.0.1', port: 0 },
    });
    profile = await mkdtemp(join(tmpdir(), 'holdfast-browser-'));
    browser = await chromium.launchPersistentContext(profile, {
      executablePath,
      args: quiet,
      chromiumSandbox: false,
      baseURL: portal.url,
      viewport: { width: 1280, height: 900 },
    });
    page = await browser.newPage();
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await portal.close();
    await rm(profile, { recursive: true, force: true });
  });

  const addresses = [
    '/',
    '/deviations',
    '/waivers',
    '/criteria',
    '/controls/NW-01',
    links.rule,
    '/rules/register.access-reviewed',
    links.item('sg-0a1'),
    links.item('sg-0a2'),
  ];

  test('one goes from the status to a control, a rule, an item, and back', async () => {
    await page.goto('/');
    await page.getByRole('link', { name: 'NW-01', exact: true }).click();
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toContain('NW-01');
    await page.getByRole('link', { name: 'Administrative ports are not open to the internet' }).click();
    expect(new URL(page.url()).pathname).toBe('/rules/aws.ec2.security-group-no-public-admin-ports');
    await page.getByRole('link', { name: 'bastion' }).click();
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('bastion');
    await page.getByRole('link', { name: 'Administrative ports are not open to the internet' }).click();
    await page.getByRole('link', { name: 'Status' }).first().click();
    expect(new URL(page.url()).pathname).toBe('/');
  });

  test('one pages through items', async () => {
    await page.goto(links.rule);
    await page.getByRole('link', { name: 'Next' }).first().click();
    await page.getByRole('link', { name: 'Next' }).first().click();
    expect(await page.getByText('Items 401 to 405 of 405').count()).toBe(2);
    expect(await page.getByRole('link', { name: 'Next' }).count()).toBe(0);
  });

  test('the keyboard leads from the skip link through the pages to the controls, and shows where it is', async () => {
    await page.goto('/');
    const stops: string[] = [];
    for (let i = 0; i < 7; i++) {
      await page.keyboard.press('Tab');
      const stop = await page.evaluate<{ text: string; seen: boolean }>(whatHasFocus);
      expect(stop.seen).toBe(true);
      stops.push(stop.text);
    }
    expect(stops).toEqual(['Skip to the content', 'Holdfast', 'Status', 'Deviations', 'Waivers', 'Criteria', 'AC-05']);
    await page.goto('/');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.evaluate<string>('document.activeElement.id')).toBe('content');
  });

  test.each([
    ['400 px wide', { width: 400, height: 800 }],
    ['at 200 % zoom', { width: 640, height: 450 }],
  ])('no page overflows %s, and each control still has its words and its strip', async (_how, viewport) => {
    await page.setViewportSize(viewport);
    for (const address of addresses) {
      await page.goto(address);
      expect([address, await page.evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth')]).toEqual([address, true]);
    }
    await page.goto('/');
    expect(await page.getByText('Not demonstrated').isVisible()).toBe(true);
    expect(await page.locator('.controls .strip').count()).toBe(6);
    await page.setViewportSize({ width: 1280, height: 900 });
  });

  test.each(['light', 'dark'] as const)(
    'in %s, a failing look and a short silence have their least width, and text its contrast',
    async (colorScheme) => {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width: 400, height: 800 });
      await page.goto(links.item('sg-0a2'));
      const strip = page.locator('svg.strip.tall');
      const shot = (await strip.screenshot()).toString('base64');
      const colors = await page.evaluate<Record<'failed' | 'unobserved' | 'text' | 'soft' | 'ground', string>>(colorsShown);
      expect(contrast(colors.text, colors.ground)).toBeGreaterThan(7);
      expect(contrast(colors.soft, colors.ground)).toBeGreaterThan(4.5);
      expect(contrast(colors.failed, colors.ground)).toBeGreaterThan(3);
      expect(contrast(colors.unobserved, colors.ground)).toBeGreaterThan(3);
      // The one failing look is uncertain time around an instant; the silence of 11 June lasted 3 of 4,300 hours.
      expect(await columnsOf(shot, colors.failed, 1)).toBeGreaterThanOrEqual(3);
      expect(await columnsOf(shot, colors.unobserved, 54)).toBeGreaterThanOrEqual(2 + 2 + 2);
      await page.setViewportSize({ width: 1280, height: 900 });
      await page.emulateMedia({ colorScheme: null });
    },
  );

  test('pages print, A4 landscape, without addresses and with what is folded away', async () => {
    await page.goto(links.item('sg-0a1'));
    const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
    expect(pdf.startsWith('%PDF-')).toBe(true);
    expect(pdf).toMatch(/\/MediaBox \[0 0 84[12][.\d]* 59[45][.\d]*\]/);
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('nav[aria-label="Pages"]').isVisible()).toBe(false);
    expect(await page.locator('.running').isVisible()).toBe(true);
    expect(await page.locator('pre').last().isVisible()).toBe(true);
    await page.emulateMedia({ media: null });
  });

  test('nothing is blocked by the policy of the pages, and nothing complains', async () => {
    for (const address of addresses) await page.goto(address);
    expect(complaints).toEqual([]);
  });

  /** How many columns of pixels of a picture have the color in the row. */
  async function columnsOf(picture: string, color: string, row: number): Promise<number> {
    const canvas = await browser.newPage();
    try {
      return await canvas.evaluate<number>(`(${countColumns})(${JSON.stringify([picture, color, row])})`);
    } finally {
      await canvas.close();
    }
  }
});

/* What runs in the page is text: the project itself has no types of a browser. */

const whatHasFocus = `(() => {
  const focused = document.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(focused);
  return { text: focused.textContent, seen: outlineStyle !== 'none' && outlineWidth !== '0px' && focused.getBoundingClientRect().width > 20 };
})()`;

const colorsShown = `(() => {
  const style = (name) => getComputedStyle(document.querySelector(name));
  return {
    failed: style('svg.strip .uncertain').stroke,
    unobserved: style('svg.strip .unobserved').stroke,
    text: style('body').color,
    soft: style('.sub').color,
    ground: style('body').backgroundColor,
  };
})()`;

const countColumns = `async ([source, wanted, y]) => {
  const image = new Image();
  image.src = 'data:image/png;base64,' + source;
  await image.decode();
  const context = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height }).getContext('2d');
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, y, image.width, 1);
  const color = wanted.match(/\\d+/g).map(Number);
  const near = (x) => color.every((part, i) => Math.abs(data[x * 4 + i] - part) < 12);
  return Array.from({ length: image.width }, (_, x) => near(x)).filter(Boolean).length;
}`;

/** WCAG 2 contrast of two colors, `rgb(r, g, b)`. */
function contrast(one: string, other: string): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

function luminance(color: string): number {
  const [red, green, blue] = color.match(/\d+/g)!.map((part) => {
    const share = Number(part) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
