import type { Router } from 'express';
import { createFeatureCatalogue } from '../../domain/feature-catalogue.js';
import { isKeyId } from '../../domain/key-format.js';
import { noPolicy } from '../../domain/keyspace-policy.js';
import { InvalidOptionError } from '../../errors.js';
import { createAsCaller } from '../as-caller.js';
import { createCallers } from '../callers.js';
import type { DialectCall } from '../dialect-call.js';
import { hostOf, type DialectHost, type NewKeyspace, type WithDialectHost } from '../dialect-host.js';
import { createDialectRouter, type DialectRoute } from '../dialect-router.js';
import { compileScopeMap } from '../scope-map.js';
import { createKeyEndpoints, type KeyEndpoint } from './key-endpoints.js';
import { coversPermission, createYativoCatalogue, yativoPermissions, yativoScopes } from './permissions.js';
import { createSecondFactor } from './second-factor.js';
import { giveToken } from './give-token.js';
import { createYativoCredential } from './yativo-credential.js';
import { yativoError } from './yativo-error.js';
import { idInPath, yativoFormat } from './yativo-format.js';
import { resolveYativoOptions, type ResolvedYativoOptions, type YativoOptions } from './yativo-options.js';

const challenge = { scheme: 'Bearer', realm: 'yativo' } as const;

/**
 * Builds a router that speaks the contract of Yativo's Crypto API for its keys: an `api_key` that is no secret and an
 * `api_secret` that is shown once, which together are exchanged for tokens of an hour. Mount it at `/`, at `/api` or
 * anywhere else, behind routes of the app that have the same paths.
 *
 * @param apiKeys - what `createApiKeys` returned, with the option `tokens`
 * @throws InvalidOptionError when an option makes no sense
 *
 * @example
 * app.use('/yativo', yativoRouter(apiKeys, { verifyAccessToken: (token) => ownerOfSession(token) }));
 */
export function yativoRouter(apiKeys: WithDialectHost, options: YativoOptions): Router {
  const host = hostOf('yativoRouter', apiKeys);
  const resolved = resolveYativoOptions(options);
  if (host.tokenIssuer === null) {
    throw new InvalidOptionError(
      'yativoRouter: keys are exchanged for tokens; give createApiKeys the option tokens, ' +
        "for example { issuer: 'https://api.acme.example' }",
    );
  }
  const keyspace = host.registerKeyspace(yativoKeyspace(host, resolved));
  const { verifyAccessToken } = resolved;
  const callers = createCallers({ host, keyspace, verifyAccessToken, challenge });
  const credentialOf = createYativoCredential(resolved.acceptKeyHeaders);
  const secondFactor = createSecondFactor(resolved.secondFactor, () => keyspace.stepUp().nonces, host.clock);
  const keys = createKeyEndpoints({ host, keyspace, options: resolved, secondFactor });
  const asCaller = createAsCaller({ host, keyspace, callers, credentialOf, namedKey });

  /** An endpoint for who is known. */
  const known =
    (endpoint: KeyEndpoint): DialectRoute['handle'] =>
    (call) =>
      asCaller(call, (caller) => endpoint(call, caller));

  /** The guide's answer has no envelope: its fields stand beside it. */
  const createAsInGuide: KeyEndpoint = async (call, caller) => {
    const answer = await keys.create(call, caller);
    const { data, ...envelope } = answer.body as { readonly data: object };
    return { ...answer, body: { ...data, ...envelope, data } };
  };

  return createDialectRouter({
    name: 'the Yativo router',
    clientAddress: host.clientAddress,
    clock: host.clock,
    reportError: host.reportError,
    answerError: yativoError,
    // Paths without a parameter come first: they are no ids.
    routes: [
      { methods: ['POST'], path: v1('/apikey/generate'), handle: known(keys.create) },
      { methods: ['POST'], path: v1('/apikey/create'), handle: known(createAsInGuide) },
      {
        methods: ['POST'],
        path: [...v1('/auth/token'), ...v1('/apikey/token')],
        handle: (call) => giveToken({ host, keyspace, challenge }, call),
      },
      { methods: ['POST'], path: v2('/api-keys'), handle: known(keys.create) },
      {
        methods: ['GET'],
        path: [...v1('/apikey'), ...v1('/apikey/list'), ...v2('/api-keys')],
        handle: known(keys.list),
      },
      { methods: ['GET'], path: ofKey(''), handle: known(keys.get) },
      { methods: ['DELETE'], path: ofKey(''), handle: known(keys.revoke) },
      { methods: ['POST'], path: ofKey('/revoke'), handle: known(keys.revoke) },
      { methods: ['POST'], path: ofKey('/rotate'), handle: known(keys.rotate) },
      { methods: ['PUT'], path: ofKey('/permissions'), handle: known(keys.setPermissions) },
    ],
  });
}

function namedKey({ params }: DialectCall): string | null {
  const id = idInPath(params['id'] ?? '');
  return isKeyId(id) ? id : null;
}

/** `/api/v1/…` and `/api/…`, with `/api` in the path or in where the router is mounted. */
function v1(path: string): readonly string[] {
  return ['/api/v1', '/api', '/v1', ''].map((prefix) => prefix + path);
}

/** `/api/…`, as v1 has it. */
function v2(path: string): readonly string[] {
  return ['/api', ''].map((prefix) => prefix + path);
}

/** What is done with one key, in both generations. */
function ofKey(path: string): readonly string[] {
  return [...v1(`/apikey/:id${path}`), ...v2(`/api-keys/:id${path}`)];
}

function yativoKeyspace(host: DialectHost, { scopeMap, rateLimits }: ResolvedYativoOptions): NewKeyspace {
  const mapScopes = compileScopeMap('yativoRouter', scopeMap, yativoScopes, host.scopes, coversPermission);
  return {
    name: 'yativo',
    catalogue: createYativoCatalogue(mapScopes),
    features: createFeatureCatalogue({}),
    policy: { ...noPolicy, omittedScopes: yativoPermissions, defaultRateLimits: rateLimits },
    formatFor: () => yativoFormat,
  };
}
