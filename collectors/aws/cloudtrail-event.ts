import { z } from 'zod';
import { type Actor, instant } from '#investigator';
import { actorOf, Identity } from './cloudtrail-actor.ts';

/** What is kept of an event: enough to tell who did what to which resource, and no more. */
export interface Event {
  readonly id: string;
  readonly at: number;
  readonly operation: string;
  /** As `ec2.amazonaws.com`. */
  readonly source: string;
  readonly actor: Actor;
  /** It read only, or was refused: nothing changed. */
  readonly idle: boolean;
  /** Parameters of the request that are plain texts, by name. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Everything it names: resources, and texts in the request and in the answer. */
  readonly names: ReadonlySet<string>;
  /** The user, where an IAM user acts. */
  readonly user: string | null;
  /** Root acts. */
  readonly root: boolean;
}

/** The event itself, as far as it is read. Fields that are not as documented are as if they were not there. */
const Record = z.object({
  userIdentity: Identity.catch({}),
  userAgent: z.string().nullish().catch(null),
  errorCode: z.unknown().optional(),
  readOnly: z.union([z.boolean(), z.string()]).nullish().catch(null),
  requestParameters: z.unknown().optional(),
  responseElements: z.unknown().optional(),
  resources: z.unknown().optional(),
  sessionCredentialFromConsole: z.union([z.boolean(), z.string()]).nullish().catch(null),
});

const Looked = z.object({
  EventId: z.string(),
  EventName: z.string(),
  EventTime: instant,
  EventSource: z.string(),
  ReadOnly: z.string().optional(),
  Username: z.string().optional(),
  Resources: z.array(z.object({ ResourceName: z.string().optional() })).optional(),
  CloudTrailEvent: z.string().optional(),
});

/** A page of `LookupEvents`. */
export const Events = z.object({ Events: z.array(Looked.transform(eventOf)).default([]) });

function eventOf(looked: z.infer<typeof Looked>): Event {
  const record = Record.safeParse(parsed(looked.CloudTrailEvent)).data;
  const { userIdentity = {}, requestParameters, responseElements, resources } = record ?? {};
  const readOnly = String(looked.ReadOnly ?? record?.readOnly ?? 'false') === 'true';
  const names = new Set((looked.Resources ?? []).flatMap(({ ResourceName }) => ResourceName ?? []));
  for (const part of [requestParameters, responseElements, resources]) gather(part, names, 6);
  return {
    id: looked.EventId,
    at: Date.parse(looked.EventTime),
    operation: looked.EventName,
    source: looked.EventSource,
    actor: actorOf(userIdentity, {
      userAgent: record?.userAgent ?? null,
      fromConsole: String(record?.sessionCredentialFromConsole ?? '') === 'true',
      username: looked.Username ?? null,
    }),
    idle: readOnly || record?.errorCode != null,
    parameters: plainIn(requestParameters),
    names,
    user: userIdentity.type === 'IAMUser' ? (userIdentity.userName ?? null) : null,
    root: userIdentity.type === 'Root',
  };
}

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

const plainIn = (value: unknown): { [name: string]: string } =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
    : {};

const mostNames = 5_000;

/** Texts as long as a name can be. */
function gather(value: unknown, names: Set<string>, depth: number): void {
  if (names.size >= mostNames) return;
  if (typeof value === 'string') {
    if (value.length <= 512) names.add(value);
    return;
  }
  if (typeof value !== 'object' || value === null || depth === 0) return;
  for (const each of Object.values(value)) gather(each, names, depth - 1);
}
