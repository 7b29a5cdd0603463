import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { openAgent } from '#src/agent.ts';
import { loadConfig } from '#src/config.ts';
import { openLog } from '#src/log.ts';
import { recovering } from '#src/schedule/recover.ts';
import { startScim } from '#test/doubles/scim.ts';
import { postgresIsThere, startPostgres } from '#test/evidence/postgres-server.ts';
import { newFolder } from './company.ts';

(postgresIsThere ? test : test.skip)(
  'a database that is killed interrupts the agent, and ends it not: it goes on by itself, and nothing it acknowledged is lost',
  async () => {
    const server = await startPostgres();
    const scim = await startScim({ users: [{ id: '1', userName: 'ana', active: true }], groups: [] });
    const folder = newFolder(scim.endpoint);
    const file = join(folder.path, 'holdfast.yaml');
    const { company } = JSON.parse(readFileSync(file, 'utf8')) as { company: string };
    const connections = [{ id: 'directory', provider: 'scim', endpoint: scim.endpoint, token: '${env:TOKEN}' }];
    writeFileSync(file, JSON.stringify({ company, store: '${env:DATABASE_URL}', connections }));
    const config = loadConfig(file, { DATABASE_URL: server.address('agent'), TOKEN: 'token' });

    const stop = new AbortController();
    const acknowledged: { size: number; root: string }[] = [];
    const interruptions: string[] = [];
    const work = async (works: () => void) => {
      await using agent = await openAgent({ config, log: openLog('silent'), now: Date.now, operating: true, signal: stop.signal });
      while (!stop.signal.aborted) {
        acknowledged.push(...(await agent.runDue({ everything: true })).map(({ head }) => head));
        works();
        await sleep(5);
      }
    };
    const log = { error: ({ code }: { code?: string }) => void interruptions.push(String(code)) };
    const working = recovering(work, { signal: stop.signal, log, pause: () => 50 });

    const cycles = async (count: number) => {
      const before = acknowledged.length;
      while (acknowledged.length < before + count) await Promise.race([sleep(20), working]);
    };
    await cycles(2);
    await server.kill();
    await sleep(200);
    await server.start();
    await cycles(2);
    stop.abort();
    await working;

    expect(interruptions.length).toBeGreaterThanOrEqual(1);
    await using reader = await openAgent({ config, log: openLog('silent'), now: Date.now, readOnly: true });
    expect([...reader.store.check()]).toEqual([]);
    expect(acknowledged.filter(({ size, root }) => reader.store.rootAt(size).toString('hex') !== root)).toEqual([]);
    await scim.close();
    await server.remove();
    await folder.remove();
  },
  120_000,
);
