// Two projects in one file: what needs nothing but Node (default), and what needs real servers (test/servers, DESKBRIDGE_TEST=servers).
const servers = process.env.DESKBRIDGE_TEST === 'servers';

export default {
  testEnvironment: 'node',
  // No test waits for time to pass; the limit only keeps a busy machine from failing what is slow there. A browser on such a machine takes its time.
  testTimeout: servers ? 120_000 : 30_000,
  extensionsToTreatAsEsm: ['.ts'],
  testMatch: servers ? ['<rootDir>/test/servers/**/*.test.ts'] : ['<rootDir>/test/**/*.test.ts'],
  testPathIgnorePatterns: servers ? ['/node_modules/'] : ['/node_modules/', '<rootDir>/test/servers/'],
  // Every request for the Bot API that a test causes is held against its description.
  setupFilesAfterEnv: ['<rootDir>/test/contract/watch.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': ['@swc/jest', {
      jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' }, sourceMaps: 'inline',
    }],
  },
};
