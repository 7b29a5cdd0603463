/** What a result was when it was last seen; undefined where it never was. The runs of one result, oldest first. */
export function lastSeen<T extends { readonly result: string; readonly gone?: boolean }>(
  runs: readonly T[],
): T['result'] | 'gone' | undefined {
  const seen = runs.findLast(({ result }) => isSeen(result));
  return seen?.gone ? 'gone' : seen?.result;
}

/** A deviation lasts until a look saw the item otherwise: what cannot be read does not end it. */
export const lasts = (result: string, before: () => string | undefined): boolean =>
  result === 'fail' || (!isSeen(result) && before() === 'fail');

export const isSeen = (result: string): boolean => result !== 'unobserved' && result !== 'pending';
