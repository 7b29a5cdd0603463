import quick from './jest.config.mjs';

/** What takes long and is worth it before a release: whole companies, every permission taken away in turn, killed agents, both engines, real queues. */
export default { ...quick, testMatch: ['<rootDir>/test/**/*.slow.ts'], testTimeout: 120_000 };
