/** Options of `createApiKeys` that have moved, for messages. */
export const renamedOptions: Readonly<Record<string, string>> = {
  schema: 'database.schema',
  migrate: 'database.migrate',
  redisKeyPrefix: 'redis.keyPrefix',
  ownerRateLimits: 'limits.perOwner',
  ownerCeilings: 'limits.ceilings',
  onLimiterOutage: 'limits.onOutage',
  localCache: 'cache',
  leaseSeconds: 'cache.leaseSeconds',
  realm: 'refusals.realm',
  opaqueRefusals: 'refusals.opaque',
};
