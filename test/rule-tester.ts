import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { type Judgement, judge, judgePopulations, type Members } from '#src/cycle/evaluate.ts';
import { day } from '#src/duration.ts';
import type { FieldsOf, Identity, Observed, Population, Unread } from '#src/population.ts';
import { flawIn } from '#src/population.ts';
import type { CadenceRule, ItemRule, PopulationRule, Rule, Verdict } from '#src/rule.ts';
import { cutOff, deepFreeze } from './cut-off.ts';

/** The instant at which examples and cases are judged, unless they say otherwise. */
const asOf = Date.parse('2026-01-15T00:00:00Z');
const firstSeen = asOf - 30 * day;
const refused: Unread = { unread: 'denied', call: 'provider:Call', needs: 'provider:Permission', detail: 'AccessDenied' };

/** A patch on the population's example, with what the case is about besides. Instants are ISO 8601. */
type Case<T, M extends string> = Partial<T & Identity> & {
  readonly $message?: M;
  readonly $parameters?: Record<string, unknown>;
  readonly $asOf?: string;
  readonly $firstSeen?: string;
};

export interface Cases<T, M extends string> {
  readonly pass?: readonly Case<T, M>[];
  readonly fail?: readonly Case<T, M>[];
  readonly notApplicable?: readonly Case<T, M>[];
  readonly pending?: readonly Case<T, M>[];
}

export interface Situations<Ps extends Readonly<Record<string, Population>>, M extends string> {
  readonly situations?: readonly {
    readonly title: string;
    readonly given: { readonly [P in keyof Ps]: readonly Partial<FieldsOf<Ps[P]> & Identity>[] };
    readonly expect: Readonly<Record<string, { readonly result: Verdict['result']; readonly message?: M }>>;
    readonly parameters?: Record<string, unknown>;
    readonly asOf?: string;
  }[];
}

/** Runs a rule on its own examples and on the cases, then proves what every rule must hold and no author thinks of. */
export function testRule<T, K extends keyof T, M extends string>(
  rule: ItemRule<T, K, any, M> | CadenceRule<T, K, any, M>,
  cases?: Cases<T, M>,
): void;
export function testRule<Ps extends Readonly<Record<string, Population>>, M extends string>(
  rule: PopulationRule<Ps, any, any, M>,
  cases?: Situations<Ps, M>,
): void;
export function testRule(rule: Rule, cases: Cases<any, any> | Situations<any, any> = {}): void {
  describe(rule.id, () => {
    test('speaks for itself', () => {
      for (const text of [rule.title, rule.rationale, rule.remediation]) expect(text).toMatch(/^\S.{8,}[^\s]$/s);
      expect(rule.title).not.toMatch(/^Ensure|[Cc]ompliant|[Ee]ffective|[Cc]ertified/);
      expect(() => rule.parameters.parse({})).not.toThrow();
      const described = Object.entries((rule.parameters as { shape?: Record<string, { description?: string }> }).shape ?? {});
      expect(described.filter(([, schema]) => !schema.description).map(([name]) => name)).toEqual([]);
    });
    if (rule.over === 'populations') testPopulationRule(rule, cases as Situations<any, any>);
    else testItemRule(rule, cases as Cases<any, any>);
  });
}

const outcomes = { pass: 'pass', fail: 'fail', notApplicable: 'not-applicable', pending: 'pending' } as const;

