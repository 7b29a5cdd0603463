import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collectors } from '#src/registry.ts';
import { company, main, production } from '#test/doubles/aws/company.ts';
import { startAws } from '#test/doubles/aws/server.ts';
import type { World } from '#test/doubles/aws/world.ts';
import { startGithub } from '#test/doubles/github.ts';
import { startHttp } from '#test/doubles/http.ts';
import { startScim } from '#test/doubles/scim.ts';
import { startSlack, workspace } from '#test/doubles/slack.ts';
import { Canaries } from './canaries.ts';

/** Collectors that the scene has answers worth reading for; the others only take time. */
const kept = new Set(['aws-ebs-volumes', 'aws-security-groups', 'aws-rds-instances', 'aws-databases', 'aws-region-settings']);
const without = collectors.map(({ id }) => id).filter((id) => id.startsWith('aws-') && !kept.has(id));

const region = company.accounts[production]!.regions[main]!;
const each = (list: readonly object[] | undefined, more: object) => (list ?? []).map((one) => ({ ...one, ...more }));

export type Scene = Awaited<ReturnType<typeof startScene>>;

/** A company whose providers hold secrets of their own, and a folder with an agent that is given a secret for everything. */
export async function startScene() {
  const canaries = new Canaries();
  const secrets = {
    github: canaries.plant('GitHub token'),
    scim: canaries.plant('SCIM token'),
    slack: canaries.plant('Slack token', (bare) => `xoxb-${bare}`),
    slackApp: canaries.plant('Slack app token', (bare) => `xapp-1-A0HOLD0001-1-${bare}`),
    access: canaries.plant('AWS secret access key'),
    session: canaries.plant('AWS session token'),
    heartbeat: canaries.plant('heartbeat address'),
    redis: canaries.plant('Redis password'),
    database: canaries.plant('PostgreSQL password'),
    other: canaries.plant('a variable of the environment'),
  };
  const planted = (what: string) => canaries.plant(what);
  const world: World = {
    ...company,
    accounts: {
      [production]: {
        ...company.accounts[production]!,
        regions: {
          [main]: {
            ...region,
            Volumes: each(region.Volumes, {
              Tags: [{ Key: 'password', Value: planted('a tag of a volume') }],
              UserData: planted('user data'),
            }),
            SecurityGroups: each(region.SecurityGroups, {
              Description: planted('the description of a security group'),
              Environment: { Variables: { DB: planted('the environment of a function') } },
            }),
            DBInstances: each(region.DBInstances, {
              PendingModifiedValues: { MasterUserPassword: planted('a pending password of a database') },
            }),
          },
        },
      },
    },
  };
  const aws = await startAws();
  const session = aws.session({ world, account: production });
  const github = await startGithub({
    organization: 'acme',
    id: 7001,
    repositories: [{ id: 1, name: 'payments', more: { description: planted('the description of a repository') } }],
    members: [{ id: 501, login: 'octavia', withoutTwoFactor: true }],
    token: secrets.github,
  });
  const account = { id: '1', userName: 'ada@example.com', active: true, meta: { created: '2025-01-01T00:00:00Z' } };
  const scim = await startScim({
    users: [{ ...account, password: planted('the password of an account') }],
    groups: [],
    token: secrets.scim,
  });
  const slack = await startSlack({ world: { ...workspace, token: secrets.slack, appToken: secrets.slackApp } });
  const beats: string[] = [];
  const outside = await startHttp(({ path, body }) => {
    beats.push(`${path} ${body.toString()}`);
    // Whoever answers may say the address again.
    return { status: 500, body: path };
  });
  const [port, metrics] = [await freePort(), await freePort()];

  const folder = mkdtempSync(join(tmpdir(), 'holdfast-canaries-'));
  mkdirSync(join(folder, 'secrets'));
  writeFileSync(join(folder, 'secrets', 'scim'), `${secrets.scim}\n`);
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  canaries.watch('signing key', pem.split('\n')[1]!);
  writeFileSync(join(folder, 'secrets', 'ledger.pem'), pem, { mode: 0o600 });
  const env: Record<string, string> = {
    AWS_ACCESS_KEY_ID: session.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: secrets.access,
    AWS_SESSION_TOKEN: secrets.session,
    AWS_MAX_ATTEMPTS: '1',
    AWS_EC2_METADATA_DISABLED: 'true',
    GITHUB_TOKEN: secrets.github,
    SLACK_TOKEN: secrets.slack,
    SLACK_APP_TOKEN: secrets.slackApp,
    SLACK_WEBHOOK: slack.webhook,
    HEARTBEAT: `${outside.url}/ping/${secrets.heartbeat}`,
    REDIS: `redis://default:${secrets.redis}@127.0.0.1:9/0`,
    DATABASE: `postgres://holdfast:${secrets.database}@127.0.0.1:9/evidence`,
    UNRELATED_API_KEY: secrets.other,
    HOLDFAST_DEBUG: '1',
  };

  return {
    canaries,
    secrets,
    aws,
    session,
    world,
    github,
    scim,
    slack,
    /** What came to the address of the sign of life: its path, and what was sent. */
    beats,
    /** Where /metrics is served. */
    metrics: `http://127.0.0.1:${metrics}`,
    folder,
    env,
    /** Writes holdfast.yaml: everything that Holdfast is given, by reference. */
    configure(more = ''): void {
      writeFileSync(
        join(folder, 'holdfast.yaml'),
        `company: Acme
window: { from: 2026-01-01, to: 2026-12-31, timeZone: UTC }
ledger: { origin: evidence.example.com/acme, key: '\${file:secrets/ledger.pem}' }
connections:
  - { id: aws, provider: aws, endpoint: '${aws.endpoint}', region: ${main}, regions: [${main}], without: [${without.join()}] }
  - { id: code, provider: github, organization: acme, endpoint: '${github.endpoint}', token: '\${env:GITHUB_TOKEN}' }
  - { id: people, provider: scim, endpoint: '${scim.endpoint}', token: '\${file:secrets/scim}' }
alerts:
  slack: { token: '\${env:SLACK_TOKEN}', appToken: '\${env:SLACK_APP_TOKEN}', channel: '#security', endpoint: '${slack.endpoint}' }
  webhook: '\${env:SLACK_WEBHOOK}'
heartbeat: { url: '\${env:HEARTBEAT}', every: 1m, fail: /fail }
metrics: { listen: '127.0.0.1:${metrics}' }
portal: { listen: '127.0.0.1:${port}' }
${more}`,
      );
    },
    /** From now on each provider answers with the credential that it refuses, where it can. */
    echo(): void {
      const refuse = ['AccessDenied', 403, `the token ${secrets.session} signed with ${secrets.access} may not`] as const;
      session.disturb(({ operation }) => operation === 'rds:DescribeDBInstances', { refuse });
      session.disturb(({ operation }) => operation === 'ec2:DescribeVolumes', { refuse: [`Code${secrets.session}`, 400, 'no'] });
      github.disturb(/members/, { status: 403, body: { message: `the token ${secrets.github} may not` } });
      github.disturb(/audit-log/, { status: 404, body: { message: `no ${secrets.github}` } });
      scim.disturb(/Groups/, { status: 403, body: { schemas: [], detail: `Bearer ${secrets.scim} may not` } });
      const echoed = { ...account, meta: undefined, userName: secrets.scim };
      scim.disturb(/Users/, { status: 200, body: { totalResults: 1, Resources: [echoed] } });
      slack.disturb(/chat\.postMessage|auth\.test/, { status: 500, body: `invalid_auth ${secrets.slack}` });
    },
    /** What is found in what was kept and what was sent; the files that hold the secrets themselves aside. */
    leaks: (): string[] => [
      ...canaries.inFolder(folder, [/^(?:secrets\/|keys\/|[a-z]+\.yaml$)/]),
      ...slack.posted.flatMap((message) => canaries.found('Slack', JSON.stringify(message))),
    ],
    async close(): Promise<void> {
      await Promise.all([aws, github, scim, slack, outside].map((double) => double.close()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
