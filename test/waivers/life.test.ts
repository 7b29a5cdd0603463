import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { tellWaivers } from '#src/waivers/tell.ts';
import { stateAt, type Waiver, waivedAt } from '#src/waivers/waivers.ts';
import { type Dated, decision, iso, leaves, on, people, request, roster, rule, scope } from './leaves.ts';

const plain = (_: string, name: string) => name;
const told = (...given: readonly Dated[]) => tellWaivers(leaves(...given), plain);
const one = (...given: readonly Dated[]): Waiver => told(...given).waivers[0]!;
const flaws = ({ steps }: Waiver) => steps.map(({ step, flaw }) => `${step}: ${flaw}`);
const anna = 'anna@acme.example';

describe('the life of a waiver', () => {
  test('it is in force from the leaf of its approval, not from the request, until its end', () => {
    const waiver = one([1, request(1)], [3, decision('approved', 2, anna)]);
    expect(waiver.inForce).toEqual({ from: on(3), to: on(30) });
    const states = [0.5, 1, 2.9, 3, 29.9, 30].map((at) => stateAt(waiver, on(at)));
    expect(states).toEqual(['void', 'requested', 'requested', 'approved', 'approved', 'expired']);
    const under = (at: number, item = 'sg-1', where = scope) => waivedAt([waiver], rule, where, item, on(at))?.id ?? null;
    expect([under(2.9), under(3), under(29.9), under(30)]).toEqual([null, 'W-000001', 'W-000001', null]);
    expect([under(3, 'sg-2'), under(3, 'sg-1', `${scope}s`)]).toEqual([null, null]);
    expect(waivedAt([waiver], 'another', scope, 'sg-1', on(3))).toBeNull();
  });

  test('it may be refused, be withdrawn before and after its approval, and lapse undecided', () => {
    const refused = one([1, request(1)], [2, decision('refused', 2, anna)]);
    expect([refused.inForce, stateAt(refused, on(2))]).toEqual([null, 'refused']);
    expect(stateAt(one([1, request(1)], [2, decision('withdrawn', 2, 'cy@acme.example')]), on(2))).toBe('withdrawn');
    expect(stateAt(one([1, request(1)]), on(30))).toBe('lapsed');
    const ended = one([1, request(1)], [2, decision('approved', 2, anna)], [5, decision('withdrawn', 5, 'bo@acme.example')]);
    expect(ended.inForce).toEqual({ from: on(2), to: on(5) });
    expect([stateAt(ended, on(4)), stateAt(ended, on(5))]).toEqual(['approved', 'withdrawn']);
  });

  test('a renewal is a waiver of its own, asked for before or after the end and approved again', () => {
    const renewal = (at: number, over = {}) => request(at, { waiver: 'W-000002', renews: 'W-000001', until: iso(on(60)), ...over });
    const approval = (at: number) => decision('approved', at, anna, { waiver: 'W-000002' });
    const first = [
      [1, request(1)],
      [2, decision('approved', 2, anna)],
    ] as const;
    for (const at of [20, 40]) {
      const [before, after] = told(...first, [at, renewal(at)], [at + 1, approval(at + 1)]).waivers;
      expect(before).toMatchObject({ renewedBy: 'W-000002', inForce: { from: on(2), to: on(30) } });
      expect(after).toMatchObject({ renews: 'W-000001', inForce: { from: on(at + 1), to: on(60) } });
    }
    const flawOf = (over: Record<string, unknown>) =>
      told(...first, [20, renewal(20, over)])
        .waivers.at(-1)!
        .steps.at(-1)!.flaw;
    expect(flawOf({ renews: 'W-000009' })).toBe('W-000009, which it renews, was never approved');
    expect(flawOf({ rule: 'another' })).toBe('W-000001, which it renews, is about another rule');
    expect(flawOf({ items: [{ scope, item: 'sg-2' }] })).toBe('it names items that W-000001 does not');
    expect(flawOf({ until: iso(on(30)) })).toBe('it ends no later than W-000001, which it renews');
    expect(told([1, request(1)], [20, renewal(20)]).waivers[1]!.steps[0]!.flaw).toContain('was never approved');
  });
});

