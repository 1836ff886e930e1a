export { deltadefiRouter } from './deltadefi/deltadefi-router.js';
export type { DeltadefiOptions } from './deltadefi/deltadefi-options.js';
export type { SignedIn, SignIn, WalletSignIn } from './deltadefi/sign-in.js';
export type { VerifyAccessToken } from './callers.js';
export type { ScopeMap } from './scope-map.js';
export { yativoRouter } from './yativo.js';
export { yativoRefusal } from './yativo/yativo-refusal.js';
export type { YativoOptions, YativoRateLimits } from './yativo/yativo-options.js';
export type { VerifySecondFactor } from './yativo/second-factor.js';
