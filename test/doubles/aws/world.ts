/** What there is, held as data in the SDK's own shapes. Instants are Dates; each protocol writes them in its own way. */
export type Shape = { readonly [name: string]: unknown };

export interface World {
  readonly accounts: Readonly<Record<string, Account>>;
  /** The regions of `DescribeRegions`, and whether accounts may use them. */
  readonly regions: Readonly<Record<string, 'opt-in-not-required' | 'opted-in' | 'not-opted-in'>>;
  /** What CloudTrail has recorded, in every account and region, and how it tells. */
  readonly recorded?: Recorded;
  /** The clock of AWS, told with each answer. Epoch ms. */
  readonly clock?: () => number;
  /** Operations that answer fewer than asked for at a time, as IAM may. */
  readonly shorterPages?: Readonly<Record<string, number>>;
}

export interface Recorded {
  /** As trails write them: `recipientAccountId` and `awsRegion` say where. */
  readonly events: readonly Shape[];
  /** Events younger than this (ms) are not told yet. */
  readonly lag?: number;
  /** Epoch ms. */
  readonly now: () => number;
  /** Calls a second and account and region beyond which AWS asks to slow down; without it nobody is slowed down. */
  readonly perSecond?: number;
}

export interface Account {
  /** The role that other accounts may assume here, and what they must say to be let in. */
  readonly role?: { readonly name: string; readonly externalId?: string };
  readonly iam: Iam;
  /** S3 Block Public Access of the account; null where it was never set. */
  readonly publicAccessBlock: Shape | null;
  readonly buckets: readonly Bucket[];
  /** By name. A region that is not here is empty. */
  readonly regions: Readonly<Record<string, Partial<Region>>>;
}

export interface Iam {
  readonly UserDetailList: readonly Shape[];
  readonly GroupDetailList: readonly Shape[];
  readonly RoleDetailList: readonly Shape[];
  readonly Policies: readonly Shape[];
  readonly SummaryMap: Readonly<Record<string, number>>;
  readonly PasswordPolicy: Shape | null;
  readonly VirtualMFADevices: readonly Shape[];
  readonly AccountAliases: readonly string[];
  /** Rows of the credential report, by column; columns left out are `N/A`. */
  readonly report: readonly Readonly<Record<string, string>>[];
}

export interface Bucket {
  readonly name: string;
  readonly region: string;
  readonly publicAccessBlock?: Shape;
  readonly policy?: { readonly text: string; readonly isPublic: boolean };
  readonly grants?: readonly { readonly uri: string; readonly permission: string }[];
  readonly ownership?: string;
  readonly encryption?: { readonly algorithm: string; readonly key?: string };
  readonly versioning?: 'Enabled' | 'Suspended';
  /** The listing leaves its region out. */
  readonly regionUntold?: true;
}

export interface Region {
  readonly Vpcs: readonly Shape[];
  readonly Subnets: readonly Shape[];
  readonly SecurityGroups: readonly Shape[];
  readonly NetworkInterfaces: readonly Shape[];
  readonly NetworkAcls: readonly Shape[];
  readonly FlowLogs: readonly Shape[];
  readonly PrefixLists: readonly Shape[];
  /** Entries by the id of their list. */
  readonly prefixListEntries: Readonly<Record<string, readonly Shape[]>>;
  readonly Volumes: readonly Shape[];
  readonly Snapshots: readonly Shape[];
  readonly publicSnapshots: readonly string[];
  readonly ebsEncryptionByDefault: boolean;
  readonly snapshotBlock: string;
  readonly vpcBlock: string;
  readonly DBInstances: readonly Shape[];
  readonly DBClusters: readonly Shape[];
  readonly keys: readonly Key[];
  readonly trails: readonly Trail[];
  readonly plans: readonly Plan[];
  readonly BackupVaultList: readonly Shape[];
  readonly BackupJobs: readonly Shape[];
  readonly RestoreJobs: readonly Shape[];
  readonly Results: readonly Shape[];
  readonly detector: { readonly id: string; readonly details: Shape } | null;
  readonly ConfigurationRecorders: readonly Shape[];
  readonly ConfigurationRecordersStatus: readonly Shape[];
  readonly DeliveryChannelsStatus: readonly Shape[];
}

export interface Key {
  readonly aliases: readonly string[];
  readonly metadata: { readonly KeyId: string; readonly Arn: string } & Shape;
  readonly rotation: Shape;
  /** Its own policy does not let us in, whatever IAM says. */
  readonly refuses?: true;
}

/** Lives in its home region; one of all regions shows in each. */
export interface Trail {
  readonly trail: {
    readonly Name: string;
    readonly TrailARN: string;
    readonly HomeRegion: string;
    readonly IsMultiRegionTrail: boolean;
  } & Shape;
  readonly status: Shape;
  readonly selectors: Shape;
}

export interface Plan {
  readonly listed: { readonly BackupPlanId: string } & Shape;
  readonly plan: Shape;
  readonly selections: Readonly<Record<string, Shape>>;
}

export const emptyRegion: Region = {
  Vpcs: [],
  Subnets: [],
  SecurityGroups: [],
  NetworkInterfaces: [],
  NetworkAcls: [],
  FlowLogs: [],
  PrefixLists: [],
  prefixListEntries: {},
  Volumes: [],
  Snapshots: [],
  publicSnapshots: [],
  ebsEncryptionByDefault: true,
  snapshotBlock: 'block-all-sharing',
  vpcBlock: 'off',
  DBInstances: [],
  DBClusters: [],
  keys: [],
  trails: [],
  plans: [],
  BackupVaultList: [],
  BackupJobs: [],
  RestoreJobs: [],
  Results: [],
  detector: null,
  ConfigurationRecorders: [],
  ConfigurationRecordersStatus: [],
  DeliveryChannelsStatus: [],
};

export const emptyAccount: Account = {
  iam: {
    UserDetailList: [],
    GroupDetailList: [],
    RoleDetailList: [],
    Policies: [],
    VirtualMFADevices: [],
    AccountAliases: [],
    report: [],
    SummaryMap: {
      AccountMFAEnabled: 1,
      AccountAccessKeysPresent: 0,
      AccountSigningCertificatesPresent: 0,
      AccountPasswordPresent: 1,
    },
    PasswordPolicy: null,
  },
  publicAccessBlock: null,
  buckets: [],
  regions: {},
};
