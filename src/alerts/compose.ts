import type { Controls } from '#src/controls.ts';
import { controlsAt } from '#src/controls.ts';
import { type EvidenceReading, parseScopeKey } from '#src/evidence/store.ts';
import type { Rule } from '#src/rule.ts';
import type { ConsoleLink } from '#src/who/console-link.ts';
import { type Condition, rank } from './condition.ts';
import { signatureOf } from './diff.ts';
import type { AlertMessage, AlertState as Shown, ToldControl, ToldItem } from './message.ts';
import { isRequest } from './notices.ts';
import type { Alert, Member } from './state.ts';
import { dueOf, firstBadOf, items, openMembers } from './words.ts';

/** What a message is made of beside the alert. */
export interface Composing {
  readonly rules: ReadonlyMap<string, Rule>;
  readonly controls: Controls;
  readonly store: Pick<EvidenceReading, 'held'>;
  /** By which people reach the pages; null where they cannot. */
  readonly portal: string | null;
  readonly consoleLink: ConsoleLink;
}

const shownItems = 5;

/** The first message of an alert, as it stands now. */
export function compose(alert: Alert, composing: Composing, now: number): AlertMessage {
  const lasting = openMembers(alert);
  const members = (lasting.length > 0 ? lasting : [...alert.members.values()]).toSorted(byWeight);
  const { condition } = members[0]!;
  const rule = alert.rule === null ? undefined : composing.rules.get(alert.rule);
  const controls = controlsOf(alert, members, composing, now);
  return {
    alert: alert.id,
    kind: alert.kind,
    state: stateOf(alert),
    severity: alert.severity,
    headline: headlineOf(alert, condition, controls, lasting.length || members.length),
    controls,
    rule: rule ? { id: rule.id, title: rule.title } : null,
    says: alert.digest === null ? condition.says : tally(members, composing),
    items: condition.kind === 'operations' ? [] : members.slice(0, shownItems).map(({ condition: each }) => itemOf(each, composing)),
    count: members.length,
    changes: condition.changes,
    alike: areAlike(members),
    lastGood: condition.lastGood,
    firstBad: firstBadOf(alert),
    by: alert.by,
    due: dueOf(alert),
    remedy:
      alert.digest === null ? condition.remedy : 'Each rule says how to mend what it found: see the pages, or `holdfast explain RULE`.',
    page: pageOf(alert, condition, composing.portal),
    assigned: alert.assigned,
    acknowledged: alert.acknowledged && { by: alert.acknowledged.by, until: alert.acknowledged.until },
    resolved: alert.resolved,
    actions: actionsOf(alert, condition),
    waiver: condition.waiver,
  };
}

/** The worst first, then those that began first. */
const byWeight = (a: Member, b: Member): number =>
  rank(b.condition.severity) - rank(a.condition.severity) ||
  a.condition.firstBad - b.condition.firstBad ||
  (a.condition.name < b.condition.name ? -1 : a.condition.name > b.condition.name ? 1 : 0);

export const stateOf = ({ resolved, flapping, acknowledged }: Alert): Shown =>
  resolved ? 'resolved' : flapping !== null ? 'flapping' : acknowledged ? 'acknowledged' : 'open';

/** What is at risk, in one line. */
export function headlineOf(alert: Alert, { headline, kind }: Condition, controls: readonly ToldControl[], count: number): string {
  if (alert.digest === 'baseline') return `What failed when it was looked at for the first time: ${items(count)}.`;
  if (alert.digest === 'untold') return `What was open before a channel was named: ${items(count)}.`;
  if (alert.digest === 'burst') return `Much at once: ${items(count)} of several causes.`;
  const atRisk = controls.length > 0 ? `${controls.map(({ id }) => id).join(', ')} at risk. ` : '';
  if (kind === 'drift') return `${atRisk}No longer so for ${items(count)}: ${headline}`;
  if (kind === 'event') return `${atRisk}Not so for ${items(count)}: ${headline}`;
  if (kind === 'obligation') return `${atRisk}${headline}`;
  return kind === 'monitoring' && count > 1 ? `${headline} (${count} scopes)` : headline;
}

/** The controls that the rules serve, key rules first. */
function controlsOf(alert: Alert, members: readonly Member[], { controls }: Composing, now: number): ToldControl[] {
  const rules = new Set(members.flatMap(({ condition }) => condition.rule ?? []));
  if (rules.size === 0) return [];
  const serving = controlsAt(controls, now).filter(({ key, supporting }) => [...key, ...supporting].some((rule) => rules.has(rule)));
  const own = serving.filter(({ key }) => key.some((rule) => rules.has(rule)));
  const told = own.length > 0 ? own : serving;
  return told.slice(0, alert.digest === null ? 5 : 3).map(({ id, title, statement, owner }) => ({ id, title, statement, owner }));
}

function itemOf({ name, item, scope, rule, kind }: Condition, { store, portal, consoleLink }: Composing): ToldItem {
  const held = kind === 'drift' || kind === 'event' ? store.held.get(scope)?.items.get(item) : undefined;
  return {
    name,
    key: item,
    scope,
    page: portal === null || rule === null || item === '' ? null : itemPage(portal, { rule, scope, item }),
    console: held ? consoleLink(parseScopeKey(scope), item, held.item) : null,
  };
}

function pageOf({ digest, rule, kind, members }: Alert, { scope, item }: Condition, portal: string | null): string | null {
  if (portal === null) return null;
  if (digest !== null) return `${portal}/deviations`;
  if (rule === null) return `${portal}/`;
  return members.size === 1 && item !== '' && kind !== 'waiver'
    ? itemPage(portal, { rule, scope, item })
    : `${portal}/rules/${encodeURIComponent(rule)}`;
}

const itemPage = (portal: string, item: { readonly rule: string; readonly scope: string; readonly item: string }): string =>
  `${portal}/items?${new URLSearchParams(item).toString()}`;

function areAlike(members: readonly Member[]): boolean {
  const [first, ...others] = members.map(({ condition: { changes, item, name } }) => signatureOf(changes, { key: item, name }));
  return others.every((signature) => signature === first);
}

/** A digest in few lines: how many under which rule. */
function tally(members: readonly Member[], { rules }: Composing): string {
  const byRule = [...Map.groupBy(members, ({ condition }) => condition.rule ?? condition.headline)].toSorted(
    (a, b) => b[1].length - a[1].length,
  );
  const lines = byRule.slice(0, 10).map(([rule, own]) => `${own.length}: ${rules.get(rule)?.title ?? rule}`);
  return [...lines, ...(byRule.length > 10 ? [`and ${byRule.length - 10} more`] : [])].join('\n');
}

function actionsOf({ resolved, kind, digest }: Alert, { key }: Condition): AlertMessage['actions'] {
  if (resolved) return [];
  if (isRequest(key)) return ['approve-waiver', 'refuse-waiver'];
  const mayBeWaived = digest === null && kind !== 'monitoring' && kind !== 'operations';
  return mayBeWaived ? ['acknowledge', 'assign', 'request-waiver'] : ['acknowledge', 'assign'];
}