describe('a leaf that breaks a rule is told with its flaw, and changes nothing', () => {
  test.each([
    ['the same address in other letters', 'CY@ACME.example', 'Cy Moss is no approver'],
    ['somebody without the role', 'cy@acme.example', 'Cy Moss is no approver'],
    ['nobody who is known', 'eve@acme.example', 'eve@acme.example was none of the people recorded then'],
  ])('approved by %s', (_, by, flaw) => {
    const waiver = one([1, request(1)], [2, decision('approved', 2, by)]);
    expect(flaws(waiver)).toEqual(['requested: null', `approved: ${flaw}`]);
    expect([waiver.inForce, stateAt(waiver, on(3))]).toEqual([null, 'requested']);
  });

  test.each([
    ['the same address', anna],
    ['in other letters', 'ANNA@Acme.Example '],
    ['by another address of the same person', 'a.berg@acme.example'],
  ])('who asked approves: %s', (_, by) => {
    const asked = [1, request(1, { by: anna })] as const;
    expect(flaws(one(asked, [2, decision('approved', 2, by)]))[1]).toBe('approved: Anna Berg asked for it, and who asks does not decide');
    expect(flaws(one(asked, [2, decision('refused', 2, by)]))[1]).toContain('who asks does not decide');
  });

  test('who asked approves under an address that was added, or a name kept, meanwhile', () => {
    const asked = [1, request(1)] as const;
    const cy = { email: 'cy@acme.example', also: ['moss@acme.example'], name: 'Cy Moss', roles: ['approver'] };
    for (const who of [cy, { ...cy, email: 'moss@acme.example', also: [] }]) {
      const waiver = one(asked, [1.5, roster(90, [...people.slice(0, 2), who])], [2, decision('approved', 2, 'moss@acme.example')]);
      expect(waiver.inForce).toBeNull();
    }
  });

  test('roles count as they were then: a later roster neither gives nor takes an approval', () => {
    const without = roster(90, people.slice(1));
    expect(one([1, request(1)], [2, decision('approved', 2, anna)], [3, without]).inForce).not.toBeNull();
    expect(one([1, request(1)], [1.5, without], [2, decision('approved', 2, anna)], [3, roster()]).inForce).toBeNull();
  });

  test('it lasts too long, is over before it begins, is dated back, or names no single items', () => {
    const flawOf = (over: Record<string, unknown>, at = 1) => one([at, request(at, over)]).steps[0]!.flaw;
    expect(flawOf({ until: iso(on(91)) })).toBeNull();
    expect(flawOf({ until: iso(on(91) + 1) })).toBe('it lasts longer than the 90 days that a waiver may last');
    expect(flawOf({ until: iso(on(1)) })).toBe('it ends before it begins');
    expect(flawOf({ items: [{ scope, item: 'sg-*' }] })).toBe('it does not name its items one by one');
    expect(flawOf({ items: [1, 2].map(() => ({ scope, item: 'sg-1' })) })).toBe('it names an item twice');
    expect(one([4, request(4)], [2, decision('approved', 2, anna)]).steps[1]!.flaw).toBe(
      `it is dated back: the ledger had come to ${iso(on(4))}`,
    );
    expect(one([1, request(1)], [5, roster(10)], [6, decision('approved', 6, anna)]).steps[1]!.flaw).toContain('the 10 days');
  });

  test('what is decided stays decided, and nothing is decided after the end', () => {
    const after = (...steps: readonly Dated[]) => flaws(one([1, request(1)], ...steps)).at(-1);
    const approved = [2, decision('approved', 2, anna)] as const;
    const withdrawn = [3, decision('withdrawn', 3, 'cy@acme.example')] as const;
    expect(after(approved, [3, decision('approved', 3, 'bo@acme.example')])).toBe('approved: W-000001 was approved already');
    expect(after(approved, [3, decision('refused', 3, 'bo@acme.example')])).toBe('refused: W-000001 was approved already');
    expect(after(withdrawn, [4, decision('approved', 4, anna)])).toBe('approved: W-000001 was withdrawn already');
    expect(after([31, decision('approved', 31, anna)])).toBe(`approved: its end, ${iso(on(30))}, had come`);
    expect(after(approved, [31, decision('withdrawn', 31, anna)])).toContain('had come');
    expect(flaws(one([1, request(1)], approved, [3, request(3)])).at(-1)).toBe('requested: there is a W-000001 already');
    expect(flaws(one([1, request(1, { by: 'eve@x.example' })], approved)).at(-1)).toBe('approved: the request itself is not honoured');
    const dan = { email: 'dan@acme.example', also: [], name: 'Dan', roles: ['owner'] };
    expect(after([1, roster(90, [...people, dan])], [2, decision('withdrawn', 2, 'dan@acme.example')])).toBe(
      'withdrawn: Dan neither asked for it nor is an approver',
    );
  });

  test('a leaf about no waiver, or of another form, is told apart', () => {
    expect(told([1, decision('approved', 1, anna)]).strays).toEqual([
      { index: 1, at: on(1), flaw: 'unasked', says: 'nobody had asked for W-000001' },
    ]);
    expect(told([1, request(1, { until: 'soon' })]).strays).toEqual([
      { index: 1, at: on(1), flaw: 'form', says: 'it is not of the form of a waiver' },
    ]);
    expect(tellWaivers(leaves([1, request(1)]).slice(1), plain).waivers[0]!.steps[0]!.flaw).toContain('none of the people');
  });
});

