import { InvalidOptionError } from '../errors.js';
import {
  durationInstrument,
  instruments,
  type Instrument,
  type Measurement,
  type MetricReadings,
} from './instruments.js';
import type { PrometheusRegistry } from './prometheus-registry.js';
import { durationBounds } from './verification-tally.js';

/** A value as prom-client takes it. */
interface PrometheusValue extends Measurement {
  /** Default: the name of the metric. */
  readonly metricName?: string;
}

/** A metric as prom-client reads it, in place of one of its own classes: it holds no values. */
interface PrometheusMetric {
  /** A registry in the format OpenMetrics takes `_total` away, and writes it again. */
  name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly aggregator: Instrument['aggregator'];
  readonly get: () => Promise<object>;
  readonly reset: () => void;
}

/**
 * Adds the metrics to a registry. prom-client is not loaded for that: the registry reads the values when it is collected.
 *
 * @returns what removes them again
 * @throws InvalidOptionError when the registry has a metric of the same name
 */
export function registerPrometheus(registry: PrometheusRegistry, readings: MetricReadings): () => void {
  const metrics = new Map<string, PrometheusMetric>();
  for (const { prometheusName, kind, description, aggregator, read } of instruments) {
    metrics.set(
      prometheusName,
      createMetric({ name: prometheusName, help: description, type: kind, aggregator }, () => read(readings)),
    );
  }
  const { prometheusName: name, description: help } = durationInstrument;
  const durations = createMetric({ name, help, type: 'histogram', aggregator: 'sum' }, () =>
    listBuckets(name, readings),
  );
  metrics.set(name, durations);

  const taken = [...metrics.keys()].find((each) => registry.getSingleMetric(each) !== undefined);
  if (taken !== undefined) {
    throw new InvalidOptionError(
      `metrics.prometheus: the registry has a metric ${taken} already; give every instance a registry of its own, ` +
        'and serve each at a path of its own',
    );
  }
  for (const metric of metrics.values()) registry.registerMetric(metric as never);
  return function unregister() {
    for (const [each, metric] of metrics) {
      if (registry.getSingleMetric(each) === metric) registry.removeSingleMetric(each);
    }
  };
}

function createMetric(
  { name, help, type, aggregator }: Pick<PrometheusMetric, 'name' | 'help' | 'type' | 'aggregator'>,
  read: () => readonly PrometheusValue[],
): PrometheusMetric {
  const metric: PrometheusMetric = {
    name,
    help,
    type,
    aggregator,
    get: async () => ({ name: metric.name, help, type, aggregator, values: read() }),
    // Counters never decrease, and gauges show what is.
    reset: () => undefined,
  };
  return metric;
}

function listBuckets(name: string, { verifications }: MetricReadings): readonly PrometheusValue[] {
  return verifications.durations().flatMap(({ source, cumulative, sum }) => [
    ...cumulative.map((value, index) => ({
      metricName: `${name}_bucket`,
      labels: { source, le: String(durationBounds[index] ?? '+Inf') },
      value,
    })),
    { metricName: `${name}_sum`, labels: { source }, value: sum },
    { metricName: `${name}_count`, labels: { source }, value: cumulative.at(-1) ?? 0 },
  ]);
}
