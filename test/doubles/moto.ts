import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';

const program = 'moto_server';

/** The program, or null where this machine does not have it. */
export const motoServer: string | null = spawnSync(program, ['--help'], { stdio: 'ignore' }).status === 0 ? program : null;

/** Starts moto_server on loopback and waits until it answers. */
export async function startMoto(environment: Record<string, string> = {}): Promise<{ endpoint: string; close(): void }> {
  const port = await freePort();
  const server = spawn(program, ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore', env: { ...process.env, ...environment } });
  const endpoint = `http://127.0.0.1:${port}`;
  await answering(endpoint, server);
  return { endpoint, close: () => void server.kill('SIGKILL') };
}

async function answering(endpoint: string, server: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (server.exitCode !== null) throw new Error('moto_server ended');
    const response = await fetch(`${endpoint}/moto-api/data.json`).catch(() => null);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  server.kill('SIGKILL');
  throw new Error('moto_server does not answer');
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
