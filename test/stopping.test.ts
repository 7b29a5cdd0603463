import { EventEmitter } from 'node:events';
import { afterEach, expect, jest, test } from '@jest/globals';
import { stopWhenAsked } from '#src/stopping.ts';

type Asked = NonNullable<Parameters<typeof stopWhenAsked>[1]>;

const facts = () => {
  const said: string[] = [];
  const exits: number[] = [];
  const log = { info: (_: object, message: string) => said.push(message), warn: (_: object, message: string) => said.push(message) };
  const signals = new EventEmitter();
  const asked = Object.assign(signals, { exit: (code: number) => exits.push(code) }) as unknown as Asked;
  return { said, exits, signals, stopping: stopWhenAsked(log as never, asked) };
};

afterEach(() => void jest.useRealTimers());

test.each(['SIGTERM', 'SIGINT'])('%s is a question: the process goes on to close by itself', (name) => {
  const { said, exits, signals, stopping } = facts();
  expect(stopping.signal.aborted).toBe(false);
  signals.emit(name, name);
  expect(stopping.signal.aborted).toBe(true);
  expect(said).toEqual(['asked to stop']);
  expect(exits).toEqual([]);
});

test('asked a second time, it ends at once, with the code of the signal', () => {
  const { exits, signals } = facts();
  signals.emit('SIGTERM', 'SIGTERM');
  signals.emit('SIGINT', 'SIGINT');
  expect(exits).toEqual([130]);
});

test('what takes longer than nine seconds to close is not waited for, and that is told', () => {
  jest.useFakeTimers();
  const { said, exits, signals } = facts();
  signals.emit('SIGTERM', 'SIGTERM');
  jest.advanceTimersByTime(8_999);
  expect(exits).toEqual([]);
  jest.advanceTimersByTime(1);
  expect(exits).toEqual([1]);
  expect(said[1]).toMatch(/^stopped without waiting/);
});

test('once closed, nothing that was left behind holds the process up; never asked, it is left alone', () => {
  jest.useFakeTimers();
  const quiet = facts();
  quiet.stopping[Symbol.dispose]();
  const { exits, signals, stopping } = facts();
  signals.emit('SIGTERM', 'SIGTERM');
  stopping[Symbol.dispose]();
  jest.advanceTimersByTime(60_000);
  expect(exits).toEqual([0]);
  expect(quiet.exits).toEqual([]);
  expect(signals.eventNames()).toEqual([]);
});
