import type { VerificationOutcome } from '../domain/verification-outcome.js';
import type { VerificationObserver } from '../ports/verification-observer.js';
import type { TelemetryTracerProvider } from './open-telemetry-types.js';
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
  return {
    observe: (decide) =>
      tracer.startActiveSpan('api_keys.verify', { kind: internalKind }, (span) =>
        inner.observe((end) =>
          decide((outcome, source) => {
            end(outcome, source);
            const code = outcome ?? 'allowed';
            span.setAttribute('api_keys.code', code);
            span.setAttribute('api_keys.source', source);
            if (failures.has(code)) {
              span.setAttribute('error.type', code);
              span.setStatus({ code: errorStatus });
            }
            span.end();
          }),
        ),
      ),
  };
}
