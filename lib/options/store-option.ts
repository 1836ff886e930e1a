import type { KeyStore } from '../ports/key-store.js';
import { hasMethods } from './has-methods.js';
import { take } from './option-readers.js';
import type { OptionReader } from './read-options.js';

/** The methods of a store, and below those of its parts. */
const methods = [
  'open',
  'close',
  'find',
  'existing',
  'findTaken',
  'list',
  'findScanEnd',
  'listEvents',
  'findEventScanEnd',
  'findEventBounds',
  'transact',
  'addDigest',
  'recordUse',
];
const methodsOfParts: Readonly<Record<string, readonly string[]>> = {
  feed: ['join', 'leave', 'beat', 'latest', 'lastSequence', 'instances', 'remove', 'watch'],
  usage: ['list', 'listParts', 'addRoutes', 'listRoutes', 'forgetBefore'],
  nonces: ['take'],
  accessLog: ['add', 'list', 'findScanEnd', 'prune'],
  trail: ['head', 'entries', 'lastEntries'],
  claims: ['find'],
  tokens: ['isRevoked'],
  housekeeping: ['removeExpired', 'findEndedKeys', 'removeUsage'],
  credits: ['spend', 'findSpent'],
  owners: ['find', 'list', 'findScanEnd', 'listWithKeys', 'countKeys'],
};

/** Reads the option `store`. */
export const takeStore: OptionReader<KeyStore> = take(
  'a KeyStore, for example memoryStore() from express-api-keys/testing',
  (value): value is KeyStore =>
    hasMethods(value, methods) &&
    Object.entries(methodsOfParts).every(([part, names]) => hasMethods(Reflect.get(value, part), names)),
);
