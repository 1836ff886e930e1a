import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInThisContext } from 'node:vm';

const document = readFileSync(join(__dirname, '..', '..', '..', 'docs', 'production', 'redis.md'), 'utf8');

/** The arguments of the only call of a constructor in `docs/production/redis.md`, so that tests use what readers copy. */
function argumentsOf(start: string): unknown[] {
  const [, rest, ...more] = document.split(start);
  const [, shown, brace] = /^([^]*?\n)(\}?)\);\n/.exec(rest ?? '') ?? [];
  if (shown === undefined || more.length > 0)
    throw new Error(`docs/production/redis.md must show once: ${start}`);
  return runInThisContext(`(process) => [${shown}${brace ?? ''}]`)({ env: {} }) as unknown[];
}

/** What tests override of the options of a Sentinel client. There are more of them. */
export interface ShownSentinelOptions {
  sentinels: { host: string; port: number }[];
  name: string;
  failoverDetector?: boolean;
}

/** The options of the Sentinel client that the document shows. */
export function shownSentinelOptions(): ShownSentinelOptions {
  const [options] = argumentsOf('const client = new Redis(');
  return options as ShownSentinelOptions;
}

/** What tests override of the options of a Cluster client. There are more of them. */
export interface ShownClusterOptions {
  keyPrefix?: string;
  redisOptions: { username?: string; password?: string };
}

/** The options of the Cluster client that the document shows. */
export function shownClusterOptions(): ShownClusterOptions {
  const [, options] = argumentsOf('const client = new Cluster(');
  return options as ShownClusterOptions;
}