function testItemRule(rule: ItemRule | CadenceRule, cases: Cases<any, any>): void {
  const all = (Object.keys(outcomes) as (keyof typeof outcomes)[]).flatMap((kind) =>
    [...(rule.examples[kind] ?? []), ...(cases[kind] ?? [])].map((given): [Verdict['result'], Case<any, any>] => [outcomes[kind], given]),
  );
  const run = (
    { $parameters = {}, $asOf, $firstSeen, $message: _, ...patch }: Case<any, any>,
    instant = $asOf ? Date.parse($asOf) : asOf,
  ): Judgement => {
    const item = deepFreeze(structuredClone({ ...rule.population.example, ...patch })) as Observed<object>;
    const seen = { item, firstSeen: $firstSeen ? Date.parse($firstSeen) : firstSeen };
    const parameters = deepFreeze(rule.parameters.parse($parameters));
    return cutOff(() => judge(rule, seen, instant, parameters));
  };

  test('has examples of both results, on a valid example item', () => {
    expect(rule.examples.pass.length).toBeGreaterThan(0);
    if (rule.kind !== 'cadence') expect(rule.examples.fail.length).toBeGreaterThan(0);
    expect(flawIn(rule.population, rule.population.example as never)).toBeNull();
    for (const [, given] of all) {
      const patch = Object.fromEntries(Object.entries(given).filter(([name]) => !name.startsWith('$')));
      expect(flawIn(rule.population, { ...rule.population.example, ...patch } as never)).toBeNull();
    }
  });

  test.each(all)('%s: %j', (result, given) => {
    const judged = run(given);
    expect({ result: judged.result, message: judged.message }).toEqual({
      result,
      message: expect.not.stringMatching(/\{\w+\}|undefined|NaN|\[object/),
    });
    if (given.$message !== undefined) expect(judged.message).toBe(fill((rule.messages as Record<string, string>)[given.$message]!, judged));
    expect(run(given)).toEqual(judged);
    const instant = given.$asOf ? Date.parse(given.$asOf) : asOf;
    if (judged.until !== undefined) expect(judged.until).toBeGreaterThan(instant);
    // Until the rule itself says that it may judge differently, time alone changes nothing.
    const later = judged.until === undefined ? instant + 400 * day : judged.until - 1;
    expect(run(given, later)).toEqual(judged);
  });

  test.each((rule.inspects as readonly string[]).map((field) => [field]))('%s unread is unobserved, never another result', (field) => {
    const item = { ...rule.population.example, [field]: refused } as Observed<object>;
    const judged = judge(rule, { item, firstSeen }, asOf, rule.parameters.parse({}));
    expect(judged.result).toBe('unobserved');
    for (const part of ['provider:Call', 'provider:Permission', 'denied']) expect(judged.message).toContain(part);
  });

  test('every message is reached, and no case is given twice', () => {
    const reached = all.map(([, given]) => run(given).message);
    const unreached = Object.entries(rule.messages as Record<string, string>).filter(
      ([, text]) => !reached.some((message) => matches(text, message)),
    );
    expect(unreached.map(([id]) => id)).toEqual([]);
    const seen = all.map(([, given]) => ({ ...rule.population.example, $parameters: {}, ...given, $message: undefined }));
    expect(all.filter((_, i) => seen.some((other, j) => j < i && isDeepStrictEqual(other, seen[i])))).toEqual([]);
  });
}

function testPopulationRule(rule: PopulationRule, { situations = [] }: Situations<any, any>): void {
  const names = Object.keys(rule.populations);
  const first = names[0]!;
  const inspects = rule.inspects as Record<string, readonly string[]>;
  const all = [...rule.examples, ...situations].map((situation): [string, NonNullable<Situations<any, any>['situations']>[number]] => [
    situation.title,
    situation,
  ]);
  const membersOf = (given: Readonly<Record<string, readonly object[]>>): Record<string, Members> =>
    Object.fromEntries(
      names.map((name) => [
        name,
        {
          complete: true,
          seen: (given[name] ?? []).map((patch) => ({
            firstSeen,
            item: deepFreeze(structuredClone({ ...rule.populations[name].example, ...patch })) as Observed<object>,
          })),
        },
      ]),
    );
  const run = (members: Record<string, Members>, { parameters = {}, asOf: at }: { parameters?: object; asOf?: string } = {}) =>
    cutOff(() => judgePopulations(rule, members, at ? Date.parse(at) : asOf, deepFreeze(rule.parameters.parse(parameters))));

  test.each(all)('%s', (_, situation) => {
    for (const name of names) {
      for (const patch of situation.given[name] ?? [])
        expect(flawIn(rule.populations[name], { ...rule.populations[name].example, ...patch } as never)).toBeNull();
    }
    const members = membersOf(situation.given);
    const judged = run(members, situation);
    const expected = Object.fromEntries(Object.entries(situation.expect).map(([key, { result }]) => [key, result]));
    expect(Object.fromEntries([...judged].map(([key, { result }]) => [key, result]))).toEqual(expected);
    for (const [key, { message }] of Object.entries(situation.expect)) {
      const judgement = judged.get(key)!;
      expect(judgement.message).not.toMatch(/\{\w+\}|undefined|NaN|\[object/);
      if (message !== undefined) expect(judgement.message).toBe(fill((rule.messages as Record<string, string>)[message]!, judgement));
    }
    const reversed = Object.fromEntries(
      Object.entries(members).map(([name, m]) => [name, m.complete ? { ...m, seen: m.seen.toReversed() } : m]),
    );
    expect(Object.fromEntries(run(reversed as never, situation))).toEqual(Object.fromEntries(judged));
  });

  test('a population that was not read completely, or a field of it unread, leaves everything unobserved', () => {
    const given = all.find(([, { given }]) => names.every((name) => (given[name] ?? []).length > 0))?.[1].given;
    expect(given).toBeDefined();
    for (const name of names.slice(1)) {
      const lost: Record<string, Members> = { ...membersOf(given!), [name]: { complete: false, unread: refused } };
      for (const [, { result }] of run(lost)) expect(result).toBe('unobserved');
      for (const field of inspects[name]!) {
        const members = membersOf(given!);
        const population = members[name] as Extract<Members, { complete: true }>;
        const seen = population.seen.map((row, i) =>
          i === 0 ? { ...row, item: { ...row.item, [field]: refused } as Observed<object> } : row,
        );
        for (const [, { result }] of run({ ...members, [name]: { complete: true, seen } })) expect(result).toBe('unobserved');
      }
    }
    for (const field of inspects[first]!) {
      const members = membersOf(given!);
      const population = members[first] as Extract<Members, { complete: true }>;
      const key = population.seen[0]!.item.key;
      const seen = population.seen.map((row, i) =>
        i === 0 ? { ...row, item: { ...row.item, [field]: refused } as Observed<object> } : row,
      );
      expect(run({ ...members, [first]: { complete: true, seen } }).get(key)?.result).toBe('unobserved');
    }
  });

  test('every message is reached', () => {
    const reached = all.flatMap(([, situation]) => [...run(membersOf(situation.given), situation).values()].map(({ message }) => message));
    const unreached = Object.entries(rule.messages as Record<string, string>).filter(
      ([, text]) => !reached.some((message) => matches(text, message)),
    );
    expect(unreached.map(([id]) => id)).toEqual([]);
  });
}

const fill = (text: string, { facts }: Judgement): string => text.replace(/\{(\w+)\}/g, (_, name: string) => String(facts?.[name]));
const matches = (text: string, message: string): boolean =>
  new RegExp(
    `^${text
      .split(/\{\w+\}/)
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('[^]*')}$`,
  ).test(message);
