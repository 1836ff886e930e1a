import {
  context,
  metrics,
  SpanKind,
  SpanStatusCode,
  trace,
  type Span,
  type SpanOptions,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base';
import express, { type Express } from 'express';
import { Registry } from 'prom-client';
import request from 'supertest';
import { memoryStore } from '../../lib/testing/index.js';
import { createInstance, type TestInstance } from '../harness/instance.js';
import { parseSeries, readSeries } from './read-metrics.js';

const spans = new InMemorySpanExporter();
const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
const reader = new PeriodicExportingMetricReader({
  exporter: new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE),
  exportIntervalMillis: 3_600_000,
});
const meterProvider = new MeterProvider({ readers: [reader] });
const contextManager = new AsyncLocalStorageContextManager();

beforeAll(() => void context.setGlobalContextManager(contextManager.enable()));
afterAll(async () => {
  context.disable();
  await Promise.all([meterProvider.shutdown(), tracerProvider.shutdown()]);
});

const instances: TestInstance[] = [];
beforeEach(() => spans.reset());
afterEach(async () => {
  trace.disable();
  metrics.disable();
  await Promise.all(instances.splice(0).map(({ apiKeys }) => apiKeys.close()));
});

function create(options: Parameters<typeof createInstance>[0] = {}): TestInstance {
  const instance = createInstance({
    metrics: { openTelemetry: { meterProvider, tracerProvider } },
    ...options,
  });
  instances.push(instance);
  return instance;
}

function createApp({ apiKeys }: TestInstance): Express {
  const app = express();
  app.set('env', 'test');
  app.use((_req, _res, next) =>
    tracerProvider.getTracer('app').startActiveSpan('request', (span) => {
      _res.once('finish', () => span.end());
      next();
    }),
  );
  app.get('/orders', apiKeys.requireApiKey('orders:read'), (_req, res) => {
    // The decision is over: what the handler does is no part of it.
    res.json({ span: (trace.getActiveSpan() as unknown as ReadableSpan | undefined)?.name });
  });
  app.get('/users', apiKeys.requireApiKey('users:read'), (_req, res) => void res.json({}));
  return app;
}

const send = (app: Express, path: string, key: string): request.Test =>
  request(app).get(path).set('X-API-Key', key);

/** What a collector of Prometheus would get of these metrics. */
async function readCollected(): Promise<string> {
  const { resourceMetrics, errors } = await reader.collect();
  expect(errors).toEqual([]);
  return new PrometheusSerializer(undefined, false, undefined, true, true).serialize(resourceMetrics);
}

/** This exporter leaves units out of names; a Collector and Prometheus itself append them. It adds the scope as labels. */
const withUnits = (text: string): string =>
  text
    .replaceAll(/^api_keys_(feed_lag|verification_duration)/gm, 'api_keys_$1_seconds')
    .replaceAll(/,?otel_scope_\w+="[^"]*"/g, '')
    .replaceAll('{}', '');

