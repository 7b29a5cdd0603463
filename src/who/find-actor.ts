import type { Attribution } from '#src/alerts/message.ts';
import { CallFailure, type Connection, type Place, type Transport } from '#src/collector.ts';
import { type Scope, scopeKey } from '#src/evidence/store.ts';
import type { Finding, Investigator } from '#src/investigator.ts';
import { openLogs, type Remembered } from './logs.ts';

export interface ActorQuestion {
  readonly scope: Scope;
  /** Its key. */
  readonly item: string;
  /** As it was seen after the change; where it is gone, as it was seen last. */
  readonly snapshot: object;
  /** The last look before the change, epoch ms; null where there was none. */
  readonly from: number | null;
  /** The first look after it. */
  readonly to: number;
}

/** Who changed an item between two looks. Never rejects; where it is not known, the answer says why. */
export type FindActor = (question: ActorQuestion) => Promise<Attribution>;

interface Deps {
  readonly connections: readonly Connection[];
  /** Who reads its logs; undefined where nobody does. */
  readonly investigatorOf: (connection: Connection) => Investigator | undefined;
  /** Epoch ms. */
  readonly now: () => number;
  /** Milliseconds after which the answer is that nobody answered. */
  readonly patience?: number;
}

/** So long (ms) an answer that will not change is kept, one that says nothing, one while the log may be behind, and what was read of a log. */
const kept = { answer: 3_600_000, silence: 600_000, behind: 90_000, reading: 90_000 };
const mostAnswers = 5_000;
const mostReadings = 50;

interface Asked extends ActorQuestion {
  readonly from: number;
  readonly answer: (attribution: Attribution) => void;
}

/** What was read of the logs of one place for one interval. */
interface Reading {
  readonly now: number;
  readonly remembered: Remembered;
  before: number;
}

/**
 * Asks the logs of the connections. Questions that come together about one place and interval are asked together, and what was read for one
 * is there for the next.
 */
export function findActorOver({ connections, investigatorOf, now, patience = 30_000 }: Deps): FindActor {
  const answers = new Map<string, { readonly until: number; readonly told: Promise<Attribution> }>();
  const readings = new Map<string, Reading>();
  const waiting = new Map<string, Asked[]>();

  return (question) => {
    const { scope, item, from, to } = question;
    const name = `${scopeKey(scope)} ${item} ${from} ${to}`;
    const known = answers.get(name);
    if (known && known.until > now()) return known.told;
    if (from === null) return Promise.resolve(unknown(question, 'nobody had looked before'));
    const told = new Promise<Attribution>((answer) => {
      const group = JSON.stringify([scope.connection, scope.account, scope.region, from, to]);
      const asked = { ...question, from, answer };
      const together = waiting.get(group) ?? [];
      together.push(asked);
      if (together.length > 1) return;
      waiting.set(group, together);
      setImmediate(() => {
        waiting.delete(group);
        void ask(group, together);
      });
    });
    remember(answers, name, { until: now() + patience, told }, mostAnswers);
    void told.then((attribution) => remember(answers, name, { until: keptUntil(attribution, now()), told }, mostAnswers));
    return told;
  };

  async function ask(group: string, asked: readonly Asked[]): Promise<void> {
    const findings = await withinPatience(asked, (signal) => investigate(group, asked, signal)).catch((error: unknown) =>
      everyOne(asked, `asking failed: ${Error.isError(error) ? error.message : String(error)}`),
    );
    asked.forEach((question, i) => {
      question.answer(attributionOf(question, findings[i]!));
    });
  }

  async function investigate(group: string, asked: readonly Asked[], signal: AbortSignal): Promise<Finding[]> {
    const { scope, from, to } = asked[0]!;
    const connection = connections.find(({ id }) => id === scope.connection);
    const investigator = connection && investigatorOf(connection);
    if (!investigator) return everyOne(asked, 'no log of this connection is read');
    const reading = readingOf(group);
    const place = { account: scope.account, region: scope.region };
    const inquiry = {
      from,
      to,
      now: reading.now,
      before: reading.before,
      questions: asked.map(({ scope: { population }, item, snapshot }) => ({ population, item, snapshot: { ...snapshot } })),
    };
    reading.before += asked.length;
    const logs = openLogs(investigator.reads, {
      transport: enteringOnce(connection, place, signal),
      remembered: reading.remembered,
      late: () => signal.aborted,
    });
    return investigator.investigate(logs as never, place, inquiry);
  }

  function readingOf(group: string): Reading {
    const held = readings.get(group);
    if (held && now() - held.now < kept.reading) return held;
    const reading: Reading = { now: now(), remembered: new Map(), before: 0 };
    remember(readings, group, reading, mostReadings);
    return reading;
  }

  /** Shortly before the time is over no call is begun or waited for any more, so that what was read by then is told. */
  async function withinPatience(asked: readonly Asked[], find: (signal: AbortSignal) => Promise<Finding[]>): Promise<Finding[]> {
    const silence = everyOne(asked, `the logs did not answer within ${patience / 1000} seconds`, now() + kept.silence);
    const over = timer(patience);
    try {
      return await Promise.race([find(AbortSignal.timeout(patience * 0.9)), over.then(() => silence)]);
    } finally {
      over.clear();
    }
  }
}

function timer(span: number): Promise<void> & { clear(): void } {
  let handle: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    handle = setTimeout(resolve, span);
  });
  return Object.assign(over, { clear: () => clearTimeout(handle) });
}

/** An account that no cycle of this process has entered yet is entered first. */
function enteringOnce(connection: Connection, place: Place, signal: AbortSignal): Transport {
  return {
    async *call(operation, parameters, paged) {
      let answered = false;
      try {
        for await (const answer of connection.open(place, signal).call(operation, parameters, paged)) {
          answered = true;
          yield answer;
        }
      } catch (error) {
        if (answered || !(error instanceof CallFailure) || error.code !== 'not-entered') throw error;
        await connection.places();
        yield* connection.open(place, signal).call(operation, parameters, paged);
      }
    },
  };
}

const everyOne = (asked: readonly Asked[], why: string, again?: number): Finding[] =>
  asked.map(() => ({ known: false, why, ...(again !== undefined && { again }) }));

function attributionOf(question: Asked, finding: Finding): Attribution {
  if (finding.known) return finding;
  const { why, again, at } = finding;
  return {
    known: false,
    from: at ?? question.from,
    to: at ?? question.to,
    why,
    ...(again !== undefined && { again }),
  };
}

const unknown = ({ from, to }: ActorQuestion, why: string): Attribution => ({ known: false, from, to, why });

const keptUntil = ({ known, again }: Attribution, now: number): number => {
  if (again === undefined) return now + (known ? kept.answer : kept.silence);
  return known ? again : now + kept.behind;
};

/** The oldest go first. */
function remember<V>(map: Map<string, V>, name: string, value: V, most: number): void {
  map.delete(name);
  map.set(name, value);
  const [oldest] = map.keys();
  if (map.size > most) map.delete(oldest!);
}
