import { z } from 'zod';
import { type Api, defineCollector, type Unread } from '#collector';
import { awsConfigRecorder } from '#populations/aws-config-recorder';

const Group = z.object({
  allSupported: z.boolean().optional(),
  resourceTypes: z.array(z.string()).optional(),
  exclusionByResourceTypes: z.object({ resourceTypes: z.array(z.string()).optional() }).optional(),
  recordingStrategy: z.object({ useOnly: z.string().optional() }).optional(),
});

const Recorders = z.object({
  ConfigurationRecorders: z.array(
    z.object({ name: z.string(), servicePrincipal: z.string().optional(), recordingGroup: Group.optional() }),
  ),
});

const Statuses = z.object({
  ConfigurationRecordersStatus: z.array(
    z.object({ name: z.string(), servicePrincipal: z.string().optional(), recording: z.boolean(), lastStatus: z.string().optional() }),
  ),
});

const lastStatus = z.object({ lastStatus: z.string().optional() }).optional();
const Channels = z.object({
  DeliveryChannelsStatus: z.array(
    z.object({ name: z.string(), configHistoryDeliveryInfo: lastStatus, configStreamDeliveryInfo: lastStatus }),
  ),
});

const reads = {
  'config:DescribeConfigurationRecorders': { needs: 'config:DescribeConfigurationRecorders', reply: Recorders },
  'config:DescribeConfigurationRecorderStatus': { needs: 'config:DescribeConfigurationRecorderStatus', reply: Statuses },
  'config:DescribeDeliveryChannelStatus': { needs: 'config:DescribeDeliveryChannelStatus', reply: Channels },
} as const;

export default defineCollector(awsConfigRecorder, {
  id: 'aws-config-recorders',
  title: 'Configuration recording in each region',
  every: '6h',
  per: 'region',
  reads,
  limits: 'Recorders that AWS services keep for themselves are not counted.',
  async *collect(api, { partition = 'aws', region, account }) {
    // The region is the item: it stays, also where we may not look whether it is recorded.
    const item = { key: `arn:${partition}:config:${region}:${account}:region`, name: region, region };
    yield { ...item, ...(await recording(api)) };
  },
});

async function recording(api: Api<typeof reads>) {
  const recorders = await api.get('config:DescribeConfigurationRecorders', {});
  if (!recorders.ok) {
    const { unread } = recorders;
    return { recorder: unread, records: unread, recording: unread, lastStatus: unread, delivery: unread };
  }
  const [recorder] = recorders.value.ConfigurationRecorders.filter(({ servicePrincipal }) => !servicePrincipal).toSorted((a, b) =>
    a.name < b.name ? -1 : 1,
  );
  if (!recorder) return { recorder: null, records: 'nothing' as const, recording: false, lastStatus: null, delivery: null };
  return {
    recorder: recorder.name,
    records: recordsIn(recorder.recordingGroup, api),
    ...(await status(api, recorder.name)),
    delivery: await delivery(api),
  };
}

/** Whether it records is not told with the recorder, only with its status. */
async function status(api: Api<typeof reads>, recorder: string) {
  const statuses = await api.get('config:DescribeConfigurationRecorderStatus', {});
  if (!statuses.ok) return { recording: statuses.unread, lastStatus: statuses.unread };
  const found = statuses.value.ConfigurationRecordersStatus.find(({ name, servicePrincipal }) => name === recorder && !servicePrincipal);
  if (found) return { recording: found.recording, lastStatus: found.lastStatus?.toLowerCase() ?? null };
  const missing = api.unread('config:DescribeConfigurationRecorderStatus', 'partial', `no status of the recorder ${recorder}`);
  return { recording: missing, lastStatus: missing };
}

function recordsIn(group: z.infer<typeof Group> | undefined, api: Api<typeof reads>): 'all' | 'all-but-some' | 'some' | 'nothing' | Unread {
  const strategy = group?.recordingStrategy?.useOnly;
  if (strategy === 'EXCLUSION_BY_RESOURCE_TYPES' || group?.exclusionByResourceTypes?.resourceTypes?.length) return 'all-but-some';
  if (group?.allSupported) return 'all';
  if (group?.allSupported === undefined)
    return api.unread('config:DescribeConfigurationRecorders', 'malformed', 'the recorder does not say what it records');
  return group.resourceTypes?.length ? 'some' : 'nothing';
}

async function delivery(api: Api<typeof reads>) {
  const channels = await api.get('config:DescribeDeliveryChannelStatus', {});
  if (!channels.ok) return channels.unread;
  const [channel] = channels.value.DeliveryChannelsStatus.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  if (!channel) return null;
  const { configHistoryDeliveryInfo: history, configStreamDeliveryInfo: stream } = channel;
  return { history: history?.lastStatus?.toLowerCase() ?? null, stream: stream?.lastStatus?.toLowerCase() ?? null };
}
