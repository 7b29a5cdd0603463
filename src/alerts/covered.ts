import { judgedBy, type Rule } from '#src/rule.ts';
import { isSeen, lastSeen } from '#src/window/last-seen.ts';
import type { WaiverNotice } from './sources.ts';
import type { Covered, Watching } from './watching.ts';

const worstFirst: readonly Covered[] = ['fails', 'failed', 'unknown', 'past', 'rule-off', 'mended'];

/** The worst that becomes of what a waiver covers, as far as that is held. It only counts as mended where a look saw it so. */
export function coveredBy({ store, rules }: Pick<Watching, 'store' | 'rules'>): (waiver: WaiverNotice) => Covered {
  /** What results that were not seen at the last look were before: asked once a look. */
  const asked = new Map<string, { readonly look: number | null; readonly before: string | undefined }>();

  function beforeThat(rule: string, scope: string, item: string, look: number | null): string | undefined {
    const key = `${rule}\n${scope}\n${item}`;
    const known = asked.get(key);
    if (known?.look === look) return known.before;
    const before = lastSeen([...store.runs({ from: 0, to: Number.MAX_SAFE_INTEGER, rule, scope, item })]);
    asked.set(key, { look, before });
    return before;
  }

  function itemCovered(rule: Rule, scope: string, item: string): Covered {
    if (rule.kind === 'event' || rule.kind === 'cadence') return 'past';
    const held = store.held.get(scope);
    if (!held || held.scope.population !== judgedBy(rule).type || held.lastLook === null) return 'unknown';
    if (held.retired) return 'mended';
    const found = held.items.get(item);
    if (!found) return 'mended';
    const judgement = found.judgements.find((each) => each.rule === rule.id);
    if (!judgement) return 'unknown';
    const seen = isSeen(judgement.result) ? judgement.result : beforeThat(rule.id, scope, item, held.lastLook);
    if (seen === undefined) return 'unknown';
    if (seen !== 'fail') return 'mended';
    return judgement.result === 'fail' && !held.failing ? 'fails' : 'failed';
  }

  return ({ rule: id, items }) => {
    const rule = rules.get(id);
    if (!rule) return 'rule-off';
    const all = new Set(items.map(({ scope, item }) => itemCovered(rule, scope, item)));
    return worstFirst.find((each) => all.has(each)) ?? 'unknown';
  };
}
