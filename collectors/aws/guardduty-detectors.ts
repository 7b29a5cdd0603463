import { z } from 'zod';
import { type Api, defineCollector } from '#collector';
import { awsGuarddutyDetector } from '#populations/aws-guardduty-detector';

const reads = {
  'guardduty:ListDetectors': { needs: 'guardduty:ListDetectors', reply: z.object({ DetectorIds: z.array(z.string()) }) },
  'guardduty:GetDetector': {
    needs: 'guardduty:GetDetector',
    reply: z.object({
      Status: z.enum(['ENABLED', 'DISABLED']),
      Features: z.array(z.object({ Name: z.string(), Status: z.string() })).optional(),
    }),
  },
} as const;

export default defineCollector(awsGuarddutyDetector, {
  id: 'aws-guardduty-detectors',
  title: 'Threat detection in each region',
  every: '6h',
  per: 'region',
  reads,
  async *collect(api, { partition = 'aws', region, account }) {
    // The region is the item: it stays, also where we may not look whether it is watched.
    const item = { key: `arn:${partition}:guardduty:${region}:${account}:region`, name: region, region };
    yield { ...item, ...(await detection(api)) };
  },
});

async function detection(api: Api<typeof reads>) {
  const listed = await api.all('guardduty:ListDetectors', {});
  if (!listed.ok) return { detector: listed.unread, status: listed.unread, features: listed.unread };
  // A region has one detector at most: https://docs.aws.amazon.com/guardduty/latest/APIReference/API_ListDetectors.html
  const [detector = null] = listed.value.flatMap(({ DetectorIds }) => DetectorIds).toSorted();
  if (detector === null) return { detector, status: 'none' as const, features: [] };
  const found = await api.get('guardduty:GetDetector', { DetectorId: detector });
  if (!found.ok) return { detector, status: found.unread, features: found.unread };
  const { Status, Features } = found.value;
  return {
    detector,
    status: Status === 'ENABLED' ? ('enabled' as const) : ('disabled' as const),
    features: Features
      ? Features.filter((feature) => feature.Status === 'ENABLED')
          .map(({ Name }) => Name)
          .toSorted()
      : api.unread('guardduty:GetDetector', 'withheld', 'the detector has no list of features'),
  };
}
