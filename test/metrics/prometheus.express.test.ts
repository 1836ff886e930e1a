import { randomBytes } from 'node:crypto';
import express, { type Express, type RequestHandler } from 'express';
import { AggregatorRegistry, collectDefaultMetrics, Registry } from 'prom-client';
import request from 'supertest';
import { createApiKeys, InvalidOptionError, signRequest } from 'express-api-keys';
import { keySources, verificationOutcomes } from '../../lib/domain/verification-outcome.js';
import { durationBounds } from '../../lib/metrics/verification-tally.js';
import { memoryStore } from '../../lib/testing/index.js';
import { createInstance, scopes, testPepper, type TestInstance } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';
import { listChanges, readSeries } from './read-metrics.js';

const instances: TestInstance[] = [];
afterEach(async () => {
  await Promise.all(instances.splice(0).map(({ apiKeys }) => apiKeys.close()));
});

type Options = Parameters<typeof createInstance>[0];

function create(options: Options = {}): TestInstance & { readonly registry: Registry } {
  const registry = new Registry();
  const instance = createInstance({
    metrics: { prometheus: registry },
    resources: { project: 'A project of the app' },
    ...options,
  });
  instances.push(instance);
  return { ...instance, registry };
}

const failing = (): never => {
  throw new Error('the app fails');
};
const end: RequestHandler = (_req, res) => res.json({});

function createApp({ apiKeys }: TestInstance): Express {
  const app = express();
  app.set('env', 'test');
  app.get('/orders', apiKeys.requireApiKey('orders:read'), end);
  app.get('/own', apiKeys.requireApiKey('orders:read', { fallback: end }), end);
  app.get('/failing', apiKeys.requireApiKey('orders:read', { on: failing } as never), end);
  app.use('/orders', apiKeys.requireApiKey('orders:write'), end);
  return app;
}

const send = (app: Express, path: string, key?: string): request.Test =>
  key === undefined ? request(app).get(path) : request(app).get(path).set('X-API-Key', key);

const verifications = (code: string, source: string): string =>
  `api_keys_verifications_total{code="${code}",source="${source}"}`;

/** A key of the right form that nobody has made: another random part each time, with the right checksum. */
const createForgedKey = async (): Promise<string> => {
  const elsewhere = createInstance();
  const { token } = await elsewhere.key();
  await elsewhere.apiKeys.close();
  return token;
};

