import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { collectors } from '#src/registry.ts';
import { type Folder, lookAs, newFolder } from '#test/acceptance/company.ts';
import { company, main, production } from '#test/doubles/aws/company.ts';
import { type AwsDouble, startAws } from '#test/doubles/aws/server.ts';

const start = Date.parse('2026-03-02T10:00:00Z');
const hour = 3_600_000;
let aws: AwsDouble;
let folder: Folder;
beforeAll(async () => {
  aws = await startAws();
  const { credentials } = aws.session({ world: company, account: production });
  folder = newFolder(aws.endpoint, {
    regions: [main],
    without: collectors.map(({ id }) => id).filter((id) => id.startsWith('aws-') && id !== 'aws-ebs-volumes'),
  });
  await lookAs(folder, credentials, start, () => undefined);
});
afterAll(async () => {
  await folder.remove();
  await aws.close();
});

test('read by another process, or from a copy, the age of the last cycle says whether the agent lives', async () => {
  const copy = folder.copy();
  for (const where of [folder, copy]) {
    expect(await where.command(['status', '--alive'], start + 1.5 * hour)).toMatchObject({
      code: 0,
      out: 'Alive: every connection was looked at in time.\n',
    });
    expect(await where.command(['status', '--alive'], start + 3 * hour)).toMatchObject({
      code: 1,
      out: 'Not alive: aws was last looked at 3 h ago; it is due every 60 min\n',
    });
    expect((await where.command(['status', '--alive', '--within', '4h'], start + 3 * hour)).code).toBe(0);
    expect((await where.command(['status', '--alive', '--within', '30m'], start + hour)).code).toBe(1);
  }
  await copy.remove();
  const { out } = await folder.command(['status', '--alive', '--json'], start + 3 * hour);
  expect(JSON.parse(out)).toEqual({
    alive: false,
    connections: [
      {
        id: 'aws',
        lastCycle: expect.stringMatching(/^2026-03-02T10:/),
        ageSeconds: 10_800,
        withinSeconds: 7_200,
        unread: [],
        alive: false,
      },
    ],
  });
});

test('a cycle in which every scope was refused is no life', async () => {
  const revoked = { accessKeyId: 'AKIAREVOKED000000000', secretAccessKey: 'no longer known' };
  const look = await lookAs(folder, revoked, start + 4 * hour, ({ agent }) => agent.store.lastCycle('aws'));
  expect(look).toMatchObject({ asOf: start + 4 * hour });
  expect(await folder.command(['status', '--alive'], start + 4.1 * hour)).toMatchObject({
    code: 1,
    out: expect.stringMatching(/^Not alive: nothing of aws can be read \([a-z-]+\)\n$/),
  });
  expect((await folder.command(['status'], start + 4.1 * hour)).out).toMatch(/^Not well: nothing of aws can be read/);
});

test('a store that is not there is no life, and a span that is none is told', async () => {
  const empty = mkdtempSync(join(tmpdir(), 'holdfast-alive-'));
  cpSync(join(folder.path, 'holdfast.yaml'), join(empty, 'holdfast.yaml'));
  writeFileSync(join(empty, 'nothing'), '');
  const { runCommand } = await import('#src/commands/index.ts');
  const written = { err: '' };
  const surroundings = {
    env: {},
    cwd: empty,
    now: () => start,
    stdout: { write: () => true },
    stderr: { write: (text: string) => (written.err += text) },
  };
  expect(await runCommand(['status', '--alive'], surroundings)).not.toBe(0);
  expect(written.err).toContain('There is no evidence');
  rmSync(empty, { recursive: true });
  expect(await folder.command(['status', '--alive', '--within', 'soon'], start)).toMatchObject({ code: 2 });
  expect(await folder.command(['status', '--within', '2h'], start)).toMatchObject({ code: 2 });
});
