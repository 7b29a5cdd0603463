import { expect, test } from '@jest/globals';
import { killServerAgainAndAgain } from '#test/evidence/postgres-killing.ts';
import { postgresIsThere } from '#test/evidence/postgres-server.ts';

(postgresIsThere ? test : test.skip)(
  'PostgreSQL killed under two writers: no acknowledged leaf is lost, none is acknowledged twice, and no hole is left',
  async () => {
    const { cycles, faults } = await killServerAgainAndAgain(3);
    expect(faults).toEqual([]);
    expect(cycles).toBeGreaterThanOrEqual(3);
  },
  120_000,
);
