import { cpSync, mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AwsDeps, connectAws } from '#collectors/aws/client.ts';
import { type Agent, openAgent } from '#src/agent.ts';
import { runCommand } from '#src/commands/index.ts';
import { type AwsConnection, type Config, loadConfig } from '#src/config.ts';
import type { CycleOutcome } from '#src/cycle/cycle.ts';
import { openLog } from '#src/log.ts';
import { collectors } from '#src/registry.ts';
import type { ResultRow } from '#src/report/types.ts';
import { main, production } from '#test/doubles/aws/company.ts';
import type { Credentials } from '#test/doubles/aws/server.ts';

/** A company's folder: its `holdfast.yaml` and its evidence, as the commands find them. */
export interface Folder {
  readonly path: string;
  /** Where its secrets are. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs one command line here, at a time. */
  command(argv: readonly string[], now: number): Promise<{ code: number; out: string; err: string }>;
  json<T>(argv: readonly string[], now: number): Promise<T>;
  /** The same folder again, with the evidence so far, for something else to happen to it. */
  copy(): Folder;
  remove(): Promise<void>;
}

export interface FolderOptions {
  readonly accounts?: readonly { readonly id: string; readonly role?: string; readonly externalId?: string }[];
  readonly regions?: readonly string[];
  /** Where what belongs to no region is asked. */
  readonly region?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Collectors switched off. */
  readonly without?: readonly string[];
}

const awsCollectors = collectors.filter(({ id }) => id.startsWith('aws-')).map(({ id }) => id);

/** Makes a folder for a company whose AWS is at the endpoint. Everything is looked at every hour. */
export function newFolder(endpoint: string, options: FolderOptions = {}): Folder {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-acceptance-'));
  const { accounts, regions, region = main, without } = options;
  const connection = {
    id: 'aws',
    provider: 'aws',
    endpoint,
    region,
    accounts,
    regions,
    without,
    every: Object.fromEntries(awsCollectors.filter((id) => !without?.includes(id)).map((id) => [id, '1h'])),
  };
  const yaml = {
    company: 'Acme Health',
    window: { from: '2026-02-01', to: '2026-07-31', timeZone: 'UTC' },
    connections: [connection],
    scope: { in: [`aws:${production}`] },
  };
  writeFileSync(join(path, 'holdfast.yaml'), JSON.stringify(yaml));
  return folderAt(path, options);
}

function folderAt(path: string, options: FolderOptions): Folder {
  const env = options.env ?? {};
  const folder: Folder = {
    path,
    env,
    async command(argv, now) {
      const written = {
        out: '',
        err: '',
      };
      const surroundings = {
        env,
        cwd: path,
        now: () => now,
        stdout: { write: (text: string) => (written.out += text) },
        stderr: { write: (text: string) => (written.err += text) },
      };
      return {
        code: await runCommand(argv, surroundings),
        ...written,
      };
    },
    async json<T>(argv: readonly string[], now: number) {
      const { code, out, err } = await folder.command([...argv, '--json'], now);
      if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}: ${err}`);
      return JSON.parse(out) as T;
    },
    copy() {
      const twin = mkdtempSync(join(tmpdir(), 'holdfast-acceptance-'));
      cpSync(path, twin, { recursive: true });
      return folderAt(twin, options);
    },
    remove: () =>
      rm(path, {
        recursive: true,
        force: true,
      }),
  };
  return folder;
}

/** The environment that the SDK reads, as an operator would set it. One attempt, so that trouble is told soon. */
export function asCaller({ accessKeyId, secretAccessKey }: Credentials): void {
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_MAX_ATTEMPTS: '1',
    AWS_EC2_METADATA_DISABLED: 'true',
  });
  delete process.env.AWS_SESSION_TOKEN;
  delete process.env.AWS_PROFILE;
}

export interface Look {
  readonly rows: ResultRow[];
  readonly outcome: CycleOutcome | undefined;
  readonly agent: Agent;
}

/** Runs one cycle of the real agent in a folder, as someone of whom the environment need not know, and hands over what came of it. */
export async function lookAs<T>(
  folder: Folder,
  credentials: Credentials,
  now: number,
  then: (look: Look) => T | Promise<T>,
  deps: AwsDeps = {},
): Promise<T> {
  const config: Config = loadConfig(join(folder.path, 'holdfast.yaml'), folder.env);
  const { id, accounts, regions, region, endpoint } = config.connections[0] as AwsConnection;
  const connection = connectAws(
    {
      id,
      ...(accounts && {
        accounts: accounts.map(({ externalId, ...account }) => ({
          ...account,
          ...(externalId && { externalId: () => externalId.resolve() }),
        })),
      }),
      ...(regions && { regions }),
      ...(region !== undefined && { region }),
      ...(endpoint !== undefined && { endpoint }),
    },
    { credentials: () => Promise.resolve(credentials), maxAttempts: 1, now: () => now, ...deps },
  );
  const agent = await openAgent({ config, log: openLog('silent'), now: () => now, connections: [connection] });
  try {
    const [outcome] = await agent.runDue();
    return await then({ rows: agent.report(now).results(), outcome, agent });
  } finally {
    await agent[Symbol.asyncDispose]();
  }
}

export const rowKey = ({ rule, scope, item }: Pick<ResultRow, 'rule' | 'scope' | 'item'>): string => `${rule} ${scope} ${item}`;

/** Does all of it, some at a time: each waits for quotas more than it works. */
export async function inTurns<T, R>(list: readonly T[], atOnce: number, work: (each: T) => Promise<R>): Promise<Map<T, R>> {
  const results = new Map<T, R>();
  const rest = list.values();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const each of rest) results.set(each, await work(each));
    }),
  );
  return results;
}
