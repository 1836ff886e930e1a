import type { KeySource } from '../domain/verification-outcome.js';
import type { VerificationObserver } from '../ports/verification-observer.js';
import { EventTally } from './event-tally.js';
import type { MetricReadings } from './instruments.js';
import type { TelemetryMeterProvider, TelemetryTracerProvider } from './open-telemetry-types.js';
import type { PrometheusRegistry } from './prometheus-registry.js';
import { registerMeters } from './register-meters.js';
import { registerPrometheus } from './register-prometheus.js';
import { createSpanObserver } from './span-observer.js';
import { VerificationTally } from './verification-tally.js';

/** Where measurements go. At least one of them is given. */
export interface MetricTargets {
  readonly prometheus: PrometheusRegistry | null;
  readonly meterProvider: TelemetryMeterProvider | null;
  readonly tracerProvider: TelemetryTracerProvider | null;
}

/** The measurements of one instance. */
export interface Metrics {
  /** For guards. */
  readonly observer: VerificationObserver;
  /** For what happens less often. */
  readonly events: EventTally;
  /** Offers the measurements to their targets. */
  register(readings: Pick<MetricReadings, 'status' | 'queues'>): void;
  /** Removes them there. */
  unregister(): void;
}

/** Creates the counters, and what measures decisions. Without this call there is neither. */
export function createMetrics({ prometheus, meterProvider, tracerProvider }: MetricTargets): Metrics {
  const verifications = new VerificationTally();
  const events = new EventTally();
  const registered: (() => void)[] = [];
  let recordDuration: ((seconds: number, source: KeySource) => void) | null = null;

  const counting: VerificationObserver = {
    observe(decide) {
      const start = performance.now();
      return decide((outcome, source) => {
        if (outcome === null) return;
        const seconds = (performance.now() - start) / 1_000;
        verifications.add(outcome, source, seconds);
        recordDuration?.(seconds, source);
      });
    },
  };

  return {
    observer: tracerProvider === null ? counting : createSpanObserver(tracerProvider, counting),
    events,
    register(given) {
      const readings = { ...given, verifications, events };
      if (prometheus !== null) registered.push(registerPrometheus(prometheus, readings));
      if (meterProvider !== null) {
        const meters = registerMeters(meterProvider, readings);
        ({ recordDuration } = meters);
        registered.push(meters.unregister);
      }
    },
    unregister() {
      for (const unregister of registered.splice(0)) unregister();
    },
  };
}