describe('metrics of Prometheus', () => {
  it('count the decisions of guards by code, and by where the key came from', async () => {
    const instance = create();
    const app = createApp(instance);
    await instance.apiKeys.ready();
    const { token } = await instance.key();
    const { token: limited } = await instance.key({
      rateLimits: [{ name: 'minute', limit: 1, windowSeconds: 60 }],
    });
    const forged = await createForgedKey();
    let before = await readSeries(instance.registry);
    const expectCounted = async (sent: request.Test, status: number, series: string): Promise<void> => {
      expect((await sent).status).toBe(status);
      const after = await readSeries(instance.registry);
      const counted = Object.entries(listChanges(before, after)).filter(([name]) => name.includes('_total'));
      expect(counted).toEqual([[series, 1]]);
      before = after;
    };
    await expectCounted(send(app, '/orders', token), 200, verifications('allowed', 'database'));
    await expectCounted(send(app, '/orders', token), 200, verifications('allowed', 'cached'));
    await expectCounted(send(app, '/orders/1', token), 403, verifications('insufficient_scope', 'cached'));
    await expectCounted(send(app, '/orders'), 401, verifications('missing_credential', 'none'));
    await expectCounted(send(app, '/orders', 'junk'), 401, verifications('invalid_token', 'none'));
    await expectCounted(send(app, '/orders', forged), 401, verifications('invalid_token', 'database'));
    await expectCounted(send(app, '/own'), 200, verifications('fallback', 'none'));
    await expectCounted(send(app, '/orders', limited), 200, verifications('allowed', 'database'));
    await expectCounted(send(app, '/orders', limited), 429, verifications('rate_limited', 'cached'));
    const ambiguous = send(app, '/orders', token).set('Authorization', `Bearer ${token}`);
    await expectCounted(ambiguous, 400, verifications('invalid_request', 'none'));
  });

  it('count failures, too', async () => {
    const instance = create();
    const app = createApp(instance);
    const { token } = await instance.key();
    expect((await send(app, '/failing', token)).status).toBe(500);
    const counted = await readSeries(instance.registry);
    expect(counted.get(verifications('internal_error', 'database'))).toBe(1);
    await instance.apiKeys.close();
    expect(await readSeries(instance.registry)).toEqual(new Map());

    const unready = create();
    expect((await readSeries(unready.registry)).get('api_keys_ready')).toBe(0);
    expect((await send(createApp(unready), '/orders', token)).status).toBe(503);
    const series = await readSeries(unready.registry);
    expect(series.get(verifications('unavailable', 'none'))).toBe(1);
  });

  it('count a request that cannot be read as one of the caller, and no failure', async () => {
    const instance = create({
      signatures: { origin: 'http://api.example', maxBodyBytes: 10 },
      clock: { now: () => Date.now() },
    });
    const app = express();
    app.set('env', 'test');
    app.post('/signed', instance.apiKeys.requireApiKey('orders:read', { signed: 'required' }), end);
    const { id, token } = await instance.key({ signing: 'hmac' });
    const sent = { method: 'POST', url: 'http://api.example/signed', body: 'x'.repeat(100) };
    const { status } = await request(app)
      .post('/signed')
      .set(signRequest(sent, { keyId: id, secret: token }))
      .set('Content-Type', 'text/plain')
      .send(sent.body);
    expect(status).toBe(413);
    const series = await readSeries(instance.registry);
    const counted = [...series].filter(([name, value]) => name.includes('verifications') && value > 0);
    expect(counted.map(([name]) => name)).toEqual([expect.stringContaining('code="invalid_request"')]);
  });

  it('count a request to an MCP server once, however often it is checked', async () => {
    const instance = create();
    const app = express();
    app.set('env', 'test');
    const tools = { list_orders: 'orders:read', delete_order: 'orders:write' } as const;
    app.post('/mcp', express.json(), instance.apiKeys.mcpGuard({ tools }), end);
    const { token } = await instance.key();
    const call = (name: string, key: string): request.Test =>
      request(app)
        .post('/mcp')
        .set('X-API-Key', key)
        .send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: {} } });
    expect((await call('list_orders', token)).status).toBe(200);
    expect((await call('delete_order', token)).status).toBe(403);
    expect((await call('list_orders', 'junk')).status).toBe(401);
    const counted = [...(await readSeries(instance.registry))].filter(
      ([name, value]) => name.includes('verifications') && value > 0,
    );
    const codes = counted.map(([name, value]) => [/code="(\w+)"/.exec(name)?.[1], value]);
    expect(codes.sort()).toEqual([
      ['allowed', 1],
      ['insufficient_scope', 1],
      ['invalid_token', 1],
    ]);
  });

  it('have the duration of every decision, by source', async () => {
    const instance = create();
    const app = createApp(instance);
    const { token } = await instance.key();
    for (let count = 0; count < 3; count += 1) await send(app, '/orders', token);
    const series = await readSeries(instance.registry);
    const name = 'api_keys_verification_duration_seconds';
    expect(series.get(`${name}_count{source="cached"}`)).toBe(2);
    expect(series.get(`${name}_count{source="database"}`)).toBe(1);
    const bounds = [...durationBounds.map(String), '+Inf'];
    const buckets = bounds.map((le) => series.get(`${name}_bucket{source="cached",le="${le}"}`));
    expect(buckets).toEqual(buckets.toSorted((one = 0, other = 0) => one - other));
    expect(buckets.at(-1)).toBe(2);
    expect(series.get(`${name}_sum{source="cached"}`)).toBeGreaterThan(0);
  });

  it('count changes and slow hashes, and show the state', async () => {
    const instance = create();
    await instance.apiKeys.ready();
    const before = await readSeries(instance.registry);
    const { id, token } = await instance.key();
    await instance.apiKeys.keys.as(theApp).revoke({ id });
    const after = await readSeries(instance.registry);
    expect(listChanges(before, after)).toMatchObject({
      'api_keys_confirmations_total{result="confirmed"}': 1,
      'api_keys_slow_hashes_total{lane="minting",result="done"}': 1,
    });
    expect(after.get('api_keys_confirmations_total{result="unconfirmed"}')).toBe(0);
    await send(createApp(instance), '/orders', token);
    const status = instance.apiKeys.status();
    const shown = await readSeries(instance.registry);
    expect(Object.fromEntries([...shown].filter(([name]) => !/_total|duration/.test(name)))).toEqual({
      api_keys_ready: 1,
      api_keys_database_up: 1,
      api_keys_cache_keys: status.cachedKeys,
      api_keys_processes: 1,
      api_keys_feed_lag_seconds: expect.any(Number),
      'api_keys_limits_mode{mode="shared"}': 0,
      'api_keys_limits_mode{mode="split"}': 0,
      'api_keys_limits_mode{mode="process"}': 1,
      'api_keys_limits_mode{mode="refused"}': 0,
      'api_keys_queue_waiting{queue="hash_matching"}': 0,
      'api_keys_queue_waiting{queue="hash_imported_matching"}': 0,
      'api_keys_queue_waiting{queue="hash_minting"}': 0,
    });
  });

  it('show what waits for a slow hash', async () => {
    const instance = create();
    await instance.apiKeys.ready();
    const made = Promise.all(Array.from({ length: 20 }, () => instance.key()));
    let most = 0;
    const until = made.then(() => true);
    while (!(await Promise.race([until, new Promise<false>((resolve) => setImmediate(resolve, false))]))) {
      const waiting = (await readSeries(instance.registry)).get(
        'api_keys_queue_waiting{queue="hash_minting"}',
      );
      most = Math.max(most, waiting ?? 0);
    }
    expect(most).toBeGreaterThan(0);
    const rest = await readSeries(instance.registry);
    expect(rest.get('api_keys_queue_waiting{queue="hash_minting"}')).toBe(0);
  });

  it('have as many series at the end as at the beginning, whatever callers send', async () => {
    const instance = create();
    const app = createApp(instance);
    await instance.apiKeys.ready();
    const before = [...(await readSeries(instance.registry)).keys()];
    const fixed = verificationOutcomes.length * keySources.length;
    expect(before.filter((name) => name.startsWith('api_keys_verifications_total'))).toHaveLength(fixed);
    const owners = Array.from({ length: 20 }, (_, index) => `owner ${index}`);
    const keys = await Promise.all(owners.map((ownerId) => instance.key({ ownerId, name: ownerId })));
    const forged = keys.map(({ token }) => token.slice(0, -10) + randomBytes(5).toString('hex'));
    const marks: string[] = [];
    for (const [index, { id, token }] of keys.entries()) {
      const path = `/orders/${randomBytes(6).toString('hex')}`;
      marks.push(id, token, path, forged[index] ?? '', owners[index] ?? '');
      const answers = [
        await send(app, path, token),
        await send(app, '/orders', token),
        await send(app, path, forged[index]),
        await send(app, path, `acme_live_${randomBytes(20).toString('hex')}`),
        await send(app, path).set('Authorization', `Bearer ${randomBytes(9).toString('base64url')}`),
        await send(app, path).set('X-Request-Id', path.slice(8)),
        await request(app).post(path).set('X-API-Key', token).set('User-Agent', path.slice(8)),
      ];
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 401, 403]));
    }
    await instance.apiKeys.keys.as(theApp).revoke({ id: keys[0]?.id ?? '' });
    expect([...(await readSeries(instance.registry)).keys()]).toEqual(before);
    const text = await instance.registry.metrics();
    expect(marks.filter((mark) => text.includes(mark))).toEqual([]);
  });

  it('stand beside the metrics of the app, with its labels, in both formats, and add up over a cluster', async () => {
    const registry = new Registry();
    registry.setDefaultLabels({ app: 'shop' });
    collectDefaultMetrics({ register: registry });
    const instance = create({ metrics: { prometheus: registry } });
    const { token } = await instance.key();
    await send(createApp(instance), '/orders', token);
    const text = await registry.metrics();
    expect(text).toContain('api_keys_database_up{app="shop"} 1');
    expect(text).toContain('process_cpu_seconds_total');

    const total = 'api_keys_verifications_total{code="allowed",source="database",app="shop"}';
    const json = await registry.getMetricsAsJSON();
    const sum = AggregatorRegistry.aggregate([json, json] as never);
    const added = await readSeries(sum as never);
    expect(added.get(total)).toBe(2);
    expect(added.get('api_keys_database_up{app="shop"}')).toBe(1);

    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
    for (let reading = 0; reading < 2; reading += 1) {
      expect((await readSeries(registry)).get(total)).toBe(1);
      expect(await registry.metrics()).toContain('# TYPE api_keys_verifications counter');
    }
    registry.resetMetrics();
    expect((await readSeries(registry)).get(total)).toBe(1);
    await instance.apiKeys.close();
    expect(await registry.metrics()).not.toContain('api_keys');
  });
});

