import { z } from 'zod';
import { type Api, defineCollector, instant, mapConcurrently, type Place } from '#collector';
import { awsCloudtrailTrail } from '#populations/aws-cloudtrail-trail';
import { EventSelectors, managementEventsIn } from './event-selectors.ts';

const Trail = z.object({
  Name: z.string(),
  TrailARN: z.string(),
  HomeRegion: z.string(),
  S3BucketName: z.string().optional(),
  IsMultiRegionTrail: z.boolean().optional(),
  IncludeGlobalServiceEvents: z.boolean().optional(),
  IsOrganizationTrail: z.boolean().optional(),
  LogFileValidationEnabled: z.boolean().optional(),
  KmsKeyId: z.string().optional(),
  CloudWatchLogsLogGroupArn: z.string().optional(),
});

type Trail = z.infer<typeof Trail>;

const Status = z.object({ IsLogging: z.boolean(), LatestDeliveryError: z.string().optional(), LatestDeliveryTime: instant.optional() });

const reads = {
  'cloudtrail:DescribeTrails': { needs: 'cloudtrail:DescribeTrails', reply: z.object({ trailList: z.array(Trail) }) },
  'cloudtrail:ListTrails': {
    needs: 'cloudtrail:ListTrails',
    reply: z.object({ Trails: z.array(z.object({ TrailARN: z.string(), Name: z.string(), HomeRegion: z.string() })) }),
  },
  'cloudtrail:GetTrailStatus': { needs: 'cloudtrail:GetTrailStatus', reply: Status },
  'cloudtrail:GetEventSelectors': { needs: 'cloudtrail:GetEventSelectors', reply: EventSelectors },
} as const;

export default defineCollector(awsCloudtrailTrail, {
  id: 'aws-cloudtrail-trails',
  title: 'Trails: what they record and whether they deliver',
  every: '1h',
  per: 'account',
  reads,
  limits:
    'Event data stores of CloudTrail Lake are not read. The latest delivery is known to the day. Of a trail of one region only its settings are read.',
  async *collect(api, place) {
    const { trailList } = await api.need('cloudtrail:DescribeTrails', { includeShadowTrails: true });
    const shown = new Map(trailList.map((trail) => [trail.TrailARN, trail]));
    const elsewhere: Listed[] = [];
    for await (const { Trails } of api.pages('cloudtrail:ListTrails', {}))
      elsewhere.push(...Trails.filter(({ TrailARN }) => !shown.has(TrailARN)));
    yield* mapConcurrently(shown.values(), 8, (trail) => described(api, place, trail));
    yield* mapConcurrently(elsewhere, 8, (trail) => regional(api, place, trail));
  },
});

type Listed = Pick<Trail, 'TrailARN' | 'Name' | 'HomeRegion'>;

async function described(api: Api<typeof reads>, place: Place, trail: Trail) {
  const told = <T>(value: T | undefined, field: string) =>
    value ?? api.unread('cloudtrail:DescribeTrails', 'malformed', `${trail.Name} has no ${field}`);
  return {
    ...identityOf(trail, place),
    organization: told(trail.IsOrganizationTrail, 'IsOrganizationTrail'),
    logValidation: told(trail.LogFileValidationEnabled, 'LogFileValidationEnabled'),
    bucket: told(trail.S3BucketName, 'S3BucketName'),
    kmsKeyId: trail.KmsKeyId || null,
    logGroup: trail.CloudWatchLogsLogGroupArn || null,
    ...(trail.IsMultiRegionTrail === false
      ? ofOneRegion
      : {
          multiRegion: told(trail.IsMultiRegionTrail, 'IsMultiRegionTrail'),
          globalEvents: told(trail.IncludeGlobalServiceEvents, 'IncludeGlobalServiceEvents'),
          ...(await operation(api, trail)),
        }),
  };
}

/**
 * A trail that is listed but does not show here: those of all regions and of the organization show everywhere, so it is one of another
 * region. That much is known, also where we may not look there, and keeps the refusal from hiding a trail that stands for the account.
 */
async function regional(api: Api<typeof reads>, place: Place, listed: Listed) {
  const { TrailARN, HomeRegion } = listed;
  const answer = await api.get('cloudtrail:DescribeTrails', { trailNameList: [TrailARN], includeShadowTrails: false, $region: HomeRegion });
  const trail = answer.ok ? answer.value.trailList.find((found) => found.TrailARN === TrailARN) : undefined;
  if (trail) return described(api, place, trail);
  const unread = answer.ok ? api.unread('cloudtrail:DescribeTrails', 'gone', `${TrailARN} is listed but not described`) : answer.unread;
  return {
    ...identityOf(listed, place),
    organization: unread,
    logValidation: unread,
    bucket: unread,
    kmsKeyId: unread,
    logGroup: unread,
    ...ofOneRegion,
  };
}

/** Of a trail of one region nothing more is asked, as it cannot stand for the account. */
const ofOneRegion = { multiRegion: false, globalEvents: null, logging: null, delivered: null, deliveryError: null, managementEvents: null };

/** The organization's trail is seen by each of its accounts, and each may see something else of it. */
function identityOf({ TrailARN, Name, HomeRegion }: Listed, { account }: Place) {
  const owner = TrailARN.split(':')[4] ?? '';
  const ownTrail = owner === account;
  return { key: ownTrail ? TrailARN : `${TrailARN}@${account}`, name: Name, owner, ownTrail, homeRegion: HomeRegion };
}

/** How the trail works is known only in its home region, by its ARN. */
async function operation(api: Api<typeof reads>, { TrailARN, HomeRegion }: Listed) {
  const [status, selectors] = await Promise.all([
    api.get('cloudtrail:GetTrailStatus', { Name: TrailARN, $region: HomeRegion }),
    api.get('cloudtrail:GetEventSelectors', { TrailName: TrailARN, $region: HomeRegion }),
  ]);
  return {
    logging: status.ok ? status.value.IsLogging : status.unread,
    // It moves every few minutes: known to the day, a trail that works gives one snapshot a day.
    delivered: status.ok ? (status.value.LatestDeliveryTime?.slice(0, 10) ?? null) : status.unread,
    deliveryError: status.ok ? status.value.LatestDeliveryError || null : status.unread,
    managementEvents: selectors.ok ? managementEventsIn(selectors.value) : selectors.unread,
  };
}