/** Leaves of a few people about two waivers, in any order, also such as nobody would have been let write. */
const anyLeaves = fc.array(
  fc.record({
    wait: fc.integer({ min: -1, max: 8 }),
    body: fc.oneof(
      fc.record({
        waiver: fc.constantFrom('W-000001', 'W-000002'),
        by: fc.constantFrom('cy@acme.example', anna),
        days: fc.integer({ min: -1, max: 95 }),
        renews: fc.boolean(),
      }),
      fc.record({
        waiver: fc.constantFrom('W-000001', 'W-000002'),
        step: fc.constantFrom('approved' as const, 'refused' as const, 'withdrawn' as const),
        by: fc.constantFrom('cy@acme.example', anna, 'a.berg@acme.example', 'bo@acme.example', 'eve@acme.example'),
      }),
      fc.constantFrom(30, 90),
    ),
  }),
  { maxLength: 14 },
);

function ledgerOf(given: readonly { wait: number; body: unknown }[]) {
  let at = 1;
  return leaves(
    ...(given as readonly { wait: number; body: any }[]).map(({ wait, body }): [number, unknown] => {
      at += wait;
      if (typeof body === 'number') return [at, roster(body)];
      if (body.step) return [at, decision(body.step, at, body.by, { waiver: body.waiver })];
      const renews = body.renews && body.waiver === 'W-000002' ? { renews: 'W-000001' } : {};
      return [at, request(at, { waiver: body.waiver, by: body.by, until: iso(on(at + body.days)), ...renews })];
    }),
  );
}

test('whatever stands in the ledger: nothing is in force that somebody with the role, and another than who asked, did not approve in time', () => {
  fc.assert(
    fc.property(anyLeaves, (given) => {
      const ledger = ledgerOf(given);
      const { waivers } = tellWaivers(ledger, plain);
      for (const { inForce, steps, until } of waivers) {
        if (inForce === null) continue;
        const [asked, approved] = ['requested', 'approved'].map((step) => steps.find((each) => each.step === step && each.flaw === null)!);
        expect(approved!.index).toBeGreaterThan(asked!.index);
        expect(inForce.from).toBe(approved!.at);
        expect(inForce.from).toBeGreaterThanOrEqual(Math.max(...ledger.slice(0, approved!.index).map(({ asOf }) => asOf)));
        expect(until - inForce.from).toBeLessThanOrEqual(90 * 86_400_000);
        expect(approved!.name).not.toBe(asked!.name);
        expect(['Anna Berg', 'Bo Lind']).toContain(approved!.name);
      }
      // A leaf with a flaw may as well not be there.
      const flawed = new Set(waivers.flatMap(({ steps }) => steps.filter(({ flaw }) => flaw !== null).map(({ index }) => index)));
      const without = tellWaivers(
        ledger.filter(({ index }) => !flawed.has(index)),
        plain,
      ).waivers;
      const honest = (list: readonly Waiver[]) =>
        list
          .filter(({ steps }) => steps[0]!.flaw === null)
          .map((waiver) => ({ ...waiver, steps: waiver.steps.filter(({ flaw }) => flaw === null) }));
      expect(honest(without)).toEqual(honest(waivers));
      // What was in force then is not changed by what was recorded later.
      for (let size = 1; size <= ledger.length; size++) {
        const now = Math.max(...ledger.slice(0, size).map(({ asOf }) => asOf));
        const then = tellWaivers(ledger.slice(0, size), plain).waivers;
        const under = (list: readonly Waiver[]) => list.filter((each) => waivedAt([each], rule, scope, 'sg-1', now)).map(({ id }) => id);
        const later = ledger.slice(size).filter(({ asOf }) => asOf <= now);
        if (later.length === 0) expect(under(waivers)).toEqual(under(then));
      }
    }),
    { numRuns: 400 },
  );
});
