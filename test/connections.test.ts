import { expect, test } from '@jest/globals';
import { connect } from '#src/connections.ts';
import { scopeDeclaration } from '#src/cycle/declared.ts';
import { openLog } from '#src/log.ts';
import { company, production } from '#test/doubles/aws/company.ts';
import { startAws } from '#test/doubles/aws/server.ts';

test('where several processes share a quota, each call of a configured connection is counted there, by account, region and service', async () => {
  await using aws = closing(await startAws());
  const { credentials } = aws.session({ world: company, account: production });
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: credentials.accessKeyId, AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey });
  const reserved: string[] = [];
  const connection = await connect(
    { id: 'aws', provider: 'aws', endpoint: aws.endpoint, region: 'eu-central-1', regions: ['eu-central-1'], without: [], every: {} },
    {
      declaration: scopeDeclaration({ in: [], out: [] }),
      log: openLog('silent'),
      now: Date.now,
      reserve: async (name, perSecond) => {
        reserved.push(`${name} ${perSecond}`);
        return 0;
      },
    },
  );
  const places = await connection.places();
  expect(places.filter(({ unread }) => unread)).toEqual([]);
  const { call } = connection.open(places.find(({ region }) => region === 'eu-central-1')!);
  await Array.fromAsync(call('ec2:DescribeVpcs', {}, false)).catch(() => undefined);
  expect(reserved).toContainEqual(expect.stringMatching(/^aws caller eu-central-1 sts \d+$/));
  expect(reserved).toContainEqual(expect.stringMatching(new RegExp(`^aws ${production} eu-central-1 ec2 \\d+$`)));
  await connection.close();
});

const closing = <T extends { close(): Promise<unknown> }>(open: T): T & AsyncDisposable =>
  Object.assign(open, { [Symbol.asyncDispose]: async () => void (await open.close()) });
