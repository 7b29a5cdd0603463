import type { CycleOutcome } from '#src/cycle/cycle.ts';
import { type HeldScope, type ItemChange, scopeKey } from '#src/evidence/store.ts';
import type { Condition } from './condition.ts';
import { coveredBy } from './covered.ts';
import { conditionsOf, type Failing, failingKey, failingNow, failingOf, howEnded, howJudged } from './failing.ts';
import { isSilence, isUnreadField, silenceEnded, silences, unreadEnded, unreadFields } from './silence.ts';
import type { WaiverNotice } from './sources.ts';
import { against, type Covered, type Ended, type Found, type Open, type Watching } from './watching.ts';

/** Follows the evidence: what began to be wrong, and what is so no more. It only reads, and what it forgets it finds again. */
export interface Watch {
  /**
   * Everything that fails, held against what is open: at the start, and whenever something may have been missed. `first`: nothing was ever
   * watched here before. `noted`: the events of which somebody took note, or that are over for another reason.
   */
  everything(open: Open, now: number, first: boolean, noted: ReadonlySet<string>): Found;
  /** What a cycle changed. */
  after(outcome: CycleOutcome, open: Open, now: number): Found & { readonly looked: readonly string[] };
  /** What only time changes: scopes that are not looked at. */
  silent(open: Open, now: number): Found;
  /** Waivers that begin and end. Null where nothing did since the last time. */
  waived(waivers: readonly WaiverNotice[], open: Open, now: number): Found | null;
  /** The worst that becomes of what a waiver covers. */
  covered(waiver: WaiverNotice): Covered;
}

export function watchOver(watching: Watching): Watch {
  const { store, rules } = watching;
  let waivers: readonly WaiverNotice[] = [];
  let waived = new Map<string, WaiverNotice>();
  /** Scopes where something is unread that may pass by itself: what does not change is no change, so that they are looked at again. */
  const passing = new Set<string>();

  const raisedFrom = (found: readonly Failing[], isNew: (failing: Failing) => boolean, since: (condition: Condition) => number) =>
    conditionsOf(
      found.filter(({ rule, held, item }) => !waived.has(failingKey(rule.id, scopeKey(held.scope), item.key))),
      watching,
      isNew,
    ).map((condition) => ({ condition, since: since(condition) }));

  const isFirst = ({ held, item }: Failing): boolean =>
    held.firstLook !== null && item.firstSeen === held.firstLook && held.firstLook === held.lastLook;

  const endedNow = (open: Open, now: number): Ended =>
    [...open.values()].flatMap((condition) => {
      if (!isResult(condition)) return [];
      const waiver = waived.get(condition.key);
      if (waiver) return [{ key: condition.key, at: now, how: waivedUntil(waiver), waived: true }];
      const how = howEnded(condition, watching);
      return how === null ? [] : [{ key: condition.key, at: now, how }];
    });

  /** What is unread in scopes that are read, held against what is open of it. */
  const fieldsOf = (scopes: readonly HeldScope[], open: Open, now: number): Found => {
    const keys = new Set(scopes.map(({ scope }) => scopeKey(scope)));
    return against(
      scopes.flatMap((held) => {
        const { told, passing: waits } = unreadFields(held, watching, open, now);
        if (waits) passing.add(scopeKey(held.scope));
        else passing.delete(scopeKey(held.scope));
        return told;
      }),
      open,
      (each) => isUnreadField(each) && keys.has(each.scope),
      (each) => unreadEnded(each, watching),
      now,
    );
  };

  return {
    everything(open, now, first, noted) {
      const accepted = acceptedBefore(waivers, now);
      const found = [...failingNow(watching)].filter(({ rule, held, item }) => {
        const key = failingKey(rule.id, scopeKey(held.scope), item.key);
        return !(rule.kind === 'event' && (noted.has(key) || accepted.has(key))) && needsRaising(open.get(key), item.judgements, rule.id);
      });
      const raised = raisedFrom(
        found,
        (failing) => first || isFirst(failing),
        ({ firstBad }) => firstBad,
      );
      const lost = fieldsOf([...store.held.values()], open, now);
      const begun = lost.raised.map(({ condition, since }) => ({ condition: first ? { ...condition, baseline: true } : condition, since }));
      return { raised: [...raised, ...begun], ended: [...endedNow(open, now), ...lost.ended] };
    },

    after({ record }, open, now) {
      const failing: Failing[] = [];
      const ended: { key: string; at: number; how: string }[] = [];
      const gone = new Set(record.retired.map(({ scope }) => scopeKey(scope)));
      const lost = new Set([...open.values()].filter(isUnreadField).map(({ scope }) => scope));
      const unread = new Set([...gone].filter((key) => lost.has(key) || passing.has(key)));
      for (const scope of record.scopes) {
        if (scope.status === 'failed') continue;
        const key = scopeKey(scope.scope);
        const held = store.held.get(key);
        if (!held) continue;
        for (const change of scope.changes) {
          const item = held.items.get(change.key);
          if (item && change.snapshot !== null) failing.push(...failingOf(rules, held, item));
          ended.push(...endedBy(change, key, record.asOf, open, rules.keys()));
        }
        if (scope.changes.some(touchesUnread) || lost.has(key) || passing.has(key)) unread.add(key);
      }
      if (gone.size > 0 || [...open.values()].some(({ rule }) => rule !== null && !rules.has(rule)))
        ended.push(
          ...endedNow(new Map([...open].filter(([, { scope, rule }]) => gone.has(scope) || (rule !== null && !rules.has(rule)))), now),
        );
      const raised = raisedFrom(
        failing.filter(({ rule, held, item }) =>
          needsRaising(open.get(failingKey(rule.id, scopeKey(held.scope), item.key)), item.judgements, rule.id),
        ),
        isFirst,
        () => now,
      );
      const fields = fieldsOf(
        [...unread].flatMap((key) => store.held.get(key) ?? []),
        open,
        now,
      );
      return {
        raised: [...raised, ...fields.raised],
        ended: [...ended, ...fields.ended],
        looked: record.scopes.flatMap((scope) => (scope.status === 'complete' ? [scopeKey(scope.scope)] : [])),
      };
    },

    silent: (open, now) => against(silences(watching, open, now), open, isSilence, (each) => silenceEnded(each, watching, now), now),

    waived(current, open, now) {
      const next = inForce(current, now);
      if (current === waivers && next.size === waived.size && [...next.keys()].every((key) => waived.has(key))) return null;
      const before = waived;
      const expired = new Set(current.flatMap(({ id, state, until }) => (state === 'approved' && until <= now ? id : [])));
      [waivers, waived] = [current, next];
      const over = [...before].flatMap(([key, { id }]) => (next.has(key) ? [] : [{ key, expired: expired.has(id) }]));
      const ended = [...open.values()].flatMap(({ key }) =>
        next.has(key) ? [{ key, at: now, how: waivedUntil(next.get(key)!), waived: true as const }] : [],
      );
      const back = over.flatMap(({ key, expired }) => {
        const [, rule, scope, item] = key.split('\n') as [string, string, string, string];
        const held = store.held.get(scope);
        const found = held?.retired === null ? held.items.get(item) : undefined;
        if (!held || !found) return [];
        // What has happened does not go on failing once its waiver has ended; one that was withdrawn accepts nothing.
        return [...failingOf(rules, held, found)].filter(
          (failing) => failing.rule.id === rule && !(expired && failing.rule.kind === 'event'),
        );
      });
      return {
        raised: raisedFrom(
          back,
          () => false,
          () => now,
        ),
        ended,
      };
    },

    covered: coveredBy(watching),
  };
}

