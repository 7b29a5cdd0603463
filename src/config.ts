import path from 'node:path';
import type { AnchorSettings } from '#src/anchors/open.ts';
import { checkAgreements } from '#src/config/agreements.ts';
import { parseAddress } from '#src/config/fields.ts';
import { type LocalDate, nextDay, startOfDay } from '#src/config/local-date.ts';
import { type Mistakes, mistakesIn, pathText } from '#src/config/mistakes.ts';
import { type AnchorFile, type ConfigFile, type ConnectionFile, schema } from '#src/config/schema.ts';
import { parseReference, type Secret, type SecretSources, secretOf } from '#src/config/secret.ts';
import type { Path } from '#src/config/yaml.ts';
import type { Category } from '#src/criteria.ts';
import { type Duration, milliseconds } from '#src/duration.ts';
import type { Severity } from '#src/rule.ts';
import type { KeySource, LedgerSettings } from '#src/signing/keyring.ts';

export { configJsonSchema, configReference } from '#src/config/reference.ts';

/** holdfast.yaml, checked and with its defaults. Secrets are references; nothing was looked up yet. */
export interface Config {
  /** The file, and the folder that relative paths start at; both absolute. */
  readonly file: string;
  readonly folder: string;
  readonly company: string;
  readonly window?: Window;
  /** The time zone of the window; UTC where none is declared. */
  readonly timeZone: string;
  /** The evidence store: the absolute path of a file, or the address of a database. */
  readonly store: string | Secret;
  /** Who signs the ledger; absent, where a key of its own does. */
  readonly ledger?: LedgerSettings;
  readonly anchors: readonly AnchorSettings[];
  /** Where jobs for workers lie; absent, where the agent collects by itself. */
  readonly queue?: QueueSettings;
  readonly alerts: AlertSettings;
  /** Where metrics and probes are served apart from the pages; absent, where the pages are. */
  readonly metrics?: { readonly host: string; readonly port: number };
  readonly heartbeat?: HeartbeatSettings;
  readonly portal: {
    readonly host: string;
    readonly port: number;
    /** By which people reach the pages, without a slash at the end. */
    readonly address?: string;
    readonly signIn?: SignInSettings;
  };
  readonly people: readonly PersonSettings[];
  readonly waivers: { readonly longestDays: number };
  readonly categories: readonly Category[];
  readonly connections: readonly Connection[];
  readonly scope: Scope;
  /** Absolute path of the company's own control versions. */
  readonly controls?: string;
  readonly coverage: { readonly atLeastPercent: number; readonly longestGapHours: number };
  /** How long data is kept that results do not rest on any more; absent: for good. */
  readonly retention: { readonly repliesDays?: number; readonly snapshotsDays?: number };
  /** Every secret above, to look them all up before starting. */
  readonly secrets: readonly Secret[];
}

/** How a reverse proxy says who is signed in, and that it is the proxy. Names of headers in small letters. */
export interface SignInSettings {
  readonly header: string;
  readonly proof: string;
  readonly secret: Secret;
}

/** One person, with every address of theirs as it is written. */
export interface PersonSettings {
  readonly email: string;
  readonly also: readonly string[];
  readonly name: string;
  /** Member id in Slack. */
  readonly slack?: string;
  readonly roles: readonly ('owner' | 'approver')[];
}

/** Where alerts go, by which way, and when they are told again. Without `slack` and `webhook` nobody is told. Spans in milliseconds. */
export interface AlertSettings {
  readonly slack?: SlackSettings;
  /** The address of an incoming webhook. */
  readonly webhook?: Secret;
  readonly routes: readonly RouteSettings[];
  readonly remind: { readonly high: number; readonly medium: number };
  readonly acknowledgedFor: number;
}

/** The sign of life: whom to call, how often, and what is put behind the address when all is not well. */
export interface HeartbeatSettings {
  readonly url: Secret;
  readonly every: Duration;
  readonly fail?: string;
}

/** Of the keys of a match all must hold, of the values of a key any. */
export interface RouteSettings {
  readonly match: {
    readonly control?: readonly string[];
    readonly owner?: readonly string[];
    readonly severity?: readonly Severity[];
    readonly scope?: readonly string[];
    readonly rule?: readonly string[];
  };
  readonly channel: string;
}

export interface SlackSettings {
  readonly token: Secret;
  readonly appToken?: Secret;
  readonly channel: string;
  readonly endpoint?: string;
}

export interface Window {
  /** First and last day, both included, as declared. */
  readonly from: LocalDate;
  readonly to: LocalDate;
  readonly timeZone: string;
  /** The same as instants, half-open: from the start of the first day to the end of the last. Epoch ms. */
  readonly start: number;
  readonly end: number;
}

