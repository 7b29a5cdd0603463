export default {
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/test/strip-types.mjs' },
  globalSetup: '<rootDir>/test/temporary.mjs',
  modulePathIgnorePatterns: ['<rootDir>/.holdfast'],
  // Much of the time goes into waiting for our own quotas.
  maxWorkers: 2,
  // Slow machines are not faulty ones.
  testTimeout: 30_000,
  coverageProvider: 'v8',
  collectCoverageFrom: ['src/**/*.ts', 'collectors/**/*.ts', 'rules/**/*.ts'],
};
