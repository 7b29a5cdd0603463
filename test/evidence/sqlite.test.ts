import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqlite } from '#src/evidence/sqlite.ts';
import { evidenceStoreContract } from '#test/contracts/evidence-store.ts';

evidenceStoreContract('SQLite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-'));
  return {
    open: async () => openSqlite(join(folder, 'evidence.db'), { synchronous: 'OFF' }),
    remove: () => rm(folder, { recursive: true }),
  };
});
