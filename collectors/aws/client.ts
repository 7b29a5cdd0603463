import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { CallFailure, type Connection, type FoundPlace, mapConcurrently, type Reads, type Transport, type Unread } from '#collector';
import { chainOf, remembered } from './credentials.ts';
import { classify } from './failures.ts';
import { type Limiter, limitCalls } from './limits.ts';
import { type CredentialSource, openSdk, type SdkOptions } from './sdk.ts';
import { openTransport } from './transport.ts';

interface AwsAccount {
  readonly id: string;
  readonly name?: string;
  /** The role to assume: its ARN, or its name in that account. Without one the account is read with the credentials as they are. */
  readonly role?: string;
  readonly externalId?: string | (() => string | Promise<string>);
}

export interface AwsSettings {
  readonly id: string;
  /** Without any, the account that the credentials belong to. */
  readonly accounts?: readonly AwsAccount[];
  /** Only these regions; without them every region that an account has enabled. */
  readonly regions?: readonly string[];
  /** Where to ask for what belongs to no region, and for credentials. Without it the SDK's own, then us-east-1. */
  readonly region?: string;
  readonly endpoint?: string;
  /** True for an account (`123456789012`) or a region of it (`123456789012/eu-west-1`) that is declared out of scope: it is named, and not asked. */
  readonly outOfScope?: (label: string) => boolean;
}

export interface AwsDeps extends Omit<SdkOptions, 'endpoint'> {
  /** The identity to start from; without it the SDK's own chain. */
  readonly credentials?: CredentialSource;
  /** Epoch milliseconds. */
  readonly now?: () => number;
  readonly wait?: (span: number, signal?: AbortSignal) => Promise<void>;
  /** Lets calls through; without it as their quotas allow. */
  readonly limit?: Limiter;
}

const discovery = {
  'sts:GetCallerIdentity': {
    needs: 'sts:GetCallerIdentity',
    reply: z.object({ Account: z.string().min(1), Arn: z.string().startsWith('arn:') }),
  },
  'sts:AssumeRole': {
    needs: 'sts:AssumeRole',
    reply: z.object({
      Credentials: z.object({ AccessKeyId: z.string(), SecretAccessKey: z.string(), SessionToken: z.string(), Expiration: z.date() }),
    }),
  },
  'ec2:DescribeRegions': {
    needs: 'ec2:DescribeRegions',
    // Every account has some region.
    reply: z.object({ Regions: z.array(z.object({ RegionName: z.string(), OptInStatus: z.string() })).min(1) }),
  },
} satisfies Reads;

type Discovery = typeof discovery;
type Told<Op extends keyof Discovery> = z.infer<Discovery[Op]['reply']>;
type Caller = Told<'sts:GetCallerIdentity'>;

/**
 * Connects to AWS: one account or many, each with all its enabled regions. Nothing is asked before `places`, and nothing throws for a
 * refusal: an account that cannot be entered, or whose regions cannot be told, is found as places with `unread`.
 */
