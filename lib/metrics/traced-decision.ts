import {
  keySources,
  verificationOutcomes,
  type KeySource,
  type VerificationOutcome,
} from '../domain/verification-outcome.js';
import { CountedDecision, type DecisionMeters } from './counted-decision.js';
import type { TelemetryAttributes, TelemetrySpan, TelemetryTracer } from './open-telemetry-types.js';

const spanName = 'api_keys.verify';
/** `SpanKind.INTERNAL` of OpenTelemetry. */
const internalKind = 0;
/** `SpanStatusCode.ERROR` of OpenTelemetry. */
const errorStatus = 2;

const failures: ReadonlySet<VerificationOutcome> = new Set(['unavailable', 'internal_error']);

/** The attributes of every decision that there can be: no request builds them. */
const attributesOf: ReadonlyMap<
  VerificationOutcome,
  Readonly<Record<KeySource, TelemetryAttributes>>
> = new Map(
  verificationOutcomes.map((code) => [
    code,
    Object.fromEntries(
      keySources.map((source) => [source, describeDecision(code, source)] as const),
    ) as Record<KeySource, TelemetryAttributes>,
  ]),
);

function describeDecision(code: VerificationOutcome, source: KeySource): TelemetryAttributes {
  return Object.freeze({
    'api_keys.code': code,
    'api_keys.source': source,
    ...(failures.has(code) ? { 'error.type': code } : {}),
  });
}

/**
 * Counts one decision, and makes a span of it, as a child of the active one. It has the code and the source, and nothing of the
 * request or the key. A refusal is a decision that was made, and no error.
 *
 * The span is made when the decision has been made, with the time at which it began. Only a decision that waits has an active span,
 * whose children are the queries that it waits for; switching to another context costs more than most decisions.
 */
export class TracedDecision extends CountedDecision {
  private readonly tracer: TelemetryTracer;
  private span: TelemetrySpan | null = null;

  constructor(meters: DecisionMeters, tracer: TelemetryTracer) {
    super(meters);
    this.tracer = tracer;
  }

  override wait<T>(work: () => T): T {
    if (this.span !== null) return work();
    let hasBegun = false;
    let done: { readonly value: T } | null = null;
    try {
      return this.tracer.startActiveSpan(
        spanName,
        { kind: internalKind, startTime: this.startedAt },
        (span) => {
          hasBegun = true;
          this.span = span;
          const value = work();
          done = { value };
          return value;
        },
      );
    } catch (error) {
      // Samplers, processors and context managers are the app's; what they throw must not decide.
      if (done !== null) return (done as { readonly value: T }).value;
      if (hasBegun) throw error;
      return work();
    }
  }

  override end(outcome: VerificationOutcome | null): void {
    const endedAt = performance.now();
    const code = outcome ?? 'allowed';
    const attributes = attributesOf.get(code)?.[this.source] ?? {};
    try {
      this.count(outcome, endedAt);
      if (this.span === null) {
        const options = { kind: internalKind, startTime: this.startedAt, attributes };
        this.span = this.tracer.startSpan(spanName, options);
      } else if (this.span.isRecording()) {
        this.span.setAttributes(attributes);
      }
      if (failures.has(code)) this.span.setStatus({ code: errorStatus });
    } finally {
      this.span?.end(endedAt);
    }
  }
}
