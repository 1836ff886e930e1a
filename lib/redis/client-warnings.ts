import type { RedisClient } from './redis-client.js';

/** Settings of a client that was handed in, and what is better written instead. */
const settings: readonly {
  readonly hurts: (options: Readonly<Record<string, unknown>>) => boolean;
  readonly warning: string;
}[] = [
  {
    hurts: ({ sentinels, failoverDetector }) => Array.isArray(sentinels) && failoverDetector !== true,
    warning:
      'a Sentinel client without failoverDetector: true stays with a primary that hangs and was replaced; ' +
      'write new Redis({ sentinels, name, failoverDetector: true })',
  },
  {
    hurts: (options) => 'retryStrategy' in options && typeof options.retryStrategy !== 'function',
    warning:
      'a client without retryStrategy never connects again; leave the option out, or write ' +
      'retryStrategy: (attempt) => Math.min(50 * attempt, 2000)',
  },
  {
    hurts: (options) =>
      'clusterRetryStrategy' in options && typeof options.clusterRetryStrategy !== 'function',
    warning:
      'a Cluster without clusterRetryStrategy never connects again; leave the option out, or write ' +
      'clusterRetryStrategy: (attempt) => Math.min(50 * attempt, 2000)',
  },
  {
    hurts: ({ enableReadyCheck }) => enableReadyCheck === false,
    warning:
      'with enableReadyCheck: false a Redis that is still loading its data counts as ready; leave the option out',
  },
];

/** Told when a client that was handed in has ended: whether its `retryStrategy` gives up is only known then. */
export const endedClientWarning: string =
  'the client was closed, or its retryStrategy gave up, and it does not connect again; let retryStrategy always ' +
  'return a number, for example retryStrategy: (attempt) => Math.min(50 * attempt, 2000)';

/** What is to be said about the settings of a client that was handed in. It is only read, never called. */
export function clientWarnings({ options }: RedisClient): readonly string[] {
  if (options === undefined) return [];
  const given = options as Readonly<Record<string, unknown>>;
  return settings.filter(({ hurts }) => hurts(given)).map(({ warning }) => warning);
}