interface Scope {
  readonly in: readonly string[];
  readonly out: readonly { readonly match: string; readonly reason: string }[];
}

export type Connection = AwsConnection | GithubConnection | ScimConnection;

interface AnyConnection {
  readonly id: string;
  /** Collectors switched off. */
  readonly without: readonly string[];
  /** Schedules that replace the collectors' own, by collector id. */
  readonly every: Readonly<Record<string, Duration>>;
}

export interface AwsConnection extends AnyConnection {
  readonly provider: 'aws';
  /** Absent: the account of the credentials themselves. */
  readonly accounts?: readonly AwsAccount[];
  /** Absent: every enabled region. */
  readonly regions?: readonly string[];
  readonly region?: string;
  readonly endpoint?: string;
}

interface AwsAccount {
  readonly id: string;
  readonly name?: string;
  readonly role?: string;
  readonly externalId?: Secret;
}

interface GithubConnection extends AnyConnection {
  readonly provider: 'github';
  readonly organization: string;
  readonly credential:
    | { readonly token: Secret }
    | { readonly app: { readonly id: number; readonly installation: number; readonly privateKey: Secret } };
  readonly endpoint?: string;
}

interface ScimConnection extends AnyConnection {
  readonly provider: 'scim';
  readonly endpoint: string;
  readonly token: Secret;
}

/** Without the address of a Redis, jobs lie beside the evidence. */
export interface QueueSettings {
  readonly redis?: Secret;
  /** How long a cycle waits for its workers. */
  readonly patience: Duration;
}

export interface LoadOptions {
  /** The ids of all collectors; `without` and `every` may name no others. Absent: they are not checked. */
  readonly collectors?: readonly string[];
  /** The ids of what reads logs; `without` may name them too. */
  readonly investigators?: readonly string[];
  readonly secretsManager?: SecretSources['secretsManager'];
}

/**
 * Reads and checks holdfast.yaml. Throws a HoldfastError with exit code 2: one mistake as itself, several as CONFIG_MISTAKES with `problems`
 * in the order of the file. No secret is resolved, and none is ever in an error.
 */
export function loadConfig(
  file: string,
  env: SecretSources['env'],
  { collectors, investigators = [], secretsManager }: LoadOptions = {},
): Config {
  const folder = path.dirname(path.resolve(file));
  const mistakes = mistakesIn(file);
  const checked = mistakes.check(schema, mistakes.yaml.value);
  checkAgreements(mistakes, { folder, collectors, investigators });
  mistakes.throwIfAny();
  if (checked === undefined) throw new TypeError('a configuration neither fits nor has a mistake');
  return configOf(checked, mistakes, { folder, env, secretsManager });
}

function configOf(checked: ConfigFile, { yaml }: Mistakes, sources: SecretSources): Config {
  const secrets: Secret[] = [];
  const secretAt = (ref: string, at: Path): Secret => {
    const secret = secretOf(ref, `${yaml.file}:${yaml.at(at).line} ${pathText(at)}`, sources, { told: at.at(-1) === 'externalId' });
    secrets.push(secret);
    return secret;
  };
  const {
    company,
    window,
    store,
    ledger,
    anchors,
    alerts,
    metrics,
    heartbeat,
    people,
    waivers,
    queue,
    portal,
    categories,
    connections,
    scope,
    controls,
    coverage,
    retention,
  } = checked;
  const file = typeof parseReference(store) === 'object' ? null : path.resolve(sources.folder, store);
  return {
    file: path.resolve(yaml.file),
    folder: sources.folder,
    company,
    ...(window && { window: windowOf(window.from, window.to, window.timeZone) }),
    timeZone: window?.timeZone ?? 'UTC',
    store: file ?? secretAt(store, ['store']),
    people: people.map((person) => present(person)),
    waivers: { longestDays: Number.parseInt(waivers.longest, 10) },
    categories,
    connections: connections.map((connection, index) => connectionOf(connection, ['connections', index], secretAt)),
    ...(queue && {
      queue: {
        ...(queue.redis !== undefined && { redis: secretAt(queue.redis, ['queue', 'redis']) }),
        patience: queue.patience as Duration,
      },
    }),
    alerts: alertsOf(alerts, secretAt),
    ...(metrics && { metrics: listenAt(metrics.listen) }),
    ...(heartbeat && {
      heartbeat: {
        url: secretAt(heartbeat.url, ['heartbeat', 'url']),
        every: heartbeat.every as Duration,
        ...(heartbeat.fail !== undefined && { fail: heartbeat.fail }),
      },
    }),
    scope,
    ...(controls !== undefined && { controls: path.resolve(sources.folder, controls) }),
    coverage,
    retention: present(retention),
    ...(ledger && { ledger: ledgerOf(ledger, secretAt) }),
    portal: {
      ...listenAt(portal.listen),
      ...(portal.address !== undefined && { address: portal.address }),
      ...(portal.signIn && {
        signIn: {
          header: portal.signIn.header.toLowerCase(),
          proof: portal.signIn.proof.toLowerCase(),
          secret: secretAt(portal.signIn.secret, ['portal', 'signIn', 'secret']),
        },
      }),
    },
    anchors: anchors.map((anchor, index) => anchorOf(anchor, ['anchors', index], secretAt, sources.folder)),
    secrets,
  };
}

