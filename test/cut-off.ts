/** Runs `judge` with no clock, no network and no chance to reach for: a rule that tries throws. */
export function cutOff<T>(judge: () => T): T {
  const { Date: RealDate, fetch, performance } = globalThis;
  const { random } = Math;
  const refuse = (what: string) => () => {
    throw new Error(`a rule may not use ${what}`);
  };
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args: unknown[]) => (args.length === 0 ? refuse('the clock')() : Reflect.construct(target, args)),
    get: (target, name) => (name === 'now' ? refuse('the clock') : Reflect.get(target, name)),
  });
  globalThis.fetch = refuse('the network') as never;
  globalThis.performance = { now: refuse('the clock') } as never;
  Math.random = refuse('chance');
  try {
    return judge();
  } finally {
    Object.assign(globalThis, { Date: RealDate, fetch, performance });
    Math.random = random;
  }
}

export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze);
  return value;
}
