import { type MessagePort, workerData } from 'node:worker_threads';
import pg from 'pg';

/*
 * The thread that owns the connection to PostgreSQL. The thread that asks waits for it, so that the evidence is written by the same
 * synchronous code in every engine. A batch is one round trip: all its steps are sent, then the answers read.
 */

export interface Step {
  readonly text: string;
  readonly values: readonly StepValue[];
  /** Several statements in one text, without values. */
  readonly script?: boolean;
}

type StepValue = null | number | bigint | string | Uint8Array;

export interface Batch {
  readonly steps: readonly Step[];
  /** The rows of the last step are waited for. */
  readonly answer: boolean;
  /** Goes ahead although something failed before: taking back, ending. */
  readonly anyway?: boolean;
}

/** Text as PostgreSQL writes it; null for null. `types` are its object ids. */
export interface Rows {
  readonly columns: readonly { readonly name: string; readonly type: number }[];
  readonly rows: readonly (readonly (string | null)[])[];
}

export interface Failure {
  readonly message: string;
  /** SQLSTATE, or the code of the operating system. */
  readonly code: string;
}

export type Answer = { readonly ok: Rows } | { readonly failed: Failure };

export interface WorkerGiven {
  readonly port: MessagePort;
  /** [0] grows with every sign of life, [1] with every batch that is done. */
  readonly signal: Int32Array;
  readonly connection: pg.ClientConfig & { readonly checkName: boolean };
}

const { port, signal, connection } = workerData as WorkerGiven;
const client = new pg.Client({
  ...connection,
  ...(connection.ssl && { ssl: { ...Object(connection.ssl), ...(!connection.checkName && { checkServerIdentity: () => undefined }) } }),
  keepAlive: true,
  keepAliveInitialDelayMillis: 10_000,
});
// The statement under way is told as well.
client.on('error', () => undefined);

/** What a batch that nobody waited for ended with: the next answer. */
let failed: Failure | null = null;
const nothing: Rows = { columns: [], rows: [] };

let before = connect();
port.on('message', (batch: Batch) => {
  before = before.then(() => perform(batch));
});

async function connect(): Promise<void> {
  try {
    await client.connect();
    say({ ok: nothing });
  } catch (error) {
    say({ failed: failureOf(error) });
  }
}

async function perform({ steps, answer, anyway = false }: Batch): Promise<void> {
  if (anyway) failed = null;
  let said: Answer;
  try {
    said = failed ? { failed } : { ok: await run(steps) };
  } catch (error) {
    said = { failed: failureOf(error) };
  }
  if (!answer && 'failed' in said) failed = said.failed;
  Atomics.add(signal, 1, 1);
  if (answer) say(said);
  else stir();
}

function say(answer: Answer): void {
  port.postMessage(answer);
  stir();
}

function stir(): void {
  Atomics.add(signal, 0, 1);
  Atomics.notify(signal, 0);
}

function failureOf(error: unknown): Failure {
  const { message, code } = error as { message?: string; code?: unknown };
  return { message: message || String(code ?? error), code: typeof code === 'string' ? code : '' };
}

/** Statements by their text and the types of their values. Their names are never used again. */
const prepared = new Map<string, string>();
let names = 0;

/** The rows of the last step. */
function run(steps: readonly Step[]): Promise<Rows> {
  return new Promise((resolve, reject) => {
    const introduced: string[] = [];
    const last = steps.length - 1;
    const columns: { name: string; type: number }[] = [];
    const rows: (string | null)[][] = [];
    let done = 0;
    client.query({
      submit(given: pg.Connection) {
        const connection = given as unknown as Wire;
        connection.stream.cork();
        if (steps[0]?.script) connection.query(steps[0].text);
        else {
          for (const [i, step] of steps.entries()) send(connection, step, i === last, introduced);
          connection.sync();
        }
        process.nextTick(() => connection.stream.uncork());
      },
      handleRowDescription({ fields }: { fields: { name: string; dataTypeID: number }[] }) {
        for (const { name, dataTypeID } of fields) columns.push({ name, type: dataTypeID });
      },
      handleDataRow({ fields }: { fields: (string | null)[] }) {
        if (done === last) rows.push(fields);
        if (rows.length % 4_096 === 4_095) stir();
      },
      handleCommandComplete: () => (done += 1),
      handleEmptyQuery: () => (done += 1),
      handleReadyForQuery: () => resolve({ columns, rows }),
      handleError(error: Error) {
        for (const key of introduced) prepared.delete(key);
        reject(error);
      },
    } as pg.Submittable);
  });
}

/** What of a connection is spoken here; its declared type asks for more than it takes. */
interface Wire {
  readonly stream: { cork(): void; uncork(): void };
  query(text: string): void;
  parse(message: { name: string; text: string; types: number[] }): void;
  bind(message: { statement: string; values: readonly StepValue[]; valueMapper: (value: StepValue) => unknown }): void;
  describe(message: { type: 'P' }): void;
  execute(): void;
  sync(): void;
}

function send(connection: Wire, { text, values }: Step, last: boolean, introduced: string[]): void {
  const types = values.map(typeOf);
  const key = `${types.join()} ${text}`;
  let name = prepared.get(key);
  if (name === undefined) {
    name = `s${++names}`;
    prepared.set(key, name);
    introduced.push(key);
    connection.parse({ name, text, types });
  }
  connection.bind({ statement: name, values, valueMapper: written });
  if (last) connection.describe({ type: 'P' });
  connection.execute();
}

const [unspecified, bytea, int8, textType, float8] = [0, 17, 20, 25, 701];

/** Whole numbers are sent as the widest type, so that one that fits no column is unequal to all rather than an error. */
function typeOf(value: StepValue): number {
  if (value === null) return unspecified;
  if (typeof value === 'string') return textType;
  if (typeof value !== 'number') return typeof value === 'bigint' ? int8 : bytea;
  return Number.isSafeInteger(value) ? int8 : float8;
}

const written = (value: StepValue): unknown =>
  value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value === null ? null : String(value);
