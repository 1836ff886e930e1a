export { memoryStore } from '../memory/memory-key-store.js';
export { fixedClock } from './fixed-clock.js';
export type { FixedClock } from './fixed-clock.js';
export { describeKeyStore } from './key-store-contract.js';
export type { StoreUnderTest } from './key-store-contract.js';
export type { Expectation, TestApi } from './test-api.js';
export { actingAs } from './acting-as.js';
export type { ApiKeyHeaders } from './acting-as.js';
