import { z } from 'zod';
import type { ManagementEvents } from '#populations/aws-cloudtrail-trail';

const Basic = z.object({
  ReadWriteType: z.string(),
  IncludeManagementEvents: z.boolean(),
  ExcludeManagementEventSources: z.array(z.string()).optional(),
});

const Field = z.object({
  Field: z.string(),
  Equals: z.array(z.string()).optional(),
  NotEquals: z.array(z.string()).optional(),
  StartsWith: z.array(z.string()).optional(),
  NotStartsWith: z.array(z.string()).optional(),
  EndsWith: z.array(z.string()).optional(),
  NotEndsWith: z.array(z.string()).optional(),
});

/** A trail has selectors of one kind or the other. */
export const EventSelectors = z
  .object({
    EventSelectors: z.array(Basic).optional(),
    AdvancedEventSelectors: z.array(z.object({ FieldSelectors: z.array(Field) })).optional(),
  })
  .refine(({ EventSelectors, AdvancedEventSelectors }) => EventSelectors !== undefined || AdvancedEventSelectors !== undefined, {
    error: 'neither kind of selectors',
  });

interface Share {
  readonly reads: boolean;
  readonly writes: boolean;
  /** The selector narrows further than to reads, writes and left-out services. */
  readonly narrowed: boolean;
  readonly excluded: readonly string[];
}

/** Which management events selectors let through, together. What is narrowed in ways not understood counts as `some`, never as all. */
export function managementEventsIn({
  EventSelectors: basic = [],
  AdvancedEventSelectors: advanced = [],
}: z.infer<typeof EventSelectors>): ManagementEvents {
  const shares = [
    ...basic.filter(({ IncludeManagementEvents }) => IncludeManagementEvents).map(basicShare),
    ...advanced.flatMap(({ FieldSelectors }) => advancedShare(FieldSelectors)),
  ];
  const whole = shares.filter(({ narrowed }) => !narrowed);
  const reads = whole.some((share) => share.reads);
  const writes = whole.some((share) => share.writes);
  return {
    records: reads && writes ? 'all' : writes ? 'write' : reads ? 'read' : shares.length > 0 ? 'some' : 'none',
    excludedSources: [...new Set(whole.flatMap(({ excluded }) => excluded))].toSorted(),
  };
}

const basicShare = ({ ReadWriteType, ExcludeManagementEventSources = [] }: z.infer<typeof Basic>): Share => ({
  reads: ReadWriteType === 'All' || ReadWriteType === 'ReadOnly',
  writes: ReadWriteType === 'All' || ReadWriteType === 'WriteOnly',
  narrowed: false,
  excluded: ExcludeManagementEventSources,
});

function advancedShare(fields: readonly z.infer<typeof Field>[]): Share[] {
  const category = fields.find(({ Field }) => Field === 'eventCategory');
  if (!category?.Equals?.includes('Management')) return [];
  const rest = fields.filter((field) => field !== category);
  const readOnly = rest.find(({ Field, Equals }) => Field === 'readOnly' && Equals?.length === 1)?.Equals?.[0];
  const sources = rest.filter((field) => field.Field === 'eventSource' && onlyNotEquals(field));
  return [
    {
      reads: readOnly !== 'false',
      writes: readOnly !== 'true',
      narrowed: rest.length > sources.length + (readOnly === undefined ? 0 : 1),
      excluded: sources.flatMap(({ NotEquals = [] }) => NotEquals),
    },
  ];
}

const onlyNotEquals = ({ Equals, NotEquals, StartsWith, NotStartsWith, EndsWith, NotEndsWith }: z.infer<typeof Field>): boolean =>
  NotEquals !== undefined && [Equals, StartsWith, NotStartsWith, EndsWith, NotEndsWith].every((values) => !values?.length);