describe('the option metrics', () => {
  const base = { prefix: 'acme', scopes, pepper: testPepper } as const;
  const createWith = (metrics: unknown): unknown =>
    createApiKeys({ ...base, store: memoryStore(), metrics: metrics as never });

  it.each([
    ['nothing to measure', {}, /metrics: names nothing to measure/],
    ['a flag', true, /metrics: .*\{ prometheus: register \}/],
    ['what is no registry', { prometheus: {} }, /metrics\.prometheus: takes a Registry of prom-client/],
    ['another name', { openTelemtry: true }, /did you mean 'openTelemetry'/],
    [
      'no provider',
      { openTelemetry: { meterProvider: {} } },
      /openTelemetry\.meterProvider: takes a MeterProvider/,
    ],
    ['false', { openTelemetry: false }, /metrics\.openTelemetry: /],
  ])('refuses %s', (_what, metrics, message) => {
    expect(() => createWith(metrics)).toThrow(InvalidOptionError);
    expect(() => createWith(metrics)).toThrow(message);
  });

  it('refuses a registry that has metrics of another instance, and takes it again after that one is closed', async () => {
    const registry = new Registry();
    const first = create({ metrics: { prometheus: registry } });
    expect(() => createWith({ prometheus: registry })).toThrow(
      /metrics\.prometheus: the registry has a metric api_keys_\w+ already; give every instance a registry of its own/,
    );
    await first.apiKeys.ready();
    expect((await readSeries(registry)).get('api_keys_ready')).toBe(1);
    await first.apiKeys.close();
    create({ metrics: { prometheus: registry } });
    expect((await readSeries(registry)).get('api_keys_ready')).toBe(0);
  });

  it('is off where its values are undefined, as those of an environment may be', () => {
    expect(() => createWith({ prometheus: undefined })).not.toThrow();
    expect(() => createWith(undefined)).not.toThrow();
  });
});

describe('without the option', () => {
  /** How often the clock of durations is read while requests with a cached key are decided. */
  async function countClockReads(instance: TestInstance): Promise<number> {
    const { token } = await instance.key();
    const guard = instance.apiKeys.requireApiKey('orders:read');
    const decideOnce = (): Promise<void> =>
      new Promise((resolve) => {
        const headers = { 'x-api-key': token, host: 'api.example' };
        const rawHeaders = Object.entries(headers).flat();
        const req = {
          method: 'GET',
          url: '/',
          headers,
          rawHeaders,
          app: { get: () => () => false },
          socket: {},
        };
        const res = { getHeader: () => undefined, setHeader: () => undefined, vary: () => undefined };
        guard(req as never, res as never, () => resolve());
      });
    await decideOnce();
    await decideOnce();
    const read = jest.spyOn(performance, 'now');
    try {
      await decideOnce();
      return read.mock.calls.length;
    } finally {
      read.mockRestore();
    }
  }

  it('no decision is timed: two readings of the clock less for each', async () => {
    const off = createInstance();
    instances.push(off);
    expect((await countClockReads(create())) - (await countClockReads(off))).toBe(2);
  });
});
