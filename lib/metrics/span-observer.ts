import type { VerificationOutcome } from '../domain/verification-outcome.js';
import type { EndObservation, VerificationObserver } from '../ports/verification-observer.js';
import type { TelemetrySpan, TelemetryTracerProvider } from './open-telemetry-types.js';
import { scopeName } from './register-meters.js';

/** `SpanKind.INTERNAL` of OpenTelemetry. */
const internalKind = 0;
/** `SpanStatusCode.ERROR` of OpenTelemetry. */
const errorStatus = 2;

const failures: ReadonlySet<VerificationOutcome> = new Set(['unavailable', 'internal_error']);

/**
 * Puts a span around every decision, as a child of the active one; queries of the decision become its children. It has the code and
 * the source, and nothing of the request or the key. A refusal is a decision that was made, and no error.
 */
export function createSpanObserver(
  provider: TelemetryTracerProvider,
  inner: VerificationObserver,
): VerificationObserver {
  const tracer = provider.getTracer(scopeName);

  function observeWithin<T>(span: TelemetrySpan, decide: (end: EndObservation) => T): T {
    return inner.observe((end) =>
      decide((outcome, source) => {
        const code = outcome ?? 'allowed';
        try {
          end(outcome, source);
          span.setAttribute('api_keys.code', code);
          span.setAttribute('api_keys.source', source);
          if (!failures.has(code)) return;
          span.setAttribute('error.type', code);
          span.setStatus({ code: errorStatus });
        } finally {
          span.end();
        }
      }),
    );
  }

  return {
    observe<T>(decide: (end: EndObservation) => T): T {
      let hasBegun = false;
      let decided: { readonly value: T } | null = null;
      try {
        return tracer.startActiveSpan('api_keys.verify', { kind: internalKind }, (span) => {
          hasBegun = true;
          const value = observeWithin(span, decide);
          decided = { value };
          return value;
        });
      } catch (error) {
        // Samplers, processors and context managers are the app's; what they throw must not decide.
        if (decided !== null) return (decided as { readonly value: T }).value;
        if (hasBegun) throw error;
        return inner.observe(decide);
      }
    },
  };
}
