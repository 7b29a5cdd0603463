import type { Criterion } from '#src/criteria.ts';
import type { Backfill, CycleSummary, Gap, ItemRecord, LedgerHead, Scope } from '#src/evidence/store.ts';
import type { Unread } from '#src/population.ts';
import type { Rule, Severity } from '#src/rule.ts';
import type { StepName, WaiverState } from '#src/waivers/waivers.ts';
import type { Conclusion, ConclusionWord, Grade, Tally } from '#src/window/conclusions.ts';
import type { RuleFacts, Shortfall } from '#src/window/facts.ts';
import type { Measure, Ratios } from '#src/window/measure.ts';
import type { Obligation } from '#src/window/obligations.ts';
import type { Strip } from '#src/window/strip.ts';
import type { Segment, Window } from '#src/window/types.ts';
import type { Corrected } from './corrected.ts';

/** What holds now, or held at an instant, for one rule and one item. Instants are ISO 8601. */
export interface ResultRow {
  readonly rule: string;
  /** The stable key; `scope:<key>` where a whole scope was never read, so that no item is known. */
  readonly item: string;
  readonly name: string;
  readonly population: string;
  readonly connection: string;
  readonly scope: string;
  readonly result: 'pass' | 'fail' | 'not-applicable' | 'unobserved' | 'pending';
  readonly message: string;
  readonly severity: Severity;
  /** The first look with this result, of the run that reaches to now. Null where nothing was ever seen. */
  readonly since: string | null;
  /** The last complete look at the scope. */
  readonly lastSeen: string | null;
  /** Where the proof lies: the ledger index of the change, the hash of the item's snapshot. */
  readonly evidence: { readonly index: number; readonly snapshot: string } | null;
  /** Present exactly when it fails under a waiver. */
  readonly waiver?: WaivedBy;
  /** Present exactly when it rests on looks that were brought later or corrected. */
  readonly correction?: Corrected;
  /** Present exactly when the rule took it together with another scope that was corrected: that was not judged again. */
  readonly notJudgedAgain?: Corrected;
  /** Present exactly when unobserved. */
  readonly reason?: { readonly reason: string; readonly call: string; readonly needs: string; readonly detail: string };
}

/** A waiver under which something stands or stood. Instants are ISO 8601. */
export interface WaivedBy {
  readonly id: string;
  readonly from: string;
  /** When it ends, or ended early. */
  readonly until: string;
  readonly requestedBy: string;
  readonly approvedBy: string;
  readonly reason: string;
}

/** One waiver with its life. Instants are ISO 8601; people by name. */
export interface WaiverRow {
  readonly id: string;
  readonly rule: string;
  readonly items: readonly { readonly scope: string; readonly item: string; readonly name: string; readonly failing: boolean }[];
  /** How many of them fail now. */
  readonly failing: number;
  readonly state: WaiverState;
  readonly reason: string;
  readonly compensating: string;
  readonly requestedBy: string;
  readonly requestedAt: string;
  readonly decidedBy: string | null;
  readonly decidedAt: string | null;
  /** From when on it holds or held; null where it was never approved. */
  readonly from: string | null;
  readonly until: string;
  /** When it was withdrawn. */
  readonly endedAt: string | null;
  readonly renews: string | null;
  readonly renewedBy: string | null;
  /** What `meta.waiver-approved-and-unexpired` says of it now; null where nobody approved it. */
  readonly verdict: { readonly result: ResultRow['result']; readonly message: string } | null;
  /** Every leaf about it, in order; `flaw` says why one is not honoured. */
  readonly steps: readonly {
    readonly step: StepName;
    readonly at: string;
    readonly by: string;
    readonly name: string;
    readonly way: 'command' | 'page' | 'slack';
    readonly index: number;
    readonly reason: string;
    readonly flaw: string | null;
  }[];
}

export interface WaiversReport {
  /** The latest first. */
  readonly waivers: readonly WaiverRow[];
  /** Leaves that speak of no waiver that is known. */
  readonly strays: readonly { readonly index: number; readonly at: string; readonly says: string }[];
}

/** One deviation with its bounds and its clock. */
export interface DeviationRow {
  readonly id: string;
  /** More than 1 only for streams that were not observed for the same time and reason: then `item` is one of them. */
  readonly count: number;
  readonly rule: string;
  readonly item: string;
  readonly name: string;
  readonly scope: string;
  readonly severity: Severity;
  readonly message: string;
  readonly controls: readonly string[];
  readonly lastGood: string | null;
  readonly firstBad: string;
  readonly lastBad: string;
  readonly firstGood: string | null;
  readonly closedBy: 'pass' | 'not-applicable' | 'gone' | null;
  /** Seconds, between these bounds; `atMost` null where no look came before. */
  readonly atLeast: number;
  readonly atMost: number | null;
  readonly due: string;
  readonly clock: 'in-time' | 'late' | 'pending' | 'overdue';
  readonly carriedIn: boolean;
  /** Under which it stands or stood. It counts even so. */
  readonly waivers: readonly WaivedBy[];
  /** Its bounds rest on looks that were brought later or corrected. */
  readonly backfilled: boolean;
  /** Present exactly when backfilled. */
  readonly correction?: Corrected;
  /** Present exactly when the rule took it together with another scope that was corrected: that was not judged again. */
  readonly notJudgedAgain?: Corrected;
}

export interface ControlReport {
  readonly id: string;
  readonly family: string;
  readonly title: string;
  readonly statement: string;
  readonly owner: string;
  readonly frequency: string;
  readonly type: string;
  readonly criteria: readonly string[];
  readonly conclusion: ConclusionWord;
  readonly grade: Grade | null;
  /** One line: what there is to know besides the word. */
  readonly says: string;
  readonly tally: Tally;
  readonly shortfalls: readonly Shortfall[];
  /** Share of the window in which its key rules were observed, 0 to 1; null where nothing is. */
  readonly observed: number | null;
  /** It rests in part on looks that were brought later or corrected. */
  readonly backfilled: boolean;
  readonly strip: Strip | null;
  readonly key: readonly ControlRule[];
  readonly supporting: readonly ControlRule[];
  readonly detail: Conclusion;
}

