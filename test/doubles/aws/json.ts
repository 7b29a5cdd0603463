import { AwsError, type Operation, type Told } from './calls.ts';
import type { Key, Recorded, Shape, Trail } from './world.ts';

/** KMS, CloudTrail and Config: JSON 1.1, the operation in a header. */
const page = (told: Told, list: readonly Shape[], name: string, next: string): Shape => {
  const { part, next: token } = told.paged(list);
  return { [name]: part, ...(token !== undefined && { [next]: token }) };
};

export const kms: Readonly<Record<string, Operation>> = {
  ListKeys: (told) => {
    const { NextMarker, ...answer } = page(
      told,
      told.place.keys.map(({ metadata: { KeyId, Arn } }) => ({ KeyId, KeyArn: Arn })),
      'Keys',
      'NextMarker',
    );
    return { ...answer, Truncated: NextMarker !== undefined, ...(NextMarker !== undefined && { NextMarker }) };
  },
  ListAliases: (told) => {
    const aliases = told.place.keys.flatMap(({ aliases, metadata }) =>
      aliases.map((AliasName) => ({ AliasName, TargetKeyId: metadata.KeyId })),
    );
    const { NextMarker, ...answer } = page(told, aliases, 'Aliases', 'NextMarker');
    return { ...answer, Truncated: NextMarker !== undefined, ...(NextMarker !== undefined && { NextMarker }) };
  },
  DescribeKey: (told) => ({ KeyMetadata: keyOf(told).metadata }),
  GetKeyRotationStatus: (told) => keyOf(told).rotation,
};

function keyOf(told: Told): Key {
  const key = told.place.keys.find(({ metadata }) => metadata.KeyId === told.text('KeyId'));
  if (!key) throw new AwsError('NotFoundException', 400, `Key '${told.text('KeyId')}' does not exist`);
  if (key.refuses)
    throw new AwsError(
      'AccessDeniedException',
      400,
      `User is not authorized to perform: ${told.operation} on this resource because no resource-based policy allows the ${told.operation} action`,
    );
  return key;
}

const trailsOf = ({ here }: Told): Trail[] => Object.values(here.regions).flatMap(({ trails = [] }) => trails);

export const cloudtrail: Readonly<Record<string, Operation>> = {
  DescribeTrails: (told) => {
    const named = told.parameters.trailNameList;
    const shadows = told.text('includeShadowTrails') !== 'false';
    const shown = trailsOf(told).filter(({ trail }) => trail.HomeRegion === told.region || (shadows && trail.IsMultiRegionTrail));
    return { trailList: shown.map(({ trail }) => trail).filter(({ TrailARN }) => named === undefined || named.includes(TrailARN)) };
  },
  // It tells of all regions, whichever it is asked in.
  ListTrails: (told) =>
    page(
      told,
      trailsOf(told).map(({ trail: { TrailARN, Name, HomeRegion } }) => ({ TrailARN, Name, HomeRegion })),
      'Trails',
      'NextToken',
    ),
  LookupEvents: lookUp,
  GetTrailStatus: (told) => trailNamed(told, 'Name').status,
  GetEventSelectors: (told) => ({ TrailARN: told.text('TrailName'), ...trailNamed(told, 'TrailName').selectors }),
};

const asked = new WeakMap<object, Map<string, number[]>>();

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html: one attribute, the latest first. */
function lookUp(told: Told): Shape {
  const { recorded } = told.world;
  if (!recorded) return { Events: [] };
  throttle(told, recorded);
  const { now, lag = 0, events } = recorded;
  const attributes = [told.parameters.LookupAttributes ?? []].flat().map((each) => JSON.parse(each) as Attribute);
  if (attributes.length > 1)
    throw new AwsError('InvalidLookupAttributesException', 400, 'You can specify only one attribute key and value pair');
  const [from, to] = [Number(told.text('StartTime') ?? 0) * 1000, Number(told.text('EndTime') ?? 9e12) * 1000];
  if (from > to) throw new AwsError('InvalidTimeRangeException', 400, 'The start time is later than the end time');
  const found = events
    .filter((event) => (event.recipientAccountId ?? told.account) === told.account && event.awsRegion === told.region)
    .map((event) => lookedUp(event))
    .filter(({ EventTime }) => EventTime.getTime() >= from && EventTime.getTime() <= to && EventTime.getTime() <= now() - lag)
    .filter((event) => attributes.every((attribute) => has(event, attribute)))
    .toSorted((a, b) => b.EventTime.getTime() - a.EventTime.getTime());
  return page(told, found, 'Events', 'NextToken');
}

interface Attribute {
  readonly AttributeKey: 'EventId' | 'EventName' | 'ReadOnly' | 'Username' | 'ResourceName' | 'EventSource';
  readonly AttributeValue: string;
}

type LookedUp = ReturnType<typeof lookedUp>;

function has(event: LookedUp, { AttributeKey, AttributeValue }: Attribute): boolean {
  if (AttributeKey === 'ResourceName') return event.Resources.some(({ ResourceName }) => ResourceName === AttributeValue);
  return event[AttributeKey] === AttributeValue;
}

function lookedUp(event: Shape) {
  const identity = event.userIdentity as { userName?: string; principalId?: string } | undefined;
  return {
    EventId: String(event.eventID),
    EventName: String(event.eventName),
    EventTime: new Date(String(event.eventTime)),
    EventSource: String(event.eventSource),
    ReadOnly: String((event.readOnly as boolean | undefined) ?? /^(?:Describe|Get|List|AssumeRole)/.test(String(event.eventName))),
    Username: identity?.userName ?? identity?.principalId?.split(':')[1] ?? '',
    Resources: namesIn(event.requestParameters).map((ResourceName) => ({ ResourceName })),
    CloudTrailEvent: JSON.stringify(event),
  };
}

/** AWS makes resources of the parameters that name one. */
const namesIn = (parameters: unknown): string[] =>
  Object.entries((parameters ?? {}) as Shape).flatMap(([name, value]) =>
    typeof value === 'string' && /(?:name|id|arn|identifier)$/i.test(name) ? [value] : [],
  );

function throttle({ account, region }: Told, recorded: Recorded): void {
  const places = asked.get(recorded) ?? new Map<string, number[]>();
  asked.set(recorded, places);
  const now = performance.now();
  const recent = (places.get(`${account} ${region}`) ?? []).filter((at) => now - at < 1000);
  if (recent.length >= (recorded.perSecond ?? Number.POSITIVE_INFINITY)) throw new AwsError('ThrottlingException', 400, 'Rate exceeded');
  places.set(`${account} ${region}`, [...recent, now]);
}

/** Known in its home region only. */
function trailNamed(told: Told, parameter: string): Trail {
  const found = trailsOf(told).find(({ trail }) => trail.TrailARN === told.text(parameter) && trail.HomeRegion === told.region);
  if (!found) throw new AwsError('TrailNotFoundException', 400, `Unknown trail: ${told.text(parameter)}`);
  return found;
}

export const config: Readonly<Record<string, Operation>> = {
  DescribeConfigurationRecorders: ({ place: { ConfigurationRecorders } }) => ({ ConfigurationRecorders }),
  DescribeConfigurationRecorderStatus: ({ place: { ConfigurationRecordersStatus } }) => ({ ConfigurationRecordersStatus }),
  DescribeDeliveryChannelStatus: ({ place: { DeliveryChannelsStatus } }) => ({ DeliveryChannelsStatus }),
};
