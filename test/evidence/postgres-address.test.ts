import { expect, test } from '@jest/globals';
import { postgresAddress } from '#src/evidence/postgres-address.ts';

const parts = (text: string) => {
  const { name, schema, connection } = postgresAddress(text);
  const { host, port, user, password, database, ssl, checkName } = connection;
  return { name, schema, host, port, user, password, database, ssl, checkName };
};

test('an address is taken apart, and its name shows neither user nor password', () => {
  expect(parts('postgres://holdfast:Sup3r%40S3cret@db.example.com:6432/evidence?schema=acme')).toEqual({
    name: 'postgres://db.example.com:6432/evidence, schema acme',
    schema: 'acme',
    host: 'db.example.com',
    port: 6432,
    user: 'holdfast',
    password: 'Sup3r@S3cret',
    database: 'evidence',
    ssl: { rejectUnauthorized: true },
    checkName: true,
  });
  expect(parts('postgresql://u@/d?host=/run/postgresql')).toMatchObject({
    host: '/run/postgresql',
    port: 5432,
    schema: 'holdfast',
    ssl: false,
  });
});

test.each([
  ['db.example.com', '', { rejectUnauthorized: true }, true],
  ['10.0.0.7', '', { rejectUnauthorized: true }, true],
  ['[2001:db8::1]', '', { rejectUnauthorized: true }, true],
  ['db.example.com', '?sslmode=verify-ca', { rejectUnauthorized: true }, false],
  ['db.example.com', '?sslmode=require', { rejectUnauthorized: false }, false],
  ['db.example.com', '?sslmode=disable', false, false],
  ['localhost', '', false, false],
  ['127.0.0.1', '', false, false],
  ['[::1]', '', false, false],
  ['postgres', '', false, false],
  ['postgres', '?sslmode=verify-full', { rejectUnauthorized: true }, true],
])('%s%s: how the server is known', (host, parameters, ssl, checkName) => {
  expect(parts(`postgres://u:p@${host}/d${parameters}`)).toMatchObject({ ssl, checkName });
});

test.each([
  'Sup3rS3cret',
  'mysql://u:Sup3rS3cret@h/d',
  'postgres://u:Sup3rS3cret%zz@h/d',
  'postgres://u:Sup3rS3cret@h/',
  'postgres://h/Sup3rS3cret',
  'postgres://u:Sup3rS3cret@h/d?sslmode=prefer',
  'postgres://u:Sup3rS3cret@h/d?pasword=x',
  'postgres://u:Sup3rS3cret@h/d?schema=A;b',
  'postgres://u:Sup3rS3cret@h/d?sslrootcert=/nowhere',
])('%s is refused, and nothing of it is repeated', (text) => {
  let error: unknown;
  try {
    postgresAddress(text);
  } catch (caught) {
    error = caught;
  }
  expect(error).toMatchObject({ code: 'STORE_ADDRESS' });
  expect(JSON.stringify(error) + String(error)).not.toContain('Sup3rS3cret');
});
