import type { VerificationObserver } from '../ports/verification-observer.js';
import { CountedDecision, type DecisionMeters } from './counted-decision.js';
import { EventTally } from './event-tally.js';
import type { MetricReadings } from './instruments.js';
import type { TelemetryMeterProvider, TelemetryTracerProvider } from './open-telemetry-types.js';
import type { PrometheusRegistry } from './prometheus-registry.js';
import { registerMeters, scopeName } from './register-meters.js';
import { registerPrometheus } from './register-prometheus.js';
import { TracedDecision } from './traced-decision.js';
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
  const meters: DecisionMeters = { tally: verifications, recordDuration: null };
  const tracer = tracerProvider?.getTracer(scopeName) ?? null;

  return {
    observer: {
      begin: tracer === null ? () => new CountedDecision(meters) : () => new TracedDecision(meters, tracer),
    },
    events,
    register(given) {
      const readings = { ...given, verifications, events };
      if (prometheus !== null) registered.push(registerPrometheus(prometheus, readings));
      if (meterProvider !== null) {
        const { recordDuration, unregister } = registerMeters(meterProvider, readings);
        meters.recordDuration = recordDuration;
        registered.push(unregister);
      }
    },
    unregister() {
      for (const unregister of registered.splice(0)) unregister();
    },
  };
}
