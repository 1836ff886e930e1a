import type { Check } from './examined-setup.js';

/** Whether all processes count in the same place. */
export const checkLimits: Check = ({ facts }) =>
  facts?.status.limits === 'split'
    ? [
        {
          id: 'limits-split',
          severity: 'error',
          problem: 'Other processes on this database use another Redis, another key prefix, or none.',
          why: 'Rate limits are counted in each of them, so more is allowed in total; signed requests are accepted in one of them only.',
          remedy: 'Give all processes on the database the same redis and keyPrefix.',
          see: 'docs/production/redis.md#key-prefix',
        },
      ]
    : [];
