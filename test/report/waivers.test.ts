import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import remediatedRule from '#rules/meta/finding-remediated-in-sla.ts';
import waiverRule from '#rules/meta/waiver-approved-and-unexpired.ts';
import { day, decide, openHouse, request, start } from '#test/actions/house.ts';
import { toyRules } from '#test/cycle/world.ts';

const control = (id: string, key: string) =>
  `- { id: ${id}, title: ${id}, statement: It is so., owner: Janitor, type: [preventive, automated], frequency: continuous, criteria: [CC6.4], key: [${key}], supporting: [] }\n`;
const starter = join(mkdtempSync(join(tmpdir(), 'holdfast-waived-')), 'controls.yaml');
writeFileSync(
  starter,
  control('ZZ-01', 'toy.door-shut') +
    control('ZZ-02', 'meta.finding-remediated-in-sla') +
    control('ZZ-03', 'meta.waiver-approved-and-unexpired'),
);

/** Sixteen days with a door that stands open; accepted from day 2 until day 10, or not. Its deadline is day 7. */
async function sixteenDays(waived: boolean) {
  const house = await openHouse({ rules: [...toyRules, remediatedRule, waiverRule], starter });
  for (let at = 0; at <= 16; at++) {
    if (at > 0) for (const hour of [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22]) await house.look((at - 1) * 24 + hour + 2);
    if (waived && at === 1) await house.act(request({ until: start + 10 * day }));
    if (waived && at === 2) await house.act(decide('approve', house.waivers()[0]!.id), 'anna@house.example');
  }
  return house;
}

test('a waiver is shown beside what it accepts, and changes nothing that is counted or concluded of it', async () => {
  await using bare = await sixteenDays(false);
  await using house = await sixteenDays(true);
  const told = (of: typeof house, at: number) => {
    const { tally, grade, conclusion, strip, observed, detail } = of
      .report(at)
      .controls()
      .find(({ id }) => id === 'ZZ-01')!;
    const { waivedInPart: _, ...counted } = tally;
    return { counted, grade, conclusion, strip, observed, measures: detail.parts.flatMap(({ key }) => key.map(({ measure }) => measure)) };
  };
  for (const at of [3, 9, 15]) expect(told(house, start + at * day)).toEqual(told(bare, start + at * day));
  const at = start + 9 * day;
  expect(house.report(at).controls()[0]!.tally).toMatchObject({ underWaiver: 0, waivedInPart: 1, open: 1 });
  const [row] = house.report(at).deviations();
  expect(row).toMatchObject({ clock: 'overdue', waivers: [{ requestedBy: 'Cy Moss', approvedBy: 'Anna Berg' }] });
  const { waivers: _, ...rest } = row!;
  expect(bare.report(at).deviations()[0]).toEqual({ ...rest, waivers: [] });
  expect(house.report(at).status().deviations).toMatchObject({ open: 1, waived: 1, overdue: 1 });
});

test('what is accepted in time is dealt with while it is accepted; once it expired the deadline counts, and the waiver fails', async () => {
  await using house = await sixteenDays(true);
  const concluded = (id: string, at: number) =>
    house
      .report(start + at * day)
      .controls()
      .find((each) => each.id === id)!.conclusion;
  const { id } = house.waivers()[0]!;
  expect([concluded('ZZ-02', 9), concluded('ZZ-03', 9)]).toEqual(['no-deviations-noted', 'no-deviations-noted']);
  expect([concluded('ZZ-02', 15), concluded('ZZ-03', 15)]).toEqual(['deviations-noted', 'deviations-noted']);
  const own = (at: number) =>
    house
      .report(start + at * day)
      .deviations()
      .find(({ rule }) => rule === waiverRule.id);
  expect(own(9)).toBeUndefined();
  expect(own(15)).toMatchObject({ item: id, firstBad: '2026-03-11T00:00:00.000Z', message: expect.stringContaining('still fails') });
  const row = house.report(start + 15 * day).results({ rule: waiverRule.id });
  expect(row).toMatchObject([{ item: id, result: 'fail', since: '2026-03-11T00:00:00.000Z' }]);
  house.world.doors.north![1]!.open = false;
  await house.look(17 * 24);
  expect(house.report(start + 17 * day).results({ rule: waiverRule.id })).toEqual([]);
  expect(own(17)).toMatchObject({ firstGood: '2026-03-18T00:00:00.000Z', closedBy: 'gone' });
});
