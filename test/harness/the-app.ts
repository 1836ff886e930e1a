/** The actor of tests that manage keys as the app itself: `apiKeys.keys.as(theApp).create(…)`. */
export const theApp = { kind: 'application' } as const;
