import type { Recording } from './recordings.ts';

/*
 * What moves by itself in the company's AWS account, told as AWS would tell it at any instant: what happened last night, and no more of
 * the past than it remembers.
 */

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

export const account = '111122223333';
export const region = 'eu-central-1';

export const iso = (instant: number): string => new Date(instant).toISOString();

/** Answers that stay the same from one tick to the next. */
export function each(span: number, answer: (tick: number) => readonly unknown[]): (now: number) => readonly unknown[] {
  let last: { tick: number; pages: readonly unknown[] } | undefined;
  return (now) => {
    const tick = now - (now % span);
    if (last?.tick !== tick) last = { tick, pages: answer(tick) };
    return last.pages;
  };
}

/** Databases as recorded, which can be restored to about five minutes ago. */
export function restorable(recordings: readonly Recording[]): Recording[] {
  return recordings.map((recording) => {
    const { pages } = recording;
    if (!Array.isArray(pages)) return recording;
    return {
      ...recording,
      pages: each(5 * minute, (tick) => (pages as DatabasePage[]).map((page) => restorableTo(iso(tick - 5 * minute), page))),
    };
  });
}

interface Database {
  readonly BackupRetentionPeriod: number;
}
interface DatabasePage {
  readonly DBInstances?: readonly Database[];
  readonly DBClusters?: readonly Database[];
}

function restorableTo(time: string, { DBInstances, DBClusters }: DatabasePage): object {
  const move = (databases: readonly Database[]) =>
    databases.map((database) => (database.BackupRetentionPeriod > 0 ? { ...database, LatestRestorableTime: time } : database));
  return { ...(DBInstances && { DBInstances: move(DBInstances) }), ...(DBClusters && { DBClusters: move(DBClusters) }) };
}

/** CloudTrail delivers every five minutes or so. */
export const trailStatus: Recording = {
  call: 'cloudtrail:GetTrailStatus',
  parameters: { Name: `arn:aws:cloudtrail:${region}:${account}:trail/organization`, $region: region },
  pages: each(5 * minute, (tick) => [{ IsLogging: true, StartLoggingTime: '2025-03-18T08:15:00.000Z', LatestDeliveryTime: iso(tick) }]),
};
