import type { Letter } from './channel.ts';

/** A message that says that it is a trial, and is one in every way but what it says. */
export const trialLetter = (channel: string, now: number, page: string | null): Letter => ({
  id: `trial-${now}`,
  channel,
  content: {
    is: 'alert',
    message: {
      alert: 'HF-TRIAL',
      kind: 'operations',
      state: 'open',
      severity: 'low',
      headline: 'This is a trial: nothing is wrong',
      controls: [],
      rule: null,
      says: 'Holdfast can tell people here. Somebody asked for this message with `holdfast alerts --test`.',
      items: [],
      count: 0,
      changes: [],
      alike: false,
      lastGood: null,
      firstBad: now,
      by: null,
      due: null,
      remedy: '',
      page,
      assigned: null,
      acknowledged: null,
      resolved: null,
      actions: [],
      waiver: null,
    },
  },
});
