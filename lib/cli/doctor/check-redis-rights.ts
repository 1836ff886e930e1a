import type { Check } from './examined-setup.js';

/** The access list of Redis. */
export const checkRedisRights: Check = ({ facts }) => {
  const { refusedCommands: refused = [] } = facts?.redis ?? {};
  if (refused.length === 0) return [];
  return [
    {
      id: 'redis-rights',
      severity: 'error',
      problem: `The access list of Redis refuses ${refused.map((name) => name.toUpperCase()).join(', ')}.`,
      why: 'What needs these commands does not work: the cache, limits that are counted together, or signed requests.',
      remedy: `ACL SETUSER … ${refused.map((name) => `+${name}`).join(' ')}, and ~${facts?.redis?.keyPrefix}* &${facts?.redis?.keyPrefix}* for names and channels; on every node.`,
      see: 'docs/production/redis.md#access-list',
    },
  ];
};
