import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Answered, type Asked, startHttp } from './http.ts';

export const openssl: boolean = spawnSync('openssl', ['version']).status === 0;

export interface TsaDouble {
  readonly url: string;
  /** The certificate of its authority, and of another that has nothing to do with it. */
  readonly ca: string;
  readonly otherCa: string;
  readonly folder: string;
  meddle: (asked: Asked, answer: () => Buffer) => Answered | undefined;
  close(): Promise<void>;
}

const configuration = `
[ tsa ]
default_tsa = own
[ own ]
serial = serial
crypto_device = builtin
signer_cert = tsa.pem
certs = ca.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_chain = no
[ stamping ]
basicConstraints = CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[ plain ]
basicConstraints = CA:false
extendedKeyUsage = serverAuth
`;

/** A time stamp authority: `openssl ts` behind HTTP, with a certificate issued by an authority of its own. */
export async function startTsa({ key = 'ec' }: { key?: 'ec' | 'rsa' } = {}): Promise<TsaDouble> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-tsa-'));
  const run = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const newKey = key === 'ec' ? ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'] : ['-newkey', 'rsa:2048'];
  writeFileSync(join(folder, 'tsa.cnf'), configuration);
  writeFileSync(join(folder, 'serial'), '01\n');
  for (const name of ['ca', 'other'])
    run('req', '-x509', ...newKey, '-noenc', '-keyout', `${name}.key`, '-out', `${name}.pem`, '-subj', `/CN=${name}`, '-days', '30');
  run('req', ...newKey, '-noenc', '-keyout', 'tsa.key', '-out', 'tsa.csr', '-subj', '/CN=tsa');
  run(
    'x509',
    '-req',
    '-in',
    'tsa.csr',
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-extfile',
    'tsa.cnf',
    '-extensions',
    'stamping',
    '-out',
    'tsa.pem',
    '-days',
    '30',
  );

  const server = await startHttp((asked) => {
    const answer = () => {
      writeFileSync(join(folder, 'q.tsq'), asked.body);
      run('ts', '-reply', '-config', 'tsa.cnf', '-queryfile', 'q.tsq', '-out', 'r.tsr');
      return readFileSync(join(folder, 'r.tsr'));
    };
    return double.meddle(asked, answer) ?? { type: 'application/timestamp-reply', body: answer() };
  });
  const double: TsaDouble = {
    url: `${server.url}/tsr`,
    ca: join(folder, 'ca.pem'),
    otherCa: join(folder, 'other.pem'),
    folder,
    meddle: () => undefined,
    async close() {
      await server.close();
      rmSync(folder, { recursive: true });
    },
  };
  return double;
}