function listenAt(written: string): { host: string; port: number } {
  const address = parseAddress(written);
  if (address === undefined) throw new TypeError('the address was let through');
  return address;
}

/** A file that belongs to the evidence and is none: beside it, or in `.holdfast` beside the configuration where the evidence is in a database. */
export const besideEvidence = ({ store, folder }: Pick<Config, 'store' | 'folder'>, name: string): string =>
  path.join(typeof store === 'string' ? path.dirname(store) : path.join(folder, '.holdfast'), name);

/** A window from its first and last day; also for `--from` and `--to`. */
export function windowOf(from: LocalDate, to: LocalDate, timeZone: string): Window {
  return { from, to, timeZone, start: startOfDay(from, timeZone), end: startOfDay(nextDay(to), timeZone) };
}

function connectionOf(connection: ConnectionFile, at: Path, secretAt: (ref: string, at: Path) => Secret): Connection {
  const every = connection.every as Record<string, Duration>;
  if (connection.provider === 'aws') {
    const { accounts, ...rest } = connection;
    return {
      ...present(rest),
      every,
      ...(accounts && {
        accounts: accounts.map(({ externalId, ...account }, index) => ({
          ...present(account),
          ...(externalId !== undefined && { externalId: secretAt(externalId, [...at, 'accounts', index, 'externalId']) }),
        })),
      }),
    };
  }
  if (connection.provider === 'github') {
    const { token, app, ...rest } = connection;
    const credential =
      app === undefined
        ? { token: secretAt(token ?? '', [...at, 'token']) }
        : { app: { ...app, privateKey: secretAt(app.privateKey, [...at, 'app', 'privateKey']) } };
    return { ...present(rest), every, credential };
  }
  return { ...present(connection), every, token: secretAt(connection.token, [...at, 'token']) };
}

type SecretAt = (ref: string, at: Path) => Secret;

function ledgerOf({ origin, previous, ...own }: NonNullable<ConfigFile['ledger']>, secretAt: SecretAt): LedgerSettings {
  const sourceOf = ({ key, kms }: typeof own, at: Path): KeySource =>
    kms === undefined ? { key: secretAt(key ?? '', [...at, 'key']) } : { kms };
  return {
    origin,
    source: sourceOf(own, ['ledger']),
    previous: previous.map((each, index) => sourceOf(each, ['ledger', 'previous', index])),
  };
}

function anchorOf(anchor: AnchorFile, at: Path, secretAt: SecretAt, folder: string): AnchorSettings {
  const every = anchor.every as Duration;
  switch (anchor.kind) {
    case 'file':
      return { ...anchor, every, folder: path.resolve(folder, anchor.folder) };
    case 'rfc3161': {
      const { ca, ...rest } = anchor;
      return { ...rest, every, ...(ca !== undefined && { ca: path.resolve(folder, ca) }) };
    }
    case 'git': {
      const { token, ...rest } = anchor;
      return { ...present(rest), every, ...(token !== undefined && { token: secretAt(token, [...at, 'token']) }) };
    }
    case 's3':
    case 'witness':
      return { ...present(anchor), every };
  }
}

function alertsOf({ slack, webhook, routes, remind, acknowledgedFor }: ConfigFile['alerts'], secretAt: SecretAt): AlertSettings {
  return {
    ...(slack && {
      slack: {
        channel: slack.channel,
        token: secretAt(slack.token, ['alerts', 'slack', 'token']),
        ...(slack.appToken !== undefined && { appToken: secretAt(slack.appToken, ['alerts', 'slack', 'appToken']) }),
        ...(slack.endpoint !== undefined && { endpoint: slack.endpoint }),
      },
    }),
    ...(webhook !== undefined && { webhook: secretAt(webhook, ['alerts', 'webhook']) }),
    routes: routes.map(({ match, channel }) => ({
      match: Object.fromEntries(Object.entries(present(match)).map(([key, value]) => [key, [value].flat()])),
      channel,
    })),
    remind: { high: milliseconds(remind.high as Duration), medium: milliseconds(remind.medium as Duration) },
    acknowledgedFor: milliseconds(acknowledgedFor as Duration),
  };
}

/** Without the keys whose value is undefined. */
function present<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
