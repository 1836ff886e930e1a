// @ts-check
// What is compared in process. Every variant is an app with one route, so that none is found later than another.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { AlwaysOffSampler, BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import express from 'express';
import express4 from 'express4';
import { Registry } from 'prom-client';
import { accessTokensFor } from './access-tokens.mjs';
import { credentialHeader } from './credential-header.mjs';
import { guardByHand } from './guard-by-hand.mjs';
import { pepper, prefix, scopes } from './seed-keys.mjs';

const scope = 'orders:read';
const keysInUse = 50;
/** The guard that measured ones are compared with. */
const unmeasured = 'guard-unmeasured';
/** What a check costs is compared without the headers, except where a name says that they are set. */
const bareAnswers = { cacheHeaders: false };

/**
 * @typedef {object} InProcessVariant
 * @property {string} name
 * @property {string} about
 * @property {string} bare the route without a guard that it is compared with
 * @property {string} byHand whose cost its own is divided by
 * @property {string | null} unmeasured the guard without measurements that it is compared with
 * @property {import('./in-process-connection.cjs').App} app
 * @property {readonly (readonly string[])[]} requests the header lines of each, sent in turn
 */

/** The notice that a database file is new. */
const logger = { warn() {}, error: console.error };

/**
 * It reads a header, as all apps do, so that parsing them is part of what a route costs without a guard; and its body is a
 * string that is ready, because what Express does for JSON is the same for all and would hide what differs.
 *
 * @type {import('express').RequestHandler}
 */
const answer = (req, res) => {
  res.setHeader('Content-Type', req.headers.accept === 'text/plain' ? 'text/plain' : 'application/json');
  res.end('{"orders":[]}');
};

/** @param {string} credential @returns {string[]} */
const headerLines = (credential) => [
  ...['Host', 'api.example.test', 'User-Agent', 'bench/1.0', 'Accept', 'application/json'],
  ...Object.entries(credentialHeader(credential)).flat(),
];

/**
 * Loads a build and starts an instance with keys of its own, on a database file of its own.
 * @param {object} where
 * @param {string} where.entry the module, by name or as a file URL
 * @param {string} where.file
 * @param {object} [options] of createApiKeys
 * @param {object} [limits] of every key
 */
async function open({ entry, file }, options = {}, limits = {}) {
  /** @type {typeof import('express-api-keys')} */
  const { createApiKeys } = await import(entry);
  const database = `file:${file}`;
  const apiKeys = createApiKeys({ prefix, scopes, pepper, database, bcryptCost: 8, logger, ...options });
  await apiKeys.ready();
  const application = apiKeys.keys.as({ kind: 'application' });
  /** @type {string[]} */
  const keys = [];
  while (keys.length < keysInUse) {
    const ownerId = `owner ${keys.length % 10}`;
    keys.push((await application.create({ ownerId, name: 'bench', scopes: [scope], ...limits })).key);
  }
  return { apiKeys, keys };
}

/** @param {number} count */
const limitsOf = (count) => ({
  rateLimits: [
    { name: 'minute', limit: 1_000_000_000, windowSeconds: 60 },
    { name: 'hour', limit: 1_000_000_000, windowSeconds: 3600 },
    { name: 'day', limit: 1_000_000_000, windowSeconds: 86_400 },
  ].slice(0, count),
});

/**
 * The same with what is measured, each on an instance of its own, and two where nothing is. The spans are made by the SDK and thrown
 * away.
 * @returns {[name: string, about: string, metrics: object | undefined][]}
 */
const measured = () => [
  [unmeasured, 'ours, on an instance of its own', undefined],
  [`${unmeasured}-control`, 'the same once more, on another instance', undefined],
  ['guard-metrics', 'ours, measured for Prometheus', { prometheus: new Registry() }],
  [
    'guard-meters',
    'ours, measured for OpenTelemetry without spans; nobody collects it',
    { openTelemetry: { meterProvider: new MeterProvider(), tracerProvider: null } },
  ],
  ['guard-routes', 'ours, with usage by route', { usageByRoute: true }],
  [
    'guard-spans',
    'ours, with a span of OpenTelemetry for each decision',
    { openTelemetry: { meterProvider: null, tracerProvider: new BasicTracerProvider() } },
  ],
  [
    'guard-spans-dropped',
    'ours, with a sampler of OpenTelemetry that drops each span',
    {
      openTelemetry: {
        meterProvider: null,
        tracerProvider: new BasicTracerProvider({ sampler: new AlwaysOffSampler() }),
      },
    },
  ],
];

/**
 * What is compared in one process. Groups are small, because V8 compiles a function for all that call it: with a dozen instances of
 * ours in one process, a guard would be slower than it is in an app, which has one.
 * @typedef {'guards' | 'measured' | 'limits' | 'express4' | 'builds'} Group
 */