/** The names of the metrics. */
const namesIn = (series: Iterable<string>): string[] =>
  [...new Set([...series].map((each) => each.replace(/[{ ].*/, '')))]
    .filter((name) => name.startsWith('api_keys'))
    .sort();

describe('metrics of OpenTelemetry', () => {
  it('have, in Prometheus, the names, labels and values that those of prom-client have', async () => {
    const registry = new Registry();
    const instance = create({
      metrics: { prometheus: registry, openTelemetry: { meterProvider, tracerProvider: null } },
    });
    const app = createApp(instance);
    const { token } = await instance.key();
    for (const key of [token, token, 'junk']) await send(app, '/orders', key);
    const shown = await readSeries(registry);
    const text = await readCollected();
    const collected = parseSeries(withUnits(text));
    expect(namesIn(collected.keys())).toEqual(namesIn(shown.keys()));
    const fixed = (series: ReadonlyMap<string, number>): object =>
      Object.fromEntries(
        [...series].filter(([name]) => name.startsWith('api_keys') && !/_bucket|_sum|lag/.test(name)),
      );
    const recorded = Object.fromEntries(
      Object.entries(fixed(shown)).filter(([name, value]) => !name.includes('_count') || value !== 0),
    );
    expect(fixed(collected)).toEqual(recorded);
    expect(shown.get('api_keys_verifications_total{code="allowed",source="cached"}')).toBe(1);
  });

  it('have units and descriptions, and the boundaries of durations in seconds', async () => {
    const instance = create();
    const { token } = await instance.key();
    await send(createApp(instance), '/orders', token);
    const { resourceMetrics } = await reader.collect();
    const descriptors = resourceMetrics.scopeMetrics
      .filter(({ scope }) => scope.name === 'express-api-keys')
      .flatMap(({ metrics: all }) => all.map(({ descriptor }) => descriptor));
    const units = Object.fromEntries(descriptors.map(({ name, unit }) => [name, unit]));
    expect(units).toMatchObject({
      'api_keys.verifications': '{verification}',
      'api_keys.verification.duration': 's',
      'api_keys.cache.keys': '{key}',
      'api_keys.feed.lag': 's',
    });
    expect(descriptors.filter(({ description }) => description === '')).toEqual([]);
  });
});

describe('spans of OpenTelemetry', () => {
  it('are one for each decision, below the active one, and over before the handler runs', async () => {
    const instance = create();
    const app = createApp(instance);
    const { token, id } = await instance.key();
    expect((await send(app, '/orders', token)).body).toEqual({ span: 'request' });
    expect((await send(app, '/orders', token)).body).toEqual({ span: 'request' });
    expect((await send(app, '/users', token)).status).toBe(403);
    const finished = spans.getFinishedSpans();
    const own = finished.filter(({ name }) => name === 'api_keys.verify');
    expect(own.map(({ attributes }) => attributes)).toEqual([
      { 'api_keys.code': 'allowed', 'api_keys.source': 'database' },
      { 'api_keys.code': 'allowed', 'api_keys.source': 'cached' },
      { 'api_keys.code': 'insufficient_scope', 'api_keys.source': 'cached' },
    ]);
    for (const span of own) {
      expect(span.kind).toBe(SpanKind.INTERNAL);
      expect(span.status.code).toBe(SpanStatusCode.UNSET);
      const above = finished.find((each) => each.spanContext().spanId === span.parentSpanContext?.spanId);
      expect(above?.name).toBe('request');
    }
    const written = JSON.stringify(
      own.map(({ name, attributes, events, links }) => [name, attributes, events, links]),
    );
    for (const part of [token, id, 'alice', '/orders', 'orders:read']) expect(written).not.toContain(part);
  });

  it('begin with their decision and end with it, within the request', async () => {
    const instance = create();
    const app = createApp(instance);
    const { token } = await instance.key();
    for (const key of [token, token, 'junk']) await send(app, '/orders', key);
    const finished = spans.getFinishedSpans();
    const micros = ([seconds, nanos]: readonly [number, number]): number => seconds * 1e6 + nanos / 1e3;
    const own = finished.filter(({ name }) => name === 'api_keys.verify');
    expect(own.length).toBe(3);
    for (const span of own) {
      const above = finished.find((each) => each.spanContext().spanId === span.parentSpanContext?.spanId);
      if (above === undefined) throw new Error('it has no parent');
      const [begin, finish] = [micros(span.startTime), micros(span.endTime)];
      expect(finish).toBeGreaterThanOrEqual(begin);
      // The clocks of two spans are set apart by a millisecond at most.
      expect(begin).toBeGreaterThanOrEqual(micros(above.startTime) - 2_000);
      expect(finish).toBeLessThanOrEqual(micros(above.endTime) + 2_000);
      // Not since the process began.
      expect(finish - begin).toBeLessThan(60e6);
    }
  });

  /** A tracer that shows what is asked of it, in front of one of the SDK. */
  function createShown(provider: BasicTracerProvider): {
    readonly calls: string[];
    readonly tracerProvider: TracerProvider;
  } {
    const calls: string[] = [];
    const show = (span: Span): Span =>
      new Proxy(span, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name);
          if (typeof value !== 'function') return value;
          return (...args: unknown[]): unknown => {
            calls.push(String(name));
            return Reflect.apply(value, target, args);
          };
        },
      });
    const tracer = provider.getTracer('shown');
    const shown = {
      startSpan(...args: Parameters<typeof tracer.startSpan>) {
        calls.push('startSpan');
        return show(tracer.startSpan(...args));
      },
      startActiveSpan(name: string, options: SpanOptions, work: (span: Span) => unknown) {
        calls.push('startActiveSpan');
        return tracer.startActiveSpan(name, options, (span) => work(show(span)));
      },
    };
    return { calls, tracerProvider: { getTracer: () => shown as unknown as Tracer } };
  }

  it.each([
    ['recorded', new AlwaysOnSampler(), ['setAttributes']],
    ['sampled out', new AlwaysOffSampler(), []],
  ])(
    'are active only while a decision waits, and get nothing set that is not %s',
    async (_what, sampler, set) => {
      const shown = createShown(new BasicTracerProvider({ sampler }));
      const instance = create({
        metrics: { openTelemetry: { meterProvider: null, tracerProvider: shown.tracerProvider } },
      });
      const app = createApp(instance);
      const { token } = await instance.key();
      await send(app, '/orders', token);
      expect(shown.calls.splice(0)).toEqual(['startActiveSpan', 'isRecording', ...set, 'end']);
      for (const [path, key] of [
        ['/orders', token],
        ['/users', token],
        ['/orders', 'junk'],
      ] as const) {
        await send(app, path, key);
        expect(shown.calls.splice(0)).toEqual(['startSpan', 'end']);
      }
    },
  );

  it('are above what a decision waits for: the database, the counting of limits, and a signature', async () => {
    const store = memoryStore();
    const active: (string | undefined)[] = [];
    const note = (): void =>
      void active.push((trace.getActiveSpan() as unknown as ReadableSpan | undefined)?.name);
    const watched = new Proxy(store, {
      get(target, name) {
        if (name === 'find') {
          return (...args: Parameters<typeof store.find>) => {
            note();
            return target.find(...args);
          };
        }
        if (name === 'credits') {
          return {
            ...target.credits,
            spend: (...args: Parameters<typeof store.credits.spend>) => {
              note();
              return target.credits.spend(...args);
            },
          };
        }
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
    const instance = create({ store: watched });
    const app = createApp(instance);
    await instance.apiKeys.ready();
    const { token } = await instance.key({ credits: { remaining: 10 } });
    active.length = 0;
    expect((await send(app, '/orders', token)).status).toBe(200);
    expect((await send(app, '/orders', token)).status).toBe(200);
    expect(active).toEqual(['api_keys.verify', 'api_keys.verify', 'api_keys.verify']);
  });

  it('mark failures, which are those of the service', async () => {
    const instance = create();
    // Not ready yet.
    expect((await send(createApp(instance), '/orders', 'junk')).status).toBe(503);
    const [span] = spans.getFinishedSpans().filter(({ name }) => name === 'api_keys.verify');
    expect(span?.attributes).toEqual({
      'api_keys.code': 'unavailable',
      'api_keys.source': 'none',
      'error.type': 'unavailable',
    });
    expect(span?.status).toEqual({ code: SpanStatusCode.ERROR });
  });

  const fail = (): never => {
    throw new Error('the exporter fails');
  };

  it.each([
    ['begins', { onStart: fail, onEnd: () => undefined }],
    ['ends', { onStart: () => undefined, onEnd: fail }],
  ])('change no answer when what is told that one %s throws', async (_when, listener) => {
    const failing = new BasicTracerProvider({
      spanProcessors: [
        {
          ...listener,
          forceFlush: async () => undefined,
          shutdown: async () => undefined,
        },
      ],
    });
    const instance = create({
      metrics: { openTelemetry: { meterProvider: null, tracerProvider: failing } },
    });
    const app = createApp(instance);
    const { token } = await instance.key();
    const statuses = [];
    for (const key of [token, token, 'junk']) statuses.push((await send(app, '/orders', key)).status);
    expect(statuses).toEqual([200, 200, 401]);
  });

  it('come from what the SDK has registered, where no provider is named', async () => {
    trace.setGlobalTracerProvider(tracerProvider);
    metrics.setGlobalMeterProvider(meterProvider);
    const instance = create({ metrics: { openTelemetry: true } });
    const { token } = await instance.key();
    await send(createApp(instance), '/orders', token);
    expect(spans.getFinishedSpans().map(({ name }) => name)).toContain('api_keys.verify');
    expect(await readCollected()).toContain('api_keys_ready');
  });

  it.each([
    ['null', { tracerProvider: null }, []],
    ['one', { meterProvider: null }, ['api_keys.verify']],
  ] as const)('depend on the provider of traces alone: %s', async (_what, providers, names) => {
    const instance = create({
      metrics: { openTelemetry: { meterProvider, tracerProvider, ...providers } },
    });
    const { token } = await instance.key();
    await send(createApp(instance), '/orders', token);
    const own = spans
      .getFinishedSpans()
      .map(({ name }) => name)
      .filter((name) => name !== 'request');
    expect(own).toEqual(names);
  });
});
