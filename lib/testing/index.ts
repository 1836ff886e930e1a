export { memoryStore } from '../memory/memory-key-store.js';
export { fixedClock } from './fixed-clock.js';
export type { FixedClock } from './fixed-clock.js';
export { actingAs } from './acting-as.js';
export type { ApiKeyHeaders } from './acting-as.js';
