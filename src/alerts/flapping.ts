import type { Condition } from './condition.ts';
import type { Draft } from './draft.ts';
import type { Alert, Member, Policy } from './state.ts';

/** Counts looks; what has not turned within the last of them is forgotten, and flapping ends where it has become rare. */
export function countLooks(draft: Draft, looked: readonly string[], policy: Policy): void {
  if (looked.length === 0) return;
  for (const scope of looked) draft.looks.set(scope, (draft.looks.get(scope) ?? 0) + 1);
  const scopes = new Set(looked);
  const followed = new Set<string>();
  for (const [key, flips] of draft.flips) {
    followed.add(flips.scope);
    if (!scopes.has(flips.scope)) continue;
    const at = recent(flips.at, draft.looks.get(flips.scope)!, policy);
    if (at.length === 0) draft.flips.delete(key);
    else draft.flips.set(key, { ...flips, at, flapping: flips.flapping && share(at, policy) >= policy.flap.stop });
  }
  // The number of a look matters only where something turned.
  for (const scope of scopes) if (!followed.has(scope)) draft.looks.delete(scope);
}

/** A result turned at the latest look of its scope. */
export function turned(draft: Draft, { key, kind, scope }: Condition, policy: Policy): void {
  if (kind !== 'drift') return;
  if (!draft.looks.has(scope)) draft.looks.set(scope, 1);
  const look = draft.looks.get(scope)!;
  const before = draft.flips.get(key);
  const at = recent([...(before?.at ?? []), look], look, policy);
  draft.flips.set(key, { scope, at, flapping: (before?.flapping ?? false) || share(at, policy) >= policy.flap.start });
}

export const flaps = ({ flips }: Pick<Draft, 'flips'>, key: string): boolean => flips.get(key)?.flapping === true;

/** The members that flap, ended or not. */
export const flappingIn = (draft: Draft, { members }: Alert): Member[] =>
  draft.flips.size === 0 ? [] : [...members.values()].filter(({ condition }) => flaps(draft, condition.key));

const recent = (at: readonly number[], look: number, { flap }: Policy): number[] => at.filter((each) => each > look - (flap.looks - 1));

/** Of the passages from one of the last looks to the next, those at which the result turned. */
const share = (at: readonly number[], { flap }: Policy): number => at.length / (flap.looks - 1);