/**
 * @param {object} options
 * @param {Group} options.group
 * @param {string} options.folder for database files
 * @param {string} options.redisUrl
 * @param {string | undefined} options.against the folder of another build
 * @returns {Promise<{ variants: InProcessVariant[], close: () => Promise<void> }>}
 */
export async function inProcessVariants({ group, folder, redisUrl, against }) {
  /** @type {{ close(): Promise<void> }[]} */
  const opened = [];
  /** @param {string} name @param {{ entry?: string, options?: object, limits?: object }} [setup] */
  const start = async (name, { entry = 'express-api-keys', options, limits } = {}) => {
    const instance = await open({ entry, file: join(folder, `${name}.sqlite`) }, options, limits);
    opened.push(instance.apiKeys);
    return instance;
  };
  /** @param {string} name */
  const redis = (name) => ({ redis: { client: redisUrl, keyPrefix: `in-process-${name}:` } });

  /** @type {InProcessVariant[]} */
  const variants = [];
  /**
   * @param {string} name
   * @param {string} about
   * @param {import('express').RequestHandler | null} guard
   * @param {readonly string[]} credentials
   * @param {boolean} [isMeasured]
   */
  const add = (name, about, guard, credentials, isMeasured = false) => {
    const suffix = name.endsWith('-express4') ? '-express4' : '';
    /** @type {import('express').Express} */
    const app = suffix === '' ? express() : /** @type {any} */ (express4)();
    app.disable('x-powered-by');
    if (guard === null) app.get('/orders', answer);
    else app.get('/orders', guard, answer);
    const requests = credentials.map(headerLines);
    variants.push({
      ...{ name, about, bare: `bare${suffix}`, byHand: `by-hand${suffix}`, app, requests },
      unmeasured: isMeasured && name !== unmeasured ? unmeasured : null,
    });
  };

  const tokens = { issuer: 'http://127.0.0.1' };
  const { apiKeys, keys } = await start('own', { options: { tokens } });
  const suffix = group === 'express4' ? '-express4' : '';
  const version = group === 'express4' ? 'Express 4' : 'Express 5';
  add(`bare${suffix}`, `${version} with nothing in front of the handler`, null, keys);
  add(`bare-control${suffix}`, 'the same once more: what differs here is noise', null, keys);
  add(`by-hand${suffix}`, 'a check by hand that promises nothing', guardByHand(keys, scope), keys);
  add(`by-hand-control${suffix}`, 'the same once more', guardByHand(keys, scope), keys);

  const addOwn = async () => {
    add('guard', 'ours, `cacheHeaders: false`', apiKeys.requireApiKey(scope, bareAnswers), keys);
    add('guard-headers', 'ours as it is by default', apiKeys.requireApiKey(scope), keys);
    const ofToken = apiKeys.requireApiKey(scope, bareAnswers);
    const accessTokens = await accessTokensFor(apiKeys, keys);
    add('guard-token', 'ours with an access token (JWT) in place of the key', ofToken, accessTokens);
  };

  switch (group) {
    case 'guards':
      await addOwn();
      break;
    case 'measured':
      for (const [name, about, metrics] of measured()) {
        const instance = await start(name, { options: { metrics } });
        add(name, about, instance.apiKeys.requireApiKey(scope, bareAnswers), instance.keys, true);
      }
      break;
    case 'limits':
      for (const count of [1, 3]) {
        const name = `guard-limits-${count}`;
        const limited = await start(name, { options: redis(name), limits: limitsOf(count) });
        const about = `ours, ${count === 1 ? 'one limit' : 'three limits'} for each key, counted in Redis`;
        add(name, about, limited.apiKeys.requireApiKey(scope, bareAnswers), limited.keys);
      }
      break;
    case 'express4': {
      const onExpress4 = apiKeys.requireApiKey(scope, bareAnswers);
      add('guard-express4', 'ours on Express 4, `cacheHeaders: false`', onExpress4, keys);
      break;
    }
    case 'builds': {
      await addOwn();
      const entry = pathToFileURL(join(against ?? '', 'dist/esm/index.js')).href;
      const other = await start('other', { entry, options: { tokens } });
      const otherTokens = await accessTokensFor(other.apiKeys, other.keys);
      const about = 'the same with the other build';
      add('other-guard', about, other.apiKeys.requireApiKey(scope, bareAnswers), other.keys);
      add('other-guard-headers', about, other.apiKeys.requireApiKey(scope), other.keys);
      add('other-guard-token', about, other.apiKeys.requireApiKey(scope, bareAnswers), otherTokens);
    }
  }
  return {
    variants,
    close: async () => void (await Promise.all(opened.map((each) => each.close()))),
  };
}