const isResult = ({ kind }: Condition): boolean => kind === 'drift' || kind === 'event';

const waivedUntil = ({ id, until, decidedBy }: WaiverNotice): string =>
  `waived until ${new Date(until).toISOString().slice(0, 10)} (${id}${decidedBy === null ? '' : `, approved by ${decidedBy}`}); it stays in the evidence`;

/** What waivers cover at an instant, by the keys of conditions. */
function inForce(waivers: readonly WaiverNotice[], now: number): Map<string, WaiverNotice> {
  const covered = new Map<string, WaiverNotice>();
  for (const waiver of waivers)
    if (waiver.state === 'approved' && waiver.from !== null && waiver.from <= now && now < waiver.until)
      for (const { scope, item } of waiver.items) covered.set(failingKey(waiver.rule, scope, item), waiver);
  return covered;
}

/** What stood under a waiver until its end. */
const acceptedBefore = (waivers: readonly WaiverNotice[], now: number): Set<string> =>
  new Set(
    waivers.flatMap(({ state, rule, items, until }) =>
      state === 'approved' && until <= now ? items.map(({ scope, item }) => failingKey(rule, scope, item)) : [],
    ),
  );

/** The open results of an item that a change ended. */
function endedBy(change: ItemChange, scope: string, at: number, open: Open, rules: Iterable<string>): Ended {
  if (open.size === 0) return [];
  if (change.snapshot === null)
    return [...rules].flatMap((rule) => {
      const key = failingKey(rule, scope, change.key);
      return open.has(key) ? [{ key, at, how: 'the item is gone' }] : [];
    });
  return (change.judgements ?? []).flatMap((judgement) => {
    const key = failingKey(judgement.rule, scope, change.key);
    const how = open.has(key) ? howJudged(judgement) : null;
    return how === null ? [] : [{ key, at, how }];
  });
}

/** Not those that are open already and say the same. */
const needsRaising = (open: Condition | undefined, judgements: Failing['item']['judgements'], rule: string): boolean => {
  if (!open) return true;
  const judgement = judgements.find((each) => each.rule === rule)!;
  return open.says !== judgement.message || open.severity !== judgement.severity;
};

const touchesUnread = ({ judgements, snapshot }: ItemChange): boolean =>
  snapshot !== null && (judgements ?? []).some(({ unread }) => unread !== undefined);
