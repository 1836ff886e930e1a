export type { VerifyAccessToken } from './callers.js';
export type { ScopeMap } from './scope-map.js';