export interface ControlRule {
  readonly id: string;
  readonly title: string;
  readonly available: boolean;
  readonly facts: RuleFacts | null;
  readonly strip: Strip | null;
}

/** The items of a rule over the window, worst first. */
export interface RuleItem {
  readonly scope: string;
  readonly item: string;
  readonly name: string;
  readonly result: ResultRow['result'];
  readonly message: string;
  readonly segments: readonly Segment[];
  readonly measure: Measure;
}

export interface RuleReport {
  readonly rule: Rule;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly controls: readonly { readonly id: string; readonly title: string; readonly role: 'key' | 'supporting' }[];
  readonly facts: RuleFacts | null;
  readonly strip: Strip | null;
  readonly items: readonly RuleItem[];
  /** Scopes never read at all. */
  readonly unread: readonly { readonly scope: string; readonly reason: string }[];
  readonly obligations: readonly Obligation[];
}

/** One item under one rule: the timeline, and the evidence behind each verdict. */
export interface ItemReport {
  readonly rule: Rule;
  readonly scope: Scope;
  readonly item: string;
  readonly name: string;
  readonly result: ResultRow;
  readonly segments: readonly Segment[];
  readonly measure: Measure;
  readonly ratios: Ratios | null;
  /** The verdict's changes, oldest first, each with the snapshot judged and its ledger leaf. */
  readonly records: readonly (ItemRecord & { readonly result: ResultRow['result'] | 'gone'; readonly message: string })[];
  readonly gaps: readonly Gap[];
  /** Looks at its scope that were brought later or corrected, in the window. */
  readonly corrections: readonly Backfill[];
  readonly deviations: readonly DeviationRow[];
  /** The calls of the latest look at the scope. */
  readonly calls: readonly {
    readonly operation: string;
    readonly parameters: string;
    readonly page: number;
    readonly status: number;
    readonly requestId: string;
    readonly failure: string | null;
  }[];
}

interface CriterionReport extends Pick<Criterion, 'id' | 'says'> {
  readonly controls: readonly string[];
  /** A key rule that exists tests a control that serves it. */
  readonly reached: boolean;
}

export interface ConnectionStatus {
  readonly id: string;
  readonly lastCycle: CycleSummary | null;
  readonly scopes: number;
  readonly failing: readonly { readonly scope: string; readonly unread: Unread; readonly since: string }[];
  readonly items: number;
}

/** What the status page and `holdfast status` say. */
export interface StatusReport {
  readonly company: string;
  readonly example: boolean;
  readonly window: (Window & { readonly firstDay: string; readonly lastDay: string; readonly timeZone: string }) | null;
  readonly asOf: string;
  readonly ledger: LedgerHead;
  readonly connections: readonly ConnectionStatus[];
  /** Scopes that ceased to exist in the window, by a fact of the provider or by declaration: what is no longer looked at, and why. */
  readonly retired: readonly { readonly scope: string; readonly at: string; readonly reason: string }[];
  /** What was brought later or corrected, in the window: nothing of it was known when it happened. */
  readonly backfills: readonly {
    readonly scope: string;
    readonly from: string;
    readonly to: string;
    readonly index: number;
    readonly reason: string;
  }[];
  readonly items: number;
  readonly results: Readonly<Record<ResultRow['result'], number>>;
  /** Of scope-time in the window, as far as it has passed. Null without a window. */
  readonly observed: number | null;
  readonly unobserved: { readonly hours: number; readonly gaps: number } | null;
  readonly deviations: {
    readonly total: number;
    readonly open: number;
    /** Of the open ones, those that stand under a waiver. They count even so. */
    readonly waived: number;
    readonly nextDue: string | null;
    readonly overdue: number;
  };
  /** `expired`: and something that they name still fails. `nextEnd` is that of those in force. */
  readonly waivers: { readonly requested: number; readonly inForce: number; readonly expired: number; readonly nextEnd: string | null };
  readonly criteria: readonly CriterionReport[];
  /** The last signed head; null where nothing was signed. */
  readonly signed: { readonly origin: string; readonly size: number } | null;
  /** The signing key lies beside the evidence: it protects only up to the last anchor. */
  readonly keyBesideEvidence: boolean;
  readonly anchors: readonly AnchorStatus[];
}

/** How much of the ledger lies at an outside place. */
export interface AnchorStatus {
  readonly name: string;
  readonly kind: string;
  /** Size of the last checkpoint published there, and when; null before the first. */
  readonly size: number | null;
  readonly at: string | null;
  /** Leaves that it does not cover, and the instant of the oldest of them. */
  readonly leavesBehind: number;
  readonly behindSince: string | null;
  /** The next publication should have come by now. */
  readonly late: boolean;
  /** Why the last attempt failed; null where it did not. */
  readonly fault: { readonly at: string; readonly attempts: number; readonly reason: string; readonly mend: string } | null;
}

/** Everything the commands, the pages and later the package read. Evidence is never written through it. */
export interface Report {
  status(): StatusReport;
  results(filter?: { readonly rule?: string; readonly item?: string; readonly at?: number }): ResultRow[];
  /** Empty without a declared window. Ordered by family and id. */
  controls(window?: Window): ControlReport[];
  deviations(window?: Window): DeviationRow[];
  waivers(): WaiversReport;
  rule(id: string): RuleReport | null;
  item(rule: string, scope: string, item: string): ItemReport | null;
}
