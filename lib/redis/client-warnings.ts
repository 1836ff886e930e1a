import type { RedisClient } from './redis-client.js';

/** Harmful settings of the app's client, and what to write instead. */
const settings: readonly {
  readonly isHarmful: (options: Readonly<Record<string, unknown>>) => boolean;
  readonly warning: string;
}[] = [
  {
    isHarmful: ({ sentinels, failoverDetector }) => Array.isArray(sentinels) && failoverDetector !== true,
    warning:
      'a Sentinel client without failoverDetector: true stays connected to a hanging primary that was replaced; ' +
      'write new Redis({ sentinels, name, failoverDetector: true })',
  },
  {
    isHarmful: (options) => 'retryStrategy' in options && typeof options.retryStrategy !== 'function',
    warning:
      'a client without retryStrategy never reconnects; leave the option out, or write ' +
      'retryStrategy: (attempt) => Math.min(50 * attempt, 2000)',
  },
  {
    isHarmful: (options) =>
      'clusterRetryStrategy' in options && typeof options.clusterRetryStrategy !== 'function',
    warning:
      'a Cluster without clusterRetryStrategy never reconnects; leave the option out, or write ' +
      'clusterRetryStrategy: (attempt) => Math.min(50 * attempt, 2000)',
  },
  {
    isHarmful: ({ enableReadyCheck }) => enableReadyCheck === false,
    warning:
      'with enableReadyCheck: false a Redis that is still loading its data is treated as ready; leave the option out',
  },
];

/** Logged when the app's client has ended, because only then is it known that its `retryStrategy` gives up. */
export const endedClientWarning: string =
  'the client was closed, or its retryStrategy gave up, and it does not reconnect; let retryStrategy always ' +
  'return a number, for example retryStrategy: (attempt) => Math.min(50 * attempt, 2000)';

/** Returns the warnings about the settings of the app's client. They are only read, never called. */
export function listClientWarnings({ options }: RedisClient): readonly string[] {
  if (options === undefined) return [];
  const given = options as Readonly<Record<string, unknown>>;
  return settings.filter(({ isHarmful }) => isHarmful(given)).map(({ warning }) => warning);
}
