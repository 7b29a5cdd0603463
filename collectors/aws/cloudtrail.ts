import {
  type ChangeEvent,
  defineInvestigator,
  type Finding,
  type Inquiry,
  inOrder,
  type Logs,
  type Reads,
  type Unread,
  whySilent,
} from '#investigator';
import { type Track, trackOf } from './cloudtrail-changes.ts';
import { type Event, Events } from './cloudtrail-event.ts';

const minute = 60_000;
/** CloudTrail's own word for how late it may tell, and how long it remembers: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html */
const lag = 15 * minute;
const memory = 90 * 24 * 60 * minute;

/** An item is read some minutes after its look began, and a change shows some time after it was made. */
const margin = { before: 2 * minute, after: 5 * minute };

/** Calls: below so many, each name is asked for; else the writes of the time first, of which a quiet account has few; and never more than these pages. */
const few = 4;
const writesAtMost = 2;
const pagesAtMost = 46;

const reads = { 'cloudtrail:LookupEvents': { needs: 'cloudtrail:LookupEvents', reply: Events } } satisfies Reads;

type Door = Logs<typeof reads>;

/**
 * One attribute can be asked for at a time, twice a second. For few items their names are asked for: one call or two each. For many, all
 * writes of the time, where two pages hold them; else whichever is less of the names and of the operations that can change such items.
 */
export default defineInvestigator({
  id: 'aws-cloudtrail',
  title: 'who changed what, from the events of CloudTrail',
  reads,
  limits:
    'CloudTrail tells within minutes, at most 15, and remembers 90 days, of management events alone. Events of IAM are asked for in us-east-1 (us-gov-west-1, cn-north-1), settings of the account too. The name of a session is what the caller chose, except of IAM Identity Center; the program is what the caller said of itself.',
  async probe(logs, _, now) {
    const window = { StartTime: new Date(now - minute), EndTime: new Date(now) };
    return (await logs.some('cloudtrail:LookupEvents', { ...window, MaxResults: 1 }, 1)).unread;
  },
  async investigate(logs, place, inquiry) {
    const tracks = inquiry.questions.map((question) => trackOf(question, place));
    const byRegion = Map.groupBy(
      tracks.filter((track) => track !== null),
      ({ region }) => region,
    );
    const read = new Map<string, Reading>();
    for (const [region, list] of byRegion) read.set(region, await readFor(logs, region, list, inquiry));
    return tracks.map(
      (track, i): Finding =>
        track === null
          ? { known: false, why: `nobody changes ${inquiry.questions[i]!.population} by a call that CloudTrail tells` }
          : findingOf(track, read.get(track.region)!, inquiry),
    );
  },
});

/** Events that were read, and what is missing for an item: why, or that there were too many. */
interface Reading {
  readonly events: readonly Event[];
  readonly missing: (track: Track) => Unread | 'more' | null;
}

type Attribute = 'ResourceName' | 'EventName' | 'ReadOnly';

async function readFor(logs: Door, region: string, tracks: readonly Track[], { from, to, now, before }: Inquiry): Promise<Reading> {
  const window = { StartTime: new Date(from - margin.before), EndTime: new Date(Math.min(now, to + margin.after)), $region: region };
  let left = pagesAtMost;
  const ask = async (AttributeKey: Attribute, AttributeValue: string, atMost: number) => {
    const told = await logs.some(
      'cloudtrail:LookupEvents',
      { LookupAttributes: [{ AttributeKey, AttributeValue }], ...window },
      Math.min(left, atMost),
    );
    left -= Math.max(1, told.pages.length);
    return { ...told, events: told.pages.flatMap(({ Events }) => Events) };
  };
  type Told = Awaited<ReturnType<typeof ask>>;
  const each = async (key: Attribute, values: readonly string[], of: (track: Track) => readonly string[]): Promise<Reading> => {
    const answers = new Map<string, Told>();
    for (const value of values) {
      if (left <= 0) break;
      const told = await ask(key, value, left);
      answers.set(value, told);
      if (told.unread) break;
    }
    const refused = [...answers.values()].find(({ unread }) => unread)?.unread;
    return {
      events: [...answers.values()].flatMap(({ events }) => events),
      missing: (track) => {
        const own = of(track).map((value) => answers.get(value));
        return own.every((told) => told?.whole) ? null : (own.find((told) => told?.unread)?.unread ?? refused ?? 'more');
      },
    };
  };

  const names = [...new Set(tracks.flatMap((track) => track.names))];
  const operations = [...new Set(tracks.flatMap((track) => track.operations))];
  const nameless = tracks.some((track) => track.names.length === 0);
  const byName = () => each('ResourceName', names, (track) => track.names);
  const named = !nameless && names.length <= few && before + tracks.length <= few ? await byName() : null;
  // Not every event is found by the names in it. While the log may be behind, it is asked again anyway.
  if (named && (tracks.every((track) => changesOf(track, named, { from, to }) || named.missing(track)) || now < heard(to))) return named;
  const writes = await ask('ReadOnly', 'false', writesAtMost);
  if (writes.whole || writes.unread) return { events: [...writes.events, ...(named?.events ?? [])], missing: () => writes.unread };
  return nameless || named || operations.length <= names.length + before
    ? each('EventName', operations, (track) => track.operations)
    : byName();
}

/** When everything is told that bears on a look. */
const heard = (to: number): number => to + margin.after + lag;

const aboutIt = (track: Track, { events }: Reading, { from, to }: Pick<Inquiry, 'from' | 'to'>): Event[] =>
  [...new Map(events.map((event) => [event.id, event])).values()].filter(
    (event) => !event.idle && event.at >= from - margin.before && event.at <= to + margin.after && track.about(event),
  );

const changesOf = (track: Track, reading: Reading, interval: Pick<Inquiry, 'from' | 'to'>): boolean =>
  aboutIt(track, reading, interval).some(({ operation }) => track.operations.includes(operation));

function findingOf(track: Track, reading: Reading, { from, to, now }: Inquiry): Finding {
  const about = aboutIt(track, reading, { from, to });
  const changes = ({ operation }: { operation: string }) => track.operations.includes(operation);
  const again = now < heard(to) ? { again: heard(to) } : {};
  if (about.some(changes)) return { known: true, events: inOrder(about.map(changeOf), changes, from, to), ...again };
  return { known: false, why: whyNot(about, reading.missing(track), { from, to, now }), ...again };
}

function whyNot(about: readonly Event[], missing: Unread | 'more' | null, { from, to, now }: Pick<Inquiry, 'from' | 'to' | 'now'>): string {
  if (missing === 'more') return `CloudTrail has more events of that time than could be read`;
  if (missing) return whySilent(missing);
  if (now < heard(to)) return 'CloudTrail has not told it yet; it may take 15 minutes';
  if (from < now - memory) return 'CloudTrail remembers 90 days';
  const [other] = about;
  return other === undefined
    ? 'no event of CloudTrail says that it was changed'
    : `no event of CloudTrail says that it was changed; ${other.operation} by ${other.actor.name} named it`;
}

const changeOf = ({ id, at, operation, actor }: Event): ChangeEvent => ({ at, actor, operation, source: 'CloudTrail', id });
