import { type Draft, put } from './draft.ts';
import { beginAlert } from './grouping.ts';
import type { Waiting } from './state.ts';

/**
 * What is open and could not be told, as no channel was named, goes where it belongs by now: in one digest for each channel. Waivers are told
 * one by one: each is decided by itself.
 */
export function tellUntold(draft: Draft, routed: ReadonlyMap<string, string>, isTaken: (id: string) => boolean): void {
  const moved: Waiting[] = [];
  for (const { id, channel, resolved, members } of draft.alerts.values()) {
    if (channel !== null || resolved !== null) continue;
    const own = [...members.values()].filter(({ ended, condition }) => ended === null && routed.has(condition.key));
    const ended = { at: draft.now, how: 'told anew, as a channel is named by now', noted: draft.now };
    if (own.length > 0)
      put(
        draft,
        id,
        own.map((member) => ({ ...member, ended })),
      );
    for (const { condition } of own) moved.push({ condition: { ...condition, channel: routed.get(condition.key)! }, since: draft.now });
  }
  for (const each of moved) if (each.condition.kind === 'waiver') draft.waiting.set(each.condition.key, each);
  const others = moved.filter(({ condition }) => condition.kind !== 'waiver');
  for (const members of Map.groupBy(others, ({ condition }) => condition.channel).values())
    beginAlert(draft, { cause: 'untold', digest: 'untold', members }, isTaken);
}
