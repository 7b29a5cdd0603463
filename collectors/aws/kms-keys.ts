import { z } from 'zod';
import { type Api, defineCollector, mapConcurrently, type Unread } from '#collector';
import { awsKmsKey } from '#populations/aws-kms-key';

const Metadata = z.object({
  KeyId: z.string(),
  KeyManager: z.string().optional(),
  KeyState: z.string().optional(),
  KeySpec: z.string().optional(),
  KeyUsage: z.string().optional(),
  Origin: z.string().optional(),
  MultiRegion: z.boolean().optional(),
  MultiRegionConfiguration: z.object({ MultiRegionKeyType: z.enum(['PRIMARY', 'REPLICA']) }).optional(),
});

type Metadata = z.infer<typeof Metadata>;

const reads = {
  'kms:ListAliases': {
    needs: 'kms:ListAliases',
    reply: z.object({ Aliases: z.array(z.object({ AliasName: z.string(), TargetKeyId: z.string().optional() })) }),
  },
  'kms:ListKeys': { needs: 'kms:ListKeys', reply: z.object({ Keys: z.array(z.object({ KeyId: z.string(), KeyArn: z.string() })) }) },
  'kms:DescribeKey': { needs: 'kms:DescribeKey', reply: z.object({ KeyMetadata: Metadata }) },
  'kms:GetKeyRotationStatus': {
    needs: 'kms:GetKeyRotationStatus',
    reply: z.object({ KeyRotationEnabled: z.boolean(), RotationPeriodInDays: z.int().optional() }),
  },
} as const;

/** AWS's own keys have an alias of AWS: they are known by that, so that no key policy of theirs has to let us read them. */
const awsAlias = /^alias\/aws\//;

export default defineCollector(awsKmsKey, {
  id: 'aws-kms-keys',
  title: 'KMS keys and their rotation',
  every: '12h',
  per: 'region',
  reads,
  limits:
    "A key's own policy may refuse us; the key is then listed with its fields unread. Keys with an alias of AWS (alias/aws/…) are left out.",
  async *collect(api) {
    const aliases = new Map<string, string[]>();
    for await (const page of api.pages('kms:ListAliases', {})) {
      for (const { AliasName, TargetKeyId } of page.Aliases)
        if (TargetKeyId !== undefined) aliases.set(TargetKeyId, [...(aliases.get(TargetKeyId) ?? []), AliasName].toSorted());
    }
    const keys: { KeyId: string; KeyArn: string; name: string }[] = [];
    for await (const page of api.pages('kms:ListKeys', {})) {
      for (const { KeyId, KeyArn } of page.Keys) {
        const names = aliases.get(KeyId) ?? [];
        if (!names.some((name) => awsAlias.test(name))) keys.push({ KeyId, KeyArn, name: names[0] ?? KeyId });
      }
    }
    yield* mapConcurrently(keys, 8, async ({ KeyId, KeyArn, name }) => ({ key: KeyArn, name, ...(await settings(api, KeyId)) }));
  },
});

async function settings(api: Api<typeof reads>, KeyId: string) {
  const described = await api.get('kms:DescribeKey', { KeyId });
  if (!described.ok) {
    const { unread } = described;
    return { manager: unread, state: unread, spec: unread, usage: unread, origin: unread, multiRegion: unread, rotation: unread };
  }
  const { KeyMetadata: key } = described.value;
  const told = (field: 'KeyManager' | 'KeyState' | 'KeySpec' | 'KeyUsage' | 'Origin') =>
    key[field] ?? api.unread('kms:DescribeKey', 'malformed', `the key has no ${field}`);
  return {
    manager: told('KeyManager'),
    state: told('KeyState'),
    spec: told('KeySpec'),
    usage: told('KeyUsage'),
    origin: told('Origin'),
    multiRegion: kindOf(key, api),
    rotation: cannotRotate(key) ? null : await rotation(api, KeyId),
  };
}

/**
 * Keys that nobody needs to ask, because something known of them rules it out.
 * https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html: only symmetric keys with material of the service rotate.
 */
const cannotRotate = ({
  KeyManager = 'CUSTOMER',
  KeySpec = 'SYMMETRIC_DEFAULT',
  Origin = 'AWS_KMS',
  KeyState = 'Enabled',
}: Metadata): boolean =>
  KeyManager !== 'CUSTOMER' || KeySpec !== 'SYMMETRIC_DEFAULT' || Origin !== 'AWS_KMS' || !['Enabled', 'Disabled'].includes(KeyState);

async function rotation(api: Api<typeof reads>, KeyId: string) {
  const status = await api.get('kms:GetKeyRotationStatus', { KeyId });
  if (!status.ok) return status.unread;
  const { KeyRotationEnabled: enabled, RotationPeriodInDays: periodDays } = status.value;
  if (!enabled) return { enabled, periodDays: null };
  return periodDays === undefined
    ? api.unread('kms:GetKeyRotationStatus', 'malformed', 'the key rotates, but its period is missing')
    : { enabled, periodDays };
}

function kindOf({ MultiRegion, MultiRegionConfiguration }: Metadata, api: Api<typeof reads>): 'no' | 'primary' | 'replica' | Unread {
  if (MultiRegion === undefined) return api.unread('kms:DescribeKey', 'malformed', 'the key does not say whether it is multi-region');
  if (!MultiRegion) return 'no';
  if (!MultiRegionConfiguration) return api.unread('kms:DescribeKey', 'malformed', 'a multi-region key without its configuration');
  return MultiRegionConfiguration.MultiRegionKeyType === 'PRIMARY' ? 'primary' : 'replica';
}
