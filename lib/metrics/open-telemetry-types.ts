/** The part of OpenTelemetry's `Attributes` that is used. */
export type TelemetryAttributes = Readonly<Record<string, string>>;

interface InstrumentOptions {
  unit?: string;
  description?: string;
  advice?: { explicitBucketBoundaries?: number[] };
}

/** What a callback observes values with. */
export interface TelemetryBatch {
  observe(instrument: object, value: number, attributes?: TelemetryAttributes): void;
}

/** The part of OpenTelemetry's `Meter` that is used. */
export interface TelemetryMeter {
  createHistogram(name: string, options?: InstrumentOptions): TelemetryHistogram;
  createObservableCounter(name: string, options?: InstrumentOptions): object;
  createObservableGauge(name: string, options?: InstrumentOptions): object;
  addBatchObservableCallback(callback: (batch: TelemetryBatch) => void, observables: never[]): void;
  removeBatchObservableCallback(callback: (batch: TelemetryBatch) => void, observables: never[]): void;
}

/** The part of OpenTelemetry's `Histogram` that is used. */
export interface TelemetryHistogram {
  record(value: number, attributes?: TelemetryAttributes): void;
}

/** The part of OpenTelemetry's `MeterProvider` that is used. */
export interface TelemetryMeterProvider {
  getMeter(name: string): TelemetryMeter;
}

/** The part of OpenTelemetry's `Span` that is used. */
export interface TelemetrySpan {
  isRecording(): boolean;
  setAttributes(attributes: TelemetryAttributes): unknown;
  setStatus(status: { code: number }): unknown;
  end(endTime?: number): void;
}

interface SpanOptions {
  kind?: number;
  /** Milliseconds of `performance.now()`. */
  startTime?: number;
  attributes?: TelemetryAttributes;
}

/** The part of OpenTelemetry's `Tracer` that is used. */
export interface TelemetryTracer {
  startSpan(name: string, options: SpanOptions): TelemetrySpan;
  startActiveSpan<T>(name: string, options: SpanOptions, work: (span: TelemetrySpan) => T): T;
}

/** The part of OpenTelemetry's `TracerProvider` that is used. */
export interface TelemetryTracerProvider {
  getTracer(name: string): TelemetryTracer;
}
