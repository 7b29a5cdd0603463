import { describe, expect, test } from '@jest/globals';
import type { Report } from '#src/report/types.ts';
import { hostile, rules } from './company.ts';
import { corrected, fixture, links, undeclared } from './fixture.ts';
import { portalOf, read, sourceOf, textOf } from './reading.ts';

const everyPage = [
  '/',
  '/deviations',
  '/criteria',
  '/controls/NW-01',
  '/controls/GV-03',
  links.rule,
  '/rules/github.change-approved',
  '/rules/register.access-reviewed',
  links.item('sg-0a1'),
  links.item('sg-0a2'),
];

describe('every page', () => {
  test.each([...everyPage, '/controls/NW-99', '/nowhere'])('%s says that it is an example, and that it is no opinion', async (address) => {
    const text = await read(address, fixture);
    const bare = textOf((await portalOf(fixture, { example: true }).inject(address)).payload);
    expect(bare).toContain('Example company. Recorded replies, not your systems.');
    expect(text).toContain('Prepared by management’s monitoring. Not audited; no opinion.');
  });

  test.each(everyPage)('%s uses none of the words that are the auditor’s', async (address) => {
    expect(await sourceOf(address)).not.toMatch(/\b(compliant|non-compliant|effective|certified)\b/i);
  });

  test.each(everyPage)('%s names its time zone, and is written without scripts and inline styles', async (address) => {
    const source = await sourceOf(address);
    expect(textOf(source)).toContain('Times are in Europe/Berlin');
    expect(source).not.toMatch(/<script|\sstyle=|\son\w+=|javascript:/i);
    expect(source).not.toMatch(/undefined|NaN|\[object/);
  });

  test.each(everyPage)('%s gives each drawing words', async (address) => {
    const drawings = (await sourceOf(address)).match(/<svg[^>]*role="img"[^>]*>/g) ?? [];
    for (const drawing of drawings) expect(drawing).toMatch(/aria-label="[^"]{20,}"/);
  });

  test('is an example also if only the report says so', async () => {
    expect(await read('/')).toContain('Example company.');
    expect(await read('/', undeclared)).not.toContain('Example company.');
  });
});

describe('the status page', () => {
  test('says where the window stands', async () => {
    const text = await read('/');
    expect(text).toContain('Acme Health 1 Feb 2026 to 31 Jul 2026');
    expect(text).toContain(
      'Type 2 window, day 150 of 181 · Europe/Berlin · 2 connections, 24 scopes, 5,204 items · ledger 4,344, root 93f5d22b…f5d22b',
    );
    expect(text).toContain('last cycle 4 min ago, incomplete: aws-main next in 56 min');
    expect(text).toContain('99.9 % of the window observed so far 41 h not observed, 2 gaps');
    expect(text).toContain('1 open now, due in 20 h');
    expect(text).toContain('Now: 1 fail, 30 unobserved, 1 pending, 5,012 pass, 160 not applicable.');
  });

  test('counts failed events and lapsed obligations among the deviations', async () => {
    expect(await read('/')).toContain('6 deviations, 3 of them events or duties');
  });

  test('tells each control by its family, with its criteria, conclusion and share observed', async () => {
    const text = await read('/');
    expect(text).toContain(
      'Network and firewalls NW-01 Boundary firewall rules CC6.6 CC6.1 Deviations noted 3 deviations: 1 open, 2 remediated in time; one scope never read Observed 49.4 %',
    );
    expect(text).toContain('BK-04 Restore testing A1.3 Not operated no restore test due in this window');
    expect(text).toContain('GV-03 Training and awareness CC1.4 CC2.2 Not tested no rule that tests it is available yet Observed –');
    expect(text).toContain('NW-02 Segmentation and host exposure CC6.1 CC6.6 Not demonstrated not observed for 52 d at a stretch');
  });

  test('names the criteria that no key rule reaches', async () => {
    const text = await read('/');
    expect(text).toContain('Criteria that no key rule reaches 30');
    expect(text).toContain('CC1.4 Competent people are attracted, developed and kept. Served by GV-03');
    expect(text).not.toContain('CC8.1 Changes to infrastructure');
  });

  test('tells of each scope that cannot be read which call, which permission, why, and since when', async () => {
    const text = await read('/');
    expect(text).toContain('aws-main 30 Jun 2026, 14:26 4 min ago Items 4,804 Scopes 20 Failing 1');
    expect(text).toContain(
      'aws-main/444455556666/us-east-1/aws.security-group ec2:DescribeSecurityGroups ec2:DescribeSecurityGroups The provider refused the call. not authorized',
    );
    expect(text).toContain('1 Feb 2026, 01:00 150 d');
  });

  test('says without a window that nothing is concluded, and never that all was read when nothing was', async () => {
    const text = await read('/', undeclared);
    expect(text).toContain('No window is declared, so nothing is concluded.');
    expect(text).toContain('Times are in UTC because no window declares another zone');
    expect(text).toContain('– no window to observe');
    expect(text).toContain('no cycle yet');
    expect(text).toContain('Nothing has been read yet over aws-main.');
    expect(text).not.toContain('Every scope was read');
    expect(await sourceOf('/', undeclared)).not.toContain('href="/controls/');
  });

  test('says so before the window begins', async () => {
    const status = fixture.status();
    const early: Report = {
      ...fixture,
      status: () => ({
        ...status,
        asOf: '2026-01-29T23:00:00.000Z',
        window: { ...status.window!, asOf: Date.parse('2026-01-29T23:00:00Z') },
      }),
    };
    expect(await read('/', early)).toContain('begins in 2 d, 181 days');
  });
});

describe('the page of a control', () => {
  test('tells the statement, the criteria, the tally and what is missing', async () => {
    const text = await read('/controls/NW-01');
    expect(text).toContain('Firewall rules deny inbound traffic by default');
    expect(text).toContain('CC6.6 Logical access measures protect against threats from outside the system boundary.');
    expect(text).toContain('3 deviations, of which 0 under waiver: 2 remediated in time, 1 open.');
    expect(text).toContain('aws.ec2.security-group-no-public-admin-ports: 1 scope was never observed.');
    expect(text).toContain('Owner: Head of Platform · Performed: continuous');
  });

  test('names rules that are not available as such', async () => {
    const text = await read('/controls/NW-01');
    expect(text).toContain('aws.net.public-entrypoint-authorized Not available yet. Nothing tests this part of the statement.');
    expect(await read('/controls/GV-03')).toContain('No key rule is available: there is no time to show.');
  });

  test('tells times with all of their shares', async () => {
    const text = await read('/controls/NW-02');
    expect(text).toMatch(
      /Held [\d,.]+ h .* Failed 0 h .* Uncertain 0 h .* Not observed 1,248.2 h .* Coverage 65.2 % .* Held, of observed 100.0 % .* Held for certain 65.2 %/,
    );
    expect(text).toContain('denied: the provider refused the call');
  });

  test('tells events as an equation', async () => {
    expect(await read('/controls/CM-01')).toContain('population 120 = 117 pass + 2 fail + 1 pending + 0 unobserved + 0 not applicable');
  });

  test('tells each version over the time in which it was in force', async () => {
    const text = await read('/controls/NW-01');
    expect(text).toContain('Versions in the window 2');
    expect(text).toContain('1 Feb 2026, 00:00 to 1 Apr 2026, 00:00');
    expect(text).toContain('1 Apr 2026, 00:00 to 30 Jun 2026, 14:30');
  });
});

describe('the page of a rule', () => {
  test('tells what it looks at, its parameters, and the scopes never read before the items', async () => {
    const text = await read(links.rule);
    expect(text).toContain('Security groups aws.security-group: ports');
    expect(text).toContain('adminPorts [22,3389] Ports that only administrators need');
    expect(text).toMatch(/Scopes never read 1 .*aws-main\/444455556666\/us-east-1.*Items, worst first 405/);
  });

  test('shows 200 items at a time and leaves none out', async () => {
    const names: string[] = [];
    for (const page of [1, 2, 3]) {
      const text = await read(`${links.rule}?page=${page}`);
      expect(text).toContain(`Items ${(page - 1) * 200 + 1} to ${Math.min(405, page * 200)} of 405`);
      names.push(...[...text.matchAll(/service-(\d+) /g)].map(([, id]) => id!));
    }
    expect(names).toEqual(Array.from({ length: 402 }, (_, i) => String(i + 1)));
  });

  test.each(['0', '-1', '4', '1e3', '%00', '99999999999999999999'])('answers page %s with one that exists', async (page) => {
    expect(await read(`${links.rule}?page=${page}`)).toMatch(/Items (1 to 200|401 to 405) of 405/);
  });

  test('tells the obligations of a cadence, with what is early and late', async () => {
    const text = await read('/rules/register.access-reviewed');
    expect(text).toContain('4 obligations = 1 met + 0 late + 1 missed + 2 not yet due + 0 unobserved');
    expect(text).toMatch(/aws-main\/111122223333 2026-Q1 15 Apr 2026, 00:00 9 Apr 2026, 12:00 review-2026-q1 Met 5 days early/);
    expect(text).toMatch(/aws-main\/444455556666 2026-Q1 15 Apr 2026, 00:00 – Missed 77 days late/);
  });

  test('never calls an empty list of items complete when scopes were not read', async () => {
    const empty: Report = { ...fixture, rule: (id) => ({ ...fixture.rule(id)!, items: [] }) };
    expect(await read(links.rule, empty)).toContain('No item is known: see the scopes never read.');
  });

  test.each(rules.map(({ id }) => id))('%s has a page', async (id) => {
    expect((await portalOf(fixture).inject(`/rules/${id}`)).statusCode).toBe(200);
  });
});

test('a scope that ended in the window is named with its reason', async () => {
  const text = await read('/');
  expect(text).toContain('Scopes that ended in this window');
  expect(text).toContain('aws-main/111122223333/ap-south-1/aws.vpc');
});

describe('what was brought later or corrected', () => {
  test.each([
    ['/', 'Brought later or corrected 1 For these scopes and times, looks came to the ledger after the event'],
    ['/deviations', 'Rests on looks brought later, known since ledger entry 4,120: the second monitor'],
    [links.item('sg-0a2'), 'ledger entry 4,120, 29 Jun 2026'],
    [links.item('sg-0a2'), 'in part brought later, ledger entry 4,120'],
    [links.item('sg-0a2'), 'state leaf 4120def1…111111, brought later'],
  ])('%s tells it with its ledger entry and its reason, and nothing where there is none', async (address, says) => {
    expect(await read(address, corrected)).toContain(says);
    expect(await read(address, fixture)).not.toMatch(/[Bb]rought later/);
  });
});

describe('the page of an item', () => {
  test('tells its timeline in words, with the reasons for silence', async () => {
    const text = await read(links.item('sg-0a1'));
    expect(text).toContain('3 Apr 2026, 06:00:00 GMT+2 4 Apr 2026, 20:00:00 GMT+2 38 h Not observed monitor-down: the monitor did not run');
    expect(text).toContain('20 Apr 2026, 10:00:00 GMT+2 22 Apr 2026, 23:00:00 GMT+2 61 h Did not hold');
  });

  test('tells deviations with their bounds and clocks', async () => {
    const text = await read(links.item('sg-0a1'));
    expect(text).toContain('at least 61 h at most 63 h In time');
    expect(text).toContain('Open at least 51 h at most 53 h so far Due in 20 h due 1 Jul 2026, 11:00');
    expect(await read(links.item('sg-0a2'))).toContain('seen at one instant at most 2 h');
  });

  test('shows the evidence: ledger entry, leaf, snapshot, calls with their request ids', async () => {
    const text = await read(links.item('sg-0a1'));
    expect(text).toContain('ledger entry 4,120, state leaf 4120def1…111111');
    expect(text).toContain(`SHA-256 ${'4120abc'.padEnd(64, '0')}`);
    expect(text).toContain('Changed: ports');
    expect(text).toContain('"ports": [ 22 ]');
    expect(text).toContain('7f3c9a52-0b1e-4f57');
    expect(text).toContain('ec2:DescribeNetworkInterfaces {} Page 1 Status 403 none given denied UnauthorizedOperation');
  });

  test('tells why it could not be observed', async () => {
    expect(await read(links.item('sg-0a3'))).toContain(
      'denied: the provider refused the call: ec2:DescribeSecurityGroups, which needs ec2:DescribeSecurityGroups. explicit deny in a policy',
    );
  });
});

describe('the list of deviations', () => {
  test('begins with what is open, and tells failed events and lapsed obligations apart', async () => {
    const text = await read('/deviations');
    expect(text).toContain('6 deviations: 3 stretches of failing items, 1 open; 3 failed events and lapsed obligations');
    expect(text.indexOf('Due in 20 h')).toBeLessThan(text.indexOf('In time'));
    expect(text).toContain('aws-main/444455556666 register.access-reviewed 2026-Q1 Not done');
    expect(text).toContain('change-40 github.change-approved 22 Mar 2026, 13:00 Failed');
  });

  test('does not say that there was nothing when it knows of nothing', async () => {
    expect(await read('/deviations', { ...fixture, deviations: () => [] })).toContain('None is known. What was not observed may hide one');
  });
});

describe('text of strangers', () => {
  test.each(everyPage)('is shown on %s and never obeyed', async (address) => {
    const source = await sourceOf(address);
    expect(source).not.toContain('<script');
    expect(source).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u200b\0]/);
  });

  test('is shown with its hidden characters written out', async () => {
    expect(await read(links.rule)).toContain('<script>alert(1)</script>\\u{202e}gnp.exe\\u{0}\\u{200b}"\'&');
    expect(await read(links.item('sg-0a2'))).toContain('\\u{202e}gnp.exe');
  });

  test('in an address is shown as text too', async () => {
    const answer = await portalOf(fixture).inject(`/items?rule=x&scope=y&item=${encodeURIComponent(hostile)}`);
    expect(answer.statusCode).toBe(404);
    expect(answer.payload).not.toContain('<script');
    expect(textOf(answer.payload)).toContain('Nothing is known of the item "<script>');
  });
});
