import { inspect, isDeepStrictEqual } from 'node:util';
import type { EvidenceReading, EvidenceStore, HeldScope } from '#src/evidence/store.ts';

/** Something that two stores are asked alike. */
export interface Question {
  readonly text: string;
  ask(store: EvidenceStore): unknown;
}

/** Questions about what is there and about what is not, over windows that begin and end at looks, beside them, and nowhere near. */
export function* questionsAbout(store: EvidenceStore, count: number, random: () => number): Generator<Question> {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const instants = store.cycles(-Infinity, Infinity).flatMap(({ asOf }) => [asOf - 1, asOf, asOf + 1, asOf + 0.5]);
  const scopes = [...store.held.keys(), 'first/none/global/nothing', ''];
  const runs = [...store.runs({ from: -Infinity, to: Infinity })];
  const items = [...new Set(runs.map(({ item }) => item)), 'nobody', "it's \u0000 \u{10FFFF}0"];
  const rules = [...new Set(runs.map(({ rule }) => rule)), 'example.none'];
  const { size } = store.head();
  const index = () => pick([Math.floor(random() * size), Math.floor(random() * size), -1, size, 2 ** 40]);
  const window = () => {
    const [from, to] = [pick([...instants, -Infinity, 0]), pick([...instants, Infinity, 2 ** 52])];
    return random() < 0.9 && from > to ? { from: to, to: from } : { from, to };
  };
  const kinds: (() => Question)[] = [
    () => {
      const query = {
        ...window(),
        ...(random() < 0.6 && { rule: pick(rules) }),
        ...(random() < 0.4 && { scope: pick(scopes) }),
        ...(random() < 0.4 && { item: pick(items) }),
      };
      return { text: `runs ${inspect(query)}`, ask: (of) => [...of.runs(query)] };
    },
    () => {
      const { from, to } = window();
      return { text: `gaps ${from} ${to}`, ask: (of) => of.gaps(from, to) };
    },
    () => {
      const { from, to } = window();
      return { text: `cycles ${from} ${to}`, ask: (of) => of.cycles(from, to) };
    },
    () => {
      const [scope, item] = [pick(scopes), pick(items)];
      return { text: `history ${scope} ${item}`, ask: (of) => of.history(scope, item) };
    },
    () => {
      const [at, scope] = [index(), pick(scopes)];
      return { text: `calls ${at} ${scope}`, ask: (of) => of.calls(at, scope) };
    },
    () => {
      const [connection, scope] = [pick(['first', 'second', 'third', undefined]), pick(scopes)];
      return {
        text: `last ${connection} ${scope}`,
        ask: (of) => [of.lastCycle(connection), of.lastLookIndex(scope), heldOf(of.held.get(scope))],
      };
    },
    () => {
      const [known, instant] = [Math.min(size, Math.max(0, index())), pick(instants)];
      const { from, to } = window();
      return {
        text: `known at ${known}: gaps and runs ${from} ${to}`,
        ask: (of) => [of.sizeKnownAt(instant), of.writtenAt(known), answers(of.knownAt(known), from, to)],
      };
    },
  ];
  for (let n = 0; n < count; n++) yield kinds[n % kinds.length]!();
}

const heldOf = (scope: HeldScope | undefined): unknown => scope && { ...scope, items: [...scope.items] };

const answers = (of: EvidenceReading, from: number, to: number): unknown => [
  of.head(),
  of.gaps(from, to),
  [...of.runs({ from, to })],
  [...of.held.values()].map(heldOf),
];

/** The questions that two stores answer differently. An error is an answer too. */
export function differences(a: EvidenceStore, b: EvidenceStore, questions: Iterable<Question>): string[] {
  const said = (store: EvidenceStore, { ask }: Question): unknown => {
    try {
      return ask(store);
    } catch (error) {
      return `error ${(error as Error).message}`;
    }
  };
  return [...questions].filter((question) => !isDeepStrictEqual(said(a, question), said(b, question))).map(({ text }) => text);
}
