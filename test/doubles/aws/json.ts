import { AwsError, type Operation, type Told } from './calls.ts';
import type { Key, Shape, Trail } from './world.ts';

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
  GetTrailStatus: (told) => trailNamed(told, 'Name').status,
  GetEventSelectors: (told) => ({ TrailARN: told.text('TrailName'), ...trailNamed(told, 'TrailName').selectors }),
};

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
