import { connectRedis, getReconnectPauseMs } from '../../lib/redis/connect-redis.js';
import { codeIn, readDocument, sectionOf, tableIn } from './markdown.js';
import { shownClusterOptions, shownSentinelOptions } from '../redis/forms/shown-options.js';

const document = readDocument('docs/production/redis.md');

/** `name: value` in the first cells of a table -> the two of them; a name alone stands for a function. */
function settingsUnder(heading: string): (readonly [name: string, value: string])[] {
  return tableIn(sectionOf(document, heading)).map(([cell]) => {
    const [name = '', value = 'function'] = codeIn(cell).split(': ');
    return [name, value] as const;
  });
}

/** An option as the tables write it. */
function written(options: object, name: string): string {
  const value: unknown = Reflect.get(options, name);
  return typeof value === 'function' ? 'function' : JSON.stringify(value);
}

describe('the settings of our own connection in docs/production/redis.md', () => {
  it('are what it has', () => {
    const { client, close } = connectRedis('redis://127.0.0.1:1', () => undefined);
    const shown = settingsUnder('## One server');
    expect(shown.length).toBeGreaterThan(5);
    expect(shown).toEqual(shown.map(([name]) => [name, written(client.options ?? {}, name)]));
    const { retryStrategy } = client.options as { retryStrategy: (attempt: number) => number | null };
    expect(retryStrategy(1)).toBeNull();
    expect([1, 2, 100].map(getReconnectPauseMs)).toEqual([50, 1000, 1000]);
    close();
  });
});

describe('the options for a client in docs/production/redis.md', () => {
  const shown = settingsUnder('## Hand in a client');

  it('are those of the Sentinel client that it shows', () => {
    const options = shownSentinelOptions();
    expect(shown.length).toBeGreaterThan(5);
    expect(shown).toEqual(shown.map(([name]) => [name, written(options, name)]));
  });

  it('are those of the Cluster client that it shows, where a Cluster has them', () => {
    const { redisOptions, ...options } = shownClusterOptions();
    const names: Record<string, string> = { retryStrategy: 'clusterRetryStrategy' };
    const ofCluster = shown.filter(([name]) => !['failoverDetector', 'maxRetriesPerRequest'].includes(name));
    expect(ofCluster).toEqual(
      ofCluster.map(([name]) => [name, written({ ...options, ...redisOptions }, names[name] ?? name)]),
    );
  });
});
