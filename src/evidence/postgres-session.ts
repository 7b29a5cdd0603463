import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { HoldfastError } from '#src/errors.ts';
import type { Row, Value } from './engine.ts';
import type { PostgresAddress } from './postgres-address.ts';
import type { Answer, Batch, Failure, Rows, Step } from './postgres-worker.ts';

/** A connection whose answers are waited for. Every error of the server comes as PostgresError, a server that is not there as STORE_UNREACHABLE. */
export interface Session {
  ask(sql: string, values?: readonly Value[]): Row[];
  /** Sent without waiting, in order; its error comes with the next answer. */
  send(sql: string, values: readonly Value[]): void;
  /** Several statements in one text; they are waited for, `longer` where that may take a while. Milliseconds. */
  script(sql: string, longer?: number): void;
  /** As `script`, although something failed before. */
  takeBack(sql: string): void;
  close(): void;
}

export class PostgresError extends Error {
  override readonly name = 'PostgresError';
  /** SQLSTATE. */
  readonly code: string;
  constructor({ message, code }: Failure) {
    super(message);
    this.code = code;
  }
}

/** Steps that are gathered before they are sent, and batches that may be under way. */
const [gathered, gatheredBytes, ahead] = [256, 1_000_000, 8];

/** `patience` is how long the server may be silent while it is waited for, in milliseconds. */
export function connect({ name, connection }: PostgresAddress, patience: number): Session {
  const signal = new Int32Array(new SharedArrayBuffer(8));
  const { port1: port, port2 } = new MessageChannel();
  const worker = new Worker(new URL('./postgres-worker.ts', import.meta.url), {
    workerData: { port: port2, signal, connection },
    transferList: [port2],
    // What the environment says of PostgreSQL is not ours.
    env: {},
  });
  let dead: string | null = null;
  worker.on('error', (error) => (dead ??= String(error)));
  worker.unref();
  port.unref();

  let waiting: Step[] = [];
  let bytes = 0;
  let posted = 0;

  const unreachable = (reason: string) => new HoldfastError('STORE_UNREACHABLE', { store: name, reason });
  const die = (reason: string): HoldfastError => {
    dead ??= reason;
    void worker.terminate();
    port.close();
    return unreachable(dead);
  };
  /** Waits until `ready` gives something. */
  const until = <T>(ready: () => T | undefined, silence = patience): T => {
    for (;;) {
      const heard = Atomics.load(signal, 0);
      const found = ready();
      if (found !== undefined) return found;
      if (Atomics.wait(signal, 0, heard, silence) === 'timed-out') throw die(`it was silent for ${silence / 1000} s`);
    }
  };
  const answer = (silence?: number): Rows => {
    const said = until(() => receiveMessageOnPort(port)?.message as Answer | undefined, silence);
    if ('ok' in said) return said.ok;
    if (isConnection(said.failed)) throw die(said.failed.message);
    throw new PostgresError(said.failed);
  };
  const post = (batch: Batch): void => {
    if (dead !== null) throw unreachable(dead);
    until(() => (posted - Atomics.load(signal, 1) < ahead ? true : undefined));
    posted += 1;
    port.postMessage(batch);
  };
  const flush = (last?: Step): void => {
    const steps = last ? [...waiting, last] : waiting;
    waiting = [];
    bytes = 0;
    if (steps.length > 0) post({ steps, answer: last !== undefined });
  };
  const script = (text: string, anyway: boolean, longer?: number): void => {
    if (anyway) waiting = [];
    flush();
    post({ steps: [{ text, values: [], script: true }], answer: true, anyway });
    answer(longer);
  };

  const greeting = until(() => receiveMessageOnPort(port)?.message as Answer | undefined);
  if ('failed' in greeting) throw die(greeting.failed.message);
  return {
    ask(sql, values = []) {
      flush({ text: sql, values: values.map(writable) });
      return rowsOf(answer());
    },
    send(sql, values) {
      waiting.push({ text: sql, values: values.map(writable) });
      bytes += values.reduce<number>((sum, value) => sum + (value instanceof Object ? value.length : 8), 0);
      if (waiting.length >= gathered || bytes >= gatheredBytes) flush();
    },
    script: (sql, longer) => script(sql, false, longer),
    takeBack: (sql) => script(sql, true),
    close() {
      if (dead === null) {
        dead = 'it was closed';
        void worker.terminate();
        port.close();
      }
    },
  };
}

/** The session is over: the socket says so (no SQLSTATE), or the server: connection exceptions, shutdown, idle for too long. */
const isConnection = ({ code }: Failure): boolean => !/^(\d\d|P0|XX|F0|HV)...$/.test(code) || /^08|^57P|^25P03/.test(code);

/** PostgreSQL keeps no NUL in text. It is written as an escape, and the escape as another. */
const escape = '\u{10FFFF}';
const writable = (value: Value): Value =>
  typeof value === 'string' && /[\0\u{10FFFF}]/u.test(value)
    ? value.replaceAll(escape, `${escape}1`).replaceAll('\0', `${escape}0`)
    : value === Infinity || value === -Infinity
      ? limits[value > 0 ? 1 : 0]!
      : value;
const readable = (text: string): string =>
  text.includes(escape) ? text.replaceAll(/\u{10FFFF}([01])/gu, (_, which) => (which === '0' ? '\0' : escape)) : text;
const limits = [-(2n ** 63n), 2n ** 63n - 1n] as const;

const rowsOf = ({ columns, rows }: Rows): Row[] =>
  rows.map((fields) => {
    const row: Row = {};
    for (const [i, { name, type }] of columns.entries()) row[name] = valueOf(fields[i]!, type);
    return row;
  });

function bytesOf(hex: string): Uint8Array {
  const { buffer, byteOffset, length } = Buffer.from(hex, 'hex');
  return new Uint8Array(buffer, byteOffset, length);
}

function valueOf(text: string | null, type: number): Value {
  if (text === null) return null;
  if (type === 17) return bytesOf(text.slice(2));
  if (type !== 20 && type !== 21 && type !== 23 && type !== 26) return readable(text);
  const number = Number(text);
  if (!Number.isSafeInteger(number)) throw new RangeError(`${text} is beyond 2^53`);
  return number;
}