export function connectAws(settings: AwsSettings, deps: AwsDeps = {}): Connection {
  const { now = Date.now, wait = pause } = deps;
  const { accounts = [], regions, outOfScope = () => false } = settings;
  const { prepare, regionInEnvironment, close } = openSdk({
    ...deps,
    ...(settings.endpoint !== undefined && { endpoint: settings.endpoint }),
  });
  const limit = deps.limit ?? limitCalls();
  const assumed = new Map<string, CredentialSource>();
  const entered = new Map<string, CredentialSource>();
  const late = new Map<string, Promise<CredentialSource>>();
  let looked = false;
  let home = settings.region ?? regions?.[0] ?? 'us-east-1';
  const own = remembered(deps.credentials ?? (() => chainOf(home)()), now);

  const transportAt = (account: string, region: string, credentials: CredentialSource, signal?: AbortSignal): Transport =>
    openTransport({ place: { account, region }, homeRegion: home, credentials, limit, prepare, now, wait, signal });

  async function ask<Op extends keyof Discovery>(
    operation: Op,
    input: object,
    owner: string,
    credentials: CredentialSource,
  ): Promise<Told<Op>> {
    const [answer] = await Array.fromAsync(transportAt(owner, 'global', credentials).call(operation, input, false));
    const parsed = discovery[operation].reply.safeParse(answer?.body);
    if (parsed.success) return parsed.data as Told<Op>;
    throw new CallFailure('malformed', { status: answer?.status ?? 0, detail: parsed.error.issues[0]?.message ?? '' });
  }

  async function identify(): Promise<Caller | Unread> {
    home = settings.region ?? (await regionInEnvironment()) ?? home;
    return orUnread('sts:GetCallerIdentity', () => ask('sts:GetCallerIdentity', {}, 'caller', own));
  }

  /** The credentials of an account, proven to belong to it. Until they are, nothing can be asked there. */
  async function enter(account: AwsAccount, caller: Caller): Promise<CredentialSource | Unread> {
    const source = await proven(account, caller);
    if ('unread' in source) entered.delete(account.id);
    else entered.set(account.id, source);
    return source;
  }

  async function proven(account: AwsAccount, caller: Caller): Promise<CredentialSource | Unread> {
    const source = sourceFor(account, caller);
    const credentials = await orUnread('sts:AssumeRole', source);
    if ('unread' in credentials) return credentials;
    const asked = () => ask('sts:GetCallerIdentity', {}, account.id, source);
    const found = account.role === undefined ? caller : await orUnread('sts:GetCallerIdentity', asked);
    if ('unread' in found) return found;
    if (found.Account !== account.id) {
      const detail = `the credentials belong to account ${found.Account}, not to ${account.id}`;
      return refusal('sts:GetCallerIdentity', 'credential-rejected', detail);
    }
    return source;
  }

  /** The credentials of an account that nobody entered here before: its places were found by another process, or are still to be found. */
  function enterLate(id: string): Promise<CredentialSource> {
    const known = late.get(id);
    if (known) return known;
    const entering = enterAs(id);
    late.set(id, entering);
    entering.catch(() => late.delete(id));
    return entering;
  }

  async function enterAs(id: string): Promise<CredentialSource> {
    // Whoever looked for places and did not get in is not let in by another door.
    if (looked) throw new CallFailure('credential-rejected', { code: 'not-entered', detail: 'the account has not been entered' });
    const caller = valueOf(await identify());
    const account = accounts.find((each) => each.id === id) ?? (accounts.length === 0 && caller.Account === id ? { id } : undefined);
    if (!account)
      throw new CallFailure('credential-rejected', { code: 'not-entered', detail: 'the account is not among those of the configuration' });
    return valueOf(await enter(account, caller));
  }

  function sourceFor({ role, ...account }: AwsAccount, caller: Caller): CredentialSource {
    if (role === undefined) return own;
    const known = assumed.get(account.id);
    if (known) return known;
    const source = remembered(() => assume({ ...account, role }, caller), now);
    assumed.set(account.id, source);
    return source;
  }

  async function assume({ id, role, externalId }: AwsAccount & { role: string }, caller: Caller) {
    const secret = typeof externalId === 'function' ? await externalId() : externalId;
    const { Credentials } = await ask(
      'sts:AssumeRole',
      {
        RoleArn: role.startsWith('arn:') ? role : `arn:${partitionOf(caller)}:iam::${id}:role/${role}`,
        RoleSessionName: 'holdfast',
        ...(secret !== undefined && { ExternalId: secret }),
      },
      'caller',
      own,
    );
    return {
      accessKeyId: Credentials.AccessKeyId,
      secretAccessKey: Credentials.SecretAccessKey,
      sessionToken: Credentials.SessionToken,
      expiration: Credentials.Expiration,
    };
  }

  async function placesOf(account: AwsAccount, caller: Caller | Unread): Promise<FoundPlace[]> {
    const base = { account: account.id, ...(account.name !== undefined && { name: account.name }) };
    if (outOfScope(account.id)) return ['global', ...(regions ?? [])].map((region) => ({ ...base, region }));
    if ('unread' in caller) return unreadPlaces(base, caller);
    const at = { ...base, partition: partitionOf(caller) };
    const credentials = await enter(account, caller);
    if ('unread' in credentials) return unreadPlaces(at, credentials);
    const told = await orUnread('ec2:DescribeRegions', () => ask('ec2:DescribeRegions', { AllRegions: true }, account.id, credentials));
    return [{ ...at, region: 'global' }, ...regionsIn(told).map((region) => ({ ...at, ...region }))];
  }

  const unreadPlaces = (at: Omit<FoundPlace, 'region'>, unread: Unread): FoundPlace[] =>
    at.account === 'unknown'
      ? [{ ...at, region: 'unknown', unread }]
      : ['global', ...(regions ?? ['unknown'])].map((region) => ({ ...at, region, unread }));

  /** The regions to read. Configured ones need no list to be known; a configured one that is not enabled is said, not left out. */
  function regionsIn(told: Told<'ec2:DescribeRegions'> | Unread): { region: string; unread?: Unread }[] {
    if ('unread' in told) return regions?.map((region) => ({ region })) ?? [{ region: 'unknown', unread: told }];
    const states = new Map(told.Regions.map(({ RegionName, OptInStatus }) => [RegionName, OptInStatus]));
    const enabled = (region: string) => ['opt-in-not-required', 'opted-in'].includes(states.get(region) ?? '');
    if (!regions) {
      const found = [...states.keys()].filter(enabled).sort();
      // Every account has regions that cannot be switched off, so none is no answer.
      if (found.length === 0)
        return [{ region: 'unknown', unread: refusal('ec2:DescribeRegions', 'malformed', 'the answer names no enabled region') }];
      return found.map((region) => ({ region }));
    }
    return regions.map((region) =>
      enabled(region)
        ? { region }
        : {
            region,
            unread: refusal('ec2:DescribeRegions', 'not-offered', `the region is ${states.get(region) ?? 'not known'} in this account`),
          },
    );
  }

  /** What is out of scope is not asked, so nothing there can be unread. */
  const withinScope = ({ unread, ...place }: FoundPlace): FoundPlace =>
    unread && !outOfScope(place.region === 'global' ? place.account : `${place.account}/${place.region}`) ? { ...place, unread } : place;

  return {
    id: settings.id,
    provider: 'aws',
    discovery,
    async places() {
      looked = true;
      const caller = await identify();
      const configured: readonly AwsAccount[] = accounts.length > 0 ? accounts : [{ id: 'unread' in caller ? 'unknown' : caller.Account }];
      return (await Array.fromAsync(mapConcurrently(configured, 8, (account) => placesOf(account, caller)))).flat().map(withinScope);
    },
    open({ account, region }, signal) {
      // Looked up with each call: clients are kept, and would keep that the account had not been entered.
      return transportAt(account, region, async () => (entered.get(account) ?? (await enterLate(account)))(), signal);
    },
    close,
  };
}

/** A value, or the failure that stands for its absence. */
function valueOf<T extends object>(value: T | Unread): T {
  if ('unread' in value) throw new CallFailure((value as Unread).unread, { detail: (value as Unread).detail });
  return value;
}

const partitionOf = ({ Arn }: Caller): string => Arn.split(':')[1] ?? 'aws';

const refusal = (call: keyof Discovery, unread: Unread['unread'], detail: string): Unread => ({
  unread,
  call,
  needs: discovery[call].needs,
  detail,
});

/** A value, or why there is none. The credentials of an account are the answer of `sts:AssumeRole`, or of the caller's own chain. */
async function orUnread<T extends object>(call: keyof Discovery, ask: () => Promise<T>): Promise<T | Unread> {
  try {
    return await ask();
  } catch (error) {
    const { reason, code, message } = classify(error);
    return refusal(call, reason, code && !message.includes(code) ? `${code}: ${message}` : message);
  }
}

const pause = (span: number, signal?: AbortSignal): Promise<void> => sleep(span, undefined, signal && { signal });
