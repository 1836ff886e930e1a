import { InvalidOptionError } from '../errors.js';
import type { MetricTargets } from '../metrics/create-metrics.js';
import { loadOpenTelemetry, type OpenTelemetryApi } from '../metrics/load-open-telemetry.js';
import type { TelemetryMeterProvider, TelemetryTracerProvider } from '../metrics/open-telemetry-types.js';
import type { PrometheusRegistry } from '../metrics/prometheus-registry.js';
import { hasMethods } from './has-methods.js';
import { allowAbsent, take, takeFlag, withDefault } from './option-readers.js';
import { readOptions, type OptionReader, type ReadersOf } from './read-options.js';

/** The option `metrics`: where this instance reports what it measures. */
export interface MetricsOption {
  /**
   * A `Registry` of prom-client, for example its `register`, to which the metrics are added until `close()`. Every instance needs
   * one of its own.
   *
   * @default undefined - none
   */
  readonly prometheus?: PrometheusRegistry | undefined;
  /**
   * Metrics and spans for OpenTelemetry: `true` for what the SDK of the app has registered, which must have been started before;
   * or an object that names providers. Needs the package `@opentelemetry/api`, unless both providers are given.
   *
   * @default undefined - none
   */
  readonly openTelemetry?: true | OpenTelemetryOption | undefined;
  /**
   * Counts the requests of each key by route and class of status, in the database, for `keys.usage({ id, byRoute: true })`.
   *
   * @default false
   */
  readonly usageByRoute?: boolean | undefined;
}

/** The option as it was read. */
export interface ResolvedMetricsOption {
  /** `null`: nothing is reported. */
  readonly targets: MetricTargets | null;
  readonly usageByRoute: boolean;
}

/** Providers of OpenTelemetry. */
export interface OpenTelemetryOption {
  /**
   * Creates the meter; `null`: no metrics.
   *
   * @default the one that is registered
   */
  readonly meterProvider?: TelemetryMeterProvider | null | undefined;
  /**
   * Creates the tracer; `null`: no spans.
   *
   * @default the one that is registered
   */
  readonly tracerProvider?: TelemetryTracerProvider | null | undefined;
}

const example = '{ prometheus: register }, { openTelemetry: true } or { usageByRoute: true }';

const readers = {
  prometheus: allowAbsent(
    take('a Registry of prom-client, for example its register', (value): value is PrometheusRegistry =>
      hasMethods(value, ['registerMetric', 'getSingleMetric', 'removeSingleMetric']),
    ),
  ),
  openTelemetry: allowAbsent(readOpenTelemetry),
  usageByRoute: withDefault(takeFlag, false),
} satisfies ReadersOf<MetricsOption>;

const providerReaders = {
  meterProvider: takeProvider<TelemetryMeterProvider>('a MeterProvider', 'getMeter'),
  tracerProvider: takeProvider<TelemetryTracerProvider>('a TracerProvider', 'getTracer'),
} satisfies ReadersOf<OpenTelemetryOption>;

/** @throws InvalidOptionError */
export function readMetrics(value: unknown, path: string): ResolvedMetricsOption {
  if (value === undefined) return { targets: null, usageByRoute: false };
  const { prometheus, openTelemetry, usageByRoute } = readOptions(path, value, readers, { example });
  if (Object.keys(value as object).length === 0) {
    throw new InvalidOptionError(`${path}: names nothing to measure; write ${example}`);
  }
  const { meterProvider = null, tracerProvider = null } = openTelemetry ?? {};
  const isReported = prometheus !== undefined || meterProvider !== null || tracerProvider !== null;
  return {
    targets: isReported ? { prometheus: prometheus ?? null, meterProvider, tracerProvider } : null,
    usageByRoute,
  };
}

function readOpenTelemetry(value: unknown, path: string): Omit<MetricTargets, 'prometheus'> {
  const given =
    value === true
      ? {}
      : readOptions(path, value, providerReaders, { example: 'true, or { meterProvider, tracerProvider }' });
  let api: OpenTelemetryApi | null = null;
  const load = (): OpenTelemetryApi => (api ??= loadOpenTelemetry());
  const { meterProvider, tracerProvider } = given as OpenTelemetryOption;
  return {
    meterProvider: meterProvider === undefined ? load().metrics.getMeterProvider() : meterProvider,
    tracerProvider: tracerProvider === undefined ? load().trace.getTracerProvider() : tracerProvider,
  };
}

function takeProvider<T extends object>(what: string, method: string): OptionReader<T | null | undefined> {
  return allowAbsent(
    take(
      `${what} of OpenTelemetry, or null for none`,
      (value): value is T | null => value === null || hasMethods(value, [method]),
    ),
  );
}
