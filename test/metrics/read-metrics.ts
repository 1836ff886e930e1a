import type { Registry } from 'prom-client';

/** The values of a registry as it writes them, by series: `api_keys_ready`, `api_keys_queue_waiting{queue="hash_minting"}`. */
export async function readSeries(registry: Registry): Promise<ReadonlyMap<string, number>> {
  return parseSeries(await registry.metrics());
}

/** The values in the text format of Prometheus. */
export function parseSeries(text: string): ReadonlyMap<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const end = line.lastIndexOf(' ');
      return [line.slice(0, end), Number(line.slice(end + 1))] as const;
    }),
  );
}

/** What changed from one reading to the next, without the durations, which differ from run to run. */
export function listChanges(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): Readonly<Record<string, number>> {
  const changed = [...after].filter(
    ([series, value]) => !series.includes('duration_seconds') && before.get(series) !== value,
  );
  return Object.fromEntries(changed.map(([series, value]) => [series, value - (before.get(series) ?? 0)]));
}
