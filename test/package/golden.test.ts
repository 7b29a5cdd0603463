import { beforeAll, describe, expect, test } from '@jest/globals';
import type { World } from '#test/cycle/world.ts';
import { packageOf, toySource, toyStore } from './world.ts';

let files: Map<string, string>;

/** A day at the toy company: a door open until the third hour, the south refused from the fifth to the seventh. */
beforeAll(async () => {
  const store = await toyStore(':memory:', 24, {
    3: (world: World) => world.doors.north!.forEach((door) => (door.open = false)),
    5: (world: World) => (world.failing['south toy:ListDoors'] = 'denied'),
    7: (world: World) => (world.failing = {}),
  });
  ({ files } = await packageOf(toySource(store)));
});

/** What a person reads of the page, line by line. */
const textOf = (page: string): string[] =>
  page
    .replace(/<(style|svg|title)[\s\S]*?<\/\1>/g, '')
    .replace(/<\/(p|li|tr|h\d|pre|div|dt|dd|td|th)>/g, '\n')
    .replace(/<[^>]+>/g, '')
    .replaceAll('&#39;', "'")
    .replaceAll('\u00a0', ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

describe('the first page', () => {
  test('says what it is, what was seen and what was not', () => {
    const lines = textOf(files.get('00_README.html')!);
    for (const line of [
      'Prepared by management’s monitoring. Not audited; no opinion. It states what was observed, deviations and coverage. It grades nothing.',
      'Evidence package of the window 2026-03-01 to 2026-03-01, both days included, in UTC. Everything is told as of 2 Mar 2026, 00:00:00 GMT+0.',
      'Deviations noted',
      '1 deviation: 1 remediated in time',
      'no rule that tests it is available yet',
      'denied: toy:ListDoors',
      'Check it in five minutes',
      'What this package cannot show by itself',
      'No outside place holds a copy of a head: no anchor is configured. A head that you keep now guards everything from now on.',
    ])
      expect(lines.some((each) => each.includes(line)) ? line : lines.join('\n')).toBe(line);
  });

  test('has no word of the auditor’s', () => {
    expect(textOf(files.get('00_README.html')!).join(' ')).not.toMatch(
      /\b(compliant|non-compliant|effective|ineffective|certified|passed the audit|no exceptions)\b/i,
    );
  });

  test('has no script and asks for nothing from elsewhere', () => {
    const page = files.get('00_README.html')!;
    expect(page).toMatch(/Content-Security-Policy" content="default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]{44}'"/);
    expect(page).not.toMatch(/<script|<link|<img|https?:|\son\w+=/);
    for (const [, target] of page.matchAll(/href="([^"]+)"/g)) expect([...files.keys()]).toContain(target);
  });
});

describe('what an auditor opens in a spreadsheet', () => {
  const rows = (path: string) => files.get(path)!.trim().split('\n');

  test.each([
    [
      'scope/entities.csv',
      [
        'population,scope,key,name,firstSeen,lastSeen,gone',
        'monitor.place,toy/all/global/monitor.place,toy:house,toy:house,2026-03-01T00:00:00.000Z,2026-03-01T23:00:00.000Z,',
        'monitor.place,toy/all/global/monitor.place,toy:house/north,toy:house/north,2026-03-01T00:00:00.000Z,2026-03-01T23:00:00.000Z,',
        'monitor.place,toy/all/global/monitor.place,toy:house/south,toy:house/south,2026-03-01T00:00:00.000Z,2026-03-01T23:00:00.000Z,',
        'toy.guard,toy/house/global/toy.guard,guard:g1,g1,2026-03-01T00:00:00.000Z,2026-03-01T23:00:00.000Z,',
        'toy.door,toy/house/north/toy.door,door:n1,n1,2026-03-01T00:00:00.000Z,2026-03-01T23:00:00.000Z,',
        'toy.door,toy/house/north/toy.door,door:n2,n2,2026-03-01T00:00:00.000Z,2026-03-01T23:00:00.000Z,',
        'toy.door,toy/house/south/toy.door,door:s1,s1,2026-03-01T00:00:00.000Z,2026-03-01T23:00:00.000Z,',
      ],
    ],
    [
      'results/unobserved.csv',
      [
        'scope,from,to,reason,call,needs,detail,backfilled',
        'toy/house/south/toy.door,2026-03-01T04:00:00.000Z,2026-03-01T07:00:00.000Z,denied,toy:ListDoors,toy:ListDoors,Refused,',
      ],
    ],
    [
      'results/timeline/toy.door-shut.csv',
      [
        'scope,item,name,from,to,state,reason,backfilled',
        'toy/house/north/toy.door,door:n1,n1,2026-03-01T00:00:00.000Z,2026-03-01T23:00:00.000Z,held,,',
        'toy/house/north/toy.door,door:n1,n1,2026-03-01T23:00:00.000Z,2026-03-02T00:00:00.000Z,unobserved,awaiting-next-look,',
        'toy/house/north/toy.door,door:n2,n2,2026-03-01T00:00:00.000Z,2026-03-01T02:00:00.000Z,failed,,',
        'toy/house/north/toy.door,door:n2,n2,2026-03-01T02:00:00.000Z,2026-03-01T03:00:00.000Z,uncertain,,',
        'toy/house/north/toy.door,door:n2,n2,2026-03-01T03:00:00.000Z,2026-03-01T23:00:00.000Z,held,,',
      ],
    ],
    [
      'results/deviations.csv',
      [
        'id,count,rule,item,name,scope,severity,message,controls,lastGood,firstBad,lastBad,firstGood,closedBy,atLeast,atMost,due,clock,carriedIn,backfilled',
        'toy.door-shut/door:n2@2026-03-01T00:00:00.000Z,1,toy.door-shut,door:n2,n2,toy/house/north/toy.door,high,It stands open.,ZZ-01,,2026-03-01T00:00:00.000Z,2026-03-01T02:00:00.000Z,2026-03-01T03:00:00.000Z,pass,7200,,2026-03-08T00:00:00.000Z,in-time,false,',
      ],
    ],
    [
      'catalogue/mapping.csv',
      [
        'control,version,from,to,criterion,rule,role,available',
        'ZZ-01,1,2026-03-01T00:00:00.000Z,2026-03-02T00:00:00.000Z,CC6.4,toy.door-shut,key,yes',
        'ZZ-01,1,2026-03-01T00:00:00.000Z,2026-03-02T00:00:00.000Z,CC6.4,toy.door-locked,supporting,yes',
        'ZZ-02,1,2026-03-01T00:00:00.000Z,2026-03-02T00:00:00.000Z,CC6.4,toy.keys-counted,key,no',
      ],
    ],
    ['results/waivers.csv', ['waiver,rule,scope,item,from,to,requestedBy,approvedBy,reason,deviations']],
    ['results/obligations.csv', ['rule,subject,period,from,to,due,state,done,item,days']],
  ])('%s', (path, first) => {
    expect(rows(path).slice(0, first.length)).toEqual(first);
  });

  test('a population without a collector of this program is told as such', () => {
    expect(JSON.parse(files.get('ipe/streams.json')!)).toMatchObject({
      without: [
        { population: 'monitor.place', reason: expect.stringContaining('own record') },
        { population: 'toy.door' },
        { population: 'toy.guard' },
      ],
    });
    expect(rows('ipe/reconciliations.csv')).toContain(
      'toy.door,toy/house/north/toy.door,items that the latest complete look listed,2,items that follow from the change log,2,agree,',
    );
  });

  test('a rule whose source nobody has says so', () => {
    expect(JSON.parse(files.get('catalogue/rules.json')!)).toMatchObject([
      { id: 'toy.door-guarded', versions: [{ sha256: 'v1', source: null, reason: expect.stringContaining('no program') }] },
      { id: 'toy.door-locked' },
      { id: 'toy.door-shut' },
    ]);
  });
});
