import type { KeySource } from '../domain/verification-outcome.js';
import { durationInstrument, instruments, type MetricReadings } from './instruments.js';
import type { TelemetryBatch, TelemetryMeterProvider } from './open-telemetry-types.js';
import { durationBounds } from './verification-tally.js';

/** The instruments of OpenTelemetry, while they are registered. */
export interface RegisteredMeters {
  readonly recordDuration: (seconds: number, source: KeySource) => void;
  readonly unregister: () => void;
}

/** The name of the meter and of the tracer. */
export const scopeName = 'express-api-keys';

/** Creates the instruments. Counters and gauges are read when a reader collects them; only the histogram is recorded. */
export function registerMeters(provider: TelemetryMeterProvider, readings: MetricReadings): RegisteredMeters {
  const meter = provider.getMeter(scopeName);
  const { name: durationName, unit: durationUnit, description: durationDescription } = durationInstrument;
  const histogram = meter.createHistogram(durationName, {
    unit: durationUnit,
    description: durationDescription,
    advice: { explicitBucketBoundaries: [...durationBounds] },
  });
  const observables = instruments.map(({ name, kind, unit, description, read }) => {
    const options = { unit, description };
    const instrument =
      kind === 'counter'
        ? meter.createObservableCounter(name, options)
        : meter.createObservableGauge(name, options);
    return { instrument, read };
  });
  const all = observables.map(({ instrument }) => instrument as never);

  function observeAll(batch: TelemetryBatch): void {
    for (const { instrument, read } of observables) {
      for (const { labels, value } of read(readings)) batch.observe(instrument, value, labels);
    }
  }

  meter.addBatchObservableCallback(observeAll, all);
  const attributesOf: Readonly<Record<KeySource, { readonly source: KeySource }>> = {
    cached: { source: 'cached' },
    redis: { source: 'redis' },
    database: { source: 'database' },
    none: { source: 'none' },
  };
  return {
    recordDuration: (seconds, source) => histogram.record(seconds, attributesOf[source]),
    unregister: () => meter.removeBatchObservableCallback(observeAll, all),
  };
}
