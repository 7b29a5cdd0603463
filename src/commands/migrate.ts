import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { HoldfastError } from '#src/errors.ts';
import { sqliteToPostgres } from '#src/evidence/sqlite-to-postgres.ts';
import type { Command } from './command.ts';

export const migrate: Command = {
  summary: 'Copy the evidence of a file into the database that `store` names. Every root is kept; all of it is copied, or nothing.',
  usage: 'migrate sqlite-to-postgres [--from FILE]',
  options: { from: { type: 'string', means: 'The file; .holdfast/evidence.db beside the configuration when not given' } },
  operands: [1, 1],
  run: async ({ operands, options, config, cwd, stderr, answer }) => {
    const mend = 'Use: holdfast migrate sqlite-to-postgres';
    if (operands[0] !== 'sqlite-to-postgres')
      throw new HoldfastError('USAGE', { problem: `There is no migration "${operands[0]!}".`, mend });
    const { store, folder } = config();
    if (typeof store === 'string')
      throw new HoldfastError('USAGE', {
        problem: `\`store\` is the file ${store}, not a database.`,
        mend: 'Write a reference to the address of the database under `store`, as ${env:DATABASE_URL}, and name the file with --from.',
      });
    const file = typeof options['from'] === 'string' ? resolve(cwd, options['from']) : resolve(folder, '.holdfast/evidence.db');
    if (!existsSync(file)) throw new HoldfastError('STORE_MISSING', { file });
    const copied = sqliteToPostgres(file, await store.resolve(), (what, done, of) =>
      stderr.isTTY ? stderr.write(`\r\u001b[K${what}: ${done} of ${of} rows`) : undefined,
    );
    if (stderr.isTTY) stderr.write('\r\u001b[K');
    answer(copied, () =>
      [
        `${copied.rows} rows were copied, compared and checked. The ledger has ${copied.size} leaves, ${copied.checkpoints} checkpoints and the root`,
        `${copied.root}, as before. ${file} is as it was; keep it until you have a backup of the database.\n`,
      ].join('\n'),
    );
    return 0;
  },
};
