import type { WaiverNotice } from '#src/alerts/sources.ts';
import type { EvidenceStore } from '#src/evidence/store.ts';
import { waiversIn } from '#src/waivers/tell.ts';
import { stepOf, type Waiver } from '#src/waivers/waivers.ts';

/** The waivers of the evidence as alerts know them; told anew only when the ledger says something of them. */
export function waiverNotices(store: Pick<EvidenceStore, 'head' | 'entries' | 'writtenAt' | 'keyOf'>): () => readonly WaiverNotice[] {
  let known: { readonly size: number; readonly leaves: number; readonly notices: readonly WaiverNotice[] } | null = null;
  return () => {
    const { size } = store.head();
    if (known?.size === size) return known.notices;
    const leaves = store.entries('waiver').length;
    const notices = known?.leaves === leaves ? known.notices : waiversIn(store).waivers.flatMap(noticeOf);
    known = { size, leaves, notices };
    return notices;
  };
}

/** None where the request itself is not honoured. */
function noticeOf(waiver: Waiver): WaiverNotice[] {
  const { id, rule, items, reason, compensating, until, inForce, renewedBy } = waiver;
  const [requested, approved] = [stepOf(waiver, 'requested'), stepOf(waiver, 'approved')];
  if (!requested) return [];
  const over = stepOf(waiver, 'refused') !== undefined || stepOf(waiver, 'withdrawn') !== undefined || renewedBy !== null;
  return [
    {
      id,
      rule,
      items,
      state: approved ? (over && renewedBy === null ? 'over' : 'approved') : over ? 'over' : 'requested',
      requestedBy: requested.name,
      requestedAt: requested.at,
      decidedBy: approved?.name ?? null,
      reason,
      compensating,
      from: inForce?.from ?? null,
      until: inForce?.to ?? until,
      renewed: renewedBy !== null,
    },
  ];
}
