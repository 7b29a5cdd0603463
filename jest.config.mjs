export default {
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/test/strip-types.mjs' },
  modulePathIgnorePatterns: ['<rootDir>/.holdfast'],
  coverageProvider: 'v8',
  collectCoverageFrom: ['src/**/*.ts', 'collectors/**/*.ts', 'rules/**/*.ts'],
};
