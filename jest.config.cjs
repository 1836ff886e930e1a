// @ts-check
'use strict';
const { cacheFolder } = require('./test/run/cache-folder.cjs');
const tiers = require('./test/run/tiers.cjs');

/**
 * Which tests run: `fast` is `npm test`, `slow` is `npm run test:slow`, and `alone` a step of that; absent, as in `npx jest`, a project has both.
 * @type {'fast' | 'slow' | 'alone' | undefined}
 */
const tier = /** @type {any} */ (process.env.TEST_TIER || undefined);

/** What every project has. @param {string} displayName @param {Record<string, unknown>} options */
function project(displayName, { globals = {}, moduleNameMapper = {}, ...options }) {
  return {
    displayName,
    // Not among the temporary files, which a tier removes.
    cacheDirectory: cacheFolder('jest'),
    testEnvironment: '<rootDir>/test/run/jest-environment.cjs',
    resolver: '<rootDir>/test/run/resolve-source.cjs',
    modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/test/package/consumers/'],
    transform: {
      '\\.ts$': [
        '@swc/jest',
        { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, sourceMaps: 'inline' },
      ],
    },
    moduleNameMapper: {
      '^express-api-keys$': '<rootDir>/lib/index.ts',
      '^express-api-keys/(dialects|express|store|testing|totp)$': '<rootDir>/lib/$1/index.ts',
      .../** @type {object} */ (moduleNameMapper),
    },
    globals: { EXPRESS_MAJOR: '5', .../** @type {object} */ (globals) },
    ...options,
  };
}

/** Globs: those without a `!` that a file may match, and those that it must not. @param {readonly string[]} some @param {readonly string[]} none */
const only = (some, none = []) => [
  ...some.map((glob) => `<rootDir>/${glob}`),
  ...none.map((glob) => `!**/${glob}`),
];

const notOnExpress5 = [...tiers.wholeRunOnly, ...tiers.inGo, ...tiers.ofPackage, ...tiers.inBrowser];
const filesOnExpress5 = {
  fast: only(['test/**/*.test.ts'], [...notOnExpress5, ...tiers.slow, ...tiers.alone]),
  slow: only([...tiers.slow, ...tiers.floods], notOnExpress5),
  alone: only(tiers.alone),
  both: only(['test/**/*.test.ts'], notOnExpress5),
}[tier ?? 'both'];

const filesOnExpress4 = {
  fast: only(tiers.onExpress4),
  alone: [],
  slow: only(tiers.alsoOnExpress4, [...tiers.onExpress4, ...tiers.neverOnExpress4, ...tiers.inGo]),
  both: only([...tiers.onExpress4, ...tiers.alsoOnExpress4], [...tiers.neverOnExpress4, ...tiers.inGo]),
}[tier ?? 'both'];

const filesOfPackage = {
  fast: only(tiers.packageSmoke),
  alone: [],
  slow: only(tiers.ofPackage, tiers.packageSmoke),
  both: only(tiers.ofPackage),
}[tier ?? 'both'];

/** @type {import('jest').Config} */
module.exports = {
  maxWorkers: 2,
  workerIdleMemoryLimit: '800MB',
  testSequencer: '<rootDir>/test/run/longest-first.cjs',
  testTimeout: 90_000,
  globalSetup: '<rootDir>/test/run/jest-global-setup.cjs',
  globalTeardown: '<rootDir>/test/run/jest-global-teardown.cjs',
  coverageProvider: 'v8',
  coverageDirectory: 'coverage',
  collectCoverageFrom: ['lib/**/*.ts', '!lib/**/*.d.ts'],
  projects: [
    project('express5', { testMatch: filesOnExpress5 }),
    project('express4', {
      testMatch: filesOnExpress4,
      moduleNameMapper: { '^express$': 'express4' },
      globals: { EXPRESS_MAJOR: '4' },
    }),
    project('go', {
      testMatch: only(tiers.inGo),
      globalSetup: '<rootDir>/test/run/jest-go-setup.cjs',
    }),
    project('browser', {
      testMatch: only(tiers.inBrowser),
      globalSetup: '<rootDir>/test/run/jest-browser-setup.cjs',
    }),
    project('package', {
      testMatch: filesOfPackage,
      globalSetup: '<rootDir>/test/package/install-tarball.cjs',
      globalTeardown: '<rootDir>/test/package/remove-tarball.cjs',
      setupFilesAfterEnv: ['<rootDir>/test/package/long-timeout.cjs'],
    }),
    // Every fault with all its rounds, and more seeds: `npm run test:faults`.
    project('faults', {
      testMatch: only(['test/faults/**/*.test.ts', 'test/redis/forms/*.test.ts', ...tiers.alsoInWholeRun]),
      globals: { FAULT_RUN: 'whole' },
    }),
  ],
};
