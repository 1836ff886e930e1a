import type { Router } from 'express';
import { anyScope } from '../../domain/any-scope.js';
import { createFeatureCatalogue } from '../../domain/feature-catalogue.js';
import { isKeyId } from '../../domain/key-format.js';
import { noPolicy } from '../../domain/keyspace-policy.js';
import { InvalidOptionError } from '../../errors.js';
import { createCommandRunner } from '../command-runner.js';
import { createCallers } from '../callers.js';
import type { DialectCall } from '../dialect-call.js';
import { getDialectHost, type DialectHost, type NewKeyspace, type WithDialectHost } from '../dialect-host.js';
import { createDialectRouter, type DialectRoute } from '../dialect-router.js';
import { toLifetimePolicy } from '../lifetime-options.js';
import { compileScopeMap } from '../scope-map.js';
import { createKeyEndpoints, type KeyEndpoint } from './key-endpoints.js';
import { coversPermission, createYativoCatalogue, yativoPermissions, yativoScopes } from './permissions.js';
import { createSecondFactor } from './second-factor.js';
import { exchangeKeyForToken, exchangeOlderKeyForToken } from './exchange-key-for-token.js';
import { createYativoCredentialReader } from './yativo-credential.js';
import { answerYativoError } from './yativo-error.js';
import { parsePathId, yativoFormat } from './yativo-format.js';
import { resolveYativoOptions, type ResolvedYativoOptions, type YativoOptions } from './yativo-options.js';

const challenge = { scheme: 'Bearer', realm: 'yativo' } as const;

/**
 * Builds a router with the API key endpoints of Yativo's Crypto API: an `api_key` that is not a secret and an `api_secret` that
 * is returned once, which together are exchanged for tokens of an hour. Mount it at `/`, at `/api` or anywhere else, after
 * routes of the app that have the same paths.
 *
 * @param apiKeys - what `createApiKeys` returned, with the option `tokens`
 * @throws InvalidOptionError when an option is invalid
 *
 * @example
 * app.use('/yativo', yativoRouter(apiKeys, { verifyAccessToken: (token) => ownerOfSession(token) }));
 */
export function yativoRouter(apiKeys: WithDialectHost, options: YativoOptions): Router {
  const host = getDialectHost('yativoRouter', apiKeys);
  const resolved = resolveYativoOptions(options);
  if (host.tokenIssuer === null) {
    throw new InvalidOptionError(
      'yativoRouter: keys are exchanged for tokens; give createApiKeys the option tokens, ' +
        "for example { issuer: 'https://api.acme.example' }",
    );
  }
  const keyspace = host.registerKeyspace(createYativoKeyspace(host, resolved));
  const { verifyAccessToken } = resolved;
  const callers = createCallers({ host, keyspace, verifyAccessToken, challenge });
  const readCredential = createYativoCredentialReader(resolved.acceptKeyHeaders);
  const secondFactor = createSecondFactor(resolved.secondFactor, () => keyspace.stepUp().nonces, host.clock);
  const keys = createKeyEndpoints({ host, keyspace, options: resolved, secondFactor });
  const runCommand = createCommandRunner({ host, keyspace, callers, readCredential, readNamedKey });

  /** An endpoint for authenticated callers. */
  const withCaller =
    (endpoint: KeyEndpoint): DialectRoute['handle'] =>
    (call) =>
      runCommand(call, (caller) => endpoint(call, caller));

  /** The guide's response has no envelope: its fields are at the top level. */
  const createAsInGuide: KeyEndpoint = async (call, caller) => {
    const answer = await keys.create(call, caller);
    const { data, ...envelope } = answer.body as { readonly data: object };
    return { ...answer, body: { ...data, ...envelope, data } };
  };

  return createDialectRouter({
    name: 'the Yativo router',
    clientAddress: host.clientAddress,
    readRequestId: host.readRequestId,
    clock: host.clock,
    reportError: host.reportError,
    answerError: answerYativoError,
    // Paths without a parameter come first, so that they are not taken for ids.
    routes: [
      { methods: ['POST'], path: listV1Paths('/apikey/generate'), handle: withCaller(keys.create) },
      { methods: ['POST'], path: listV1Paths('/apikey/create'), handle: withCaller(createAsInGuide) },
      {
        methods: ['POST'],
        path: [...listV1Paths('/auth/token'), ...listV1Paths('/apikey/token')],
        handle: (call) => exchangeKeyForToken({ host, keyspace, challenge }, call),
      },
      {
        methods: ['POST'],
        path: listV1Paths('/authentication/generate-key'),
        handle: (call) => exchangeOlderKeyForToken({ host, keyspace, challenge }, call),
      },
      { methods: ['POST'], path: listV2Paths('/api-keys'), handle: withCaller(keys.create) },
      {
        methods: ['GET'],
        path: [...listV1Paths('/apikey'), ...listV1Paths('/apikey/list'), ...listV2Paths('/api-keys')],
        handle: withCaller(keys.list),
      },
      { methods: ['GET'], path: listKeyPaths(''), handle: withCaller(keys.get) },
      { methods: ['DELETE'], path: listKeyPaths(''), handle: withCaller(keys.revoke) },
      { methods: ['POST'], path: listKeyPaths('/revoke'), handle: withCaller(keys.revoke) },
      { methods: ['POST'], path: listKeyPaths('/rotate'), handle: withCaller(keys.rotate) },
      { methods: ['PUT'], path: listKeyPaths('/permissions'), handle: withCaller(keys.setPermissions) },
    ],
  });
}

function readNamedKey({ params }: DialectCall): string | null {
  const id = parsePathId(params['id'] ?? '');
  return isKeyId(id) ? id : null;
}

/** Lists `/api/v1/…` and `/api/…`, with `/api` in the path or in the mount path of the router. */
function listV1Paths(path: string): readonly string[] {
  return ['/api/v1', '/api', '/v1', ''].map((prefix) => prefix + path);
}

/** Lists `/api/…`, with `/api` in the path or in the mount path of the router. */
function listV2Paths(path: string): readonly string[] {
  return ['/api', ''].map((prefix) => prefix + path);
}

/** Lists the paths below one key, in both generations. */
function listKeyPaths(path: string): readonly string[] {
  return [...listV1Paths(`/apikey/:id${path}`), ...listV2Paths(`/api-keys/:id${path}`)];
}

function createYativoKeyspace(
  host: DialectHost,
  { scopeMap, rateLimits, ...lifetime }: ResolvedYativoOptions,
): NewKeyspace {
  const mapScopes = compileScopeMap('yativoRouter', scopeMap, yativoScopes, host.scopes, coversPermission);
  return {
    name: 'yativo',
    catalogue: createYativoCatalogue(mapScopes),
    hasAppScopes: false,
    features: createFeatureCatalogue({}),
    policy: {
      ...noPolicy,
      ...toLifetimePolicy(lifetime),
      omittedScopes: yativoPermissions,
      defaultRateLimits: rateLimits,
    },
    managementScope: anyScope,
    formatFor: () => yativoFormat,
  };
}
