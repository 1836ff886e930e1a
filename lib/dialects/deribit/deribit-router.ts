import type { Router } from 'express';
import { InvalidOptionError } from '../../errors.js';
import { createCallers } from '../callers.js';
import { getDialectHost, type WithDialectHost } from '../dialect-host.js';
import { createDialectRouter, type DialectRoute } from '../dialect-router.js';
import { compileScopeMap } from '../scope-map.js';
import { answerDeribitError } from './answer-error.js';
import { createCallerAuthenticator } from './caller-authenticator.js';
import { authenticationMethods } from './authentication-methods.js';
import { createCallMethod } from './call-method.js';
import { deribitChallenge } from './deribit-challenge.js';
import { createCheckSecondFactor, type CheckSecondFactor } from './second-factor.js';
import { deribitParts } from './deribit-parts.js';
import { createDeribitKeyspace } from './deribit-keyspace.js';
import type { DeribitMethod } from './deribit-method.js';
import { resolveDeribitOptions, type DeribitOptions } from './deribit-options.js';
import { coversDeribitScope, createDeribitCatalogue, deribitScopes } from './deribit-scopes.js';
import { keyMethods } from './key-methods.js';
import { supportingMethods } from './supporting-methods.js';
import { webSocketOnlyMethods } from './websocket-only-methods.js';
import { createTokenTerms } from './token-terms.js';

/**
 * Deribit's methods about API keys and tokens, as JSON-RPC over HTTP: an owner has a few numbered keys, each with a client
 * id and a secret or a public key. Its keys are accepted on the app's own routes as `scopeMap` defines. Mount it at `/api/v2`,
 * after the app's own methods: unknown methods below `public/` and `private/` are answered with an error.
 *
 * @throws InvalidOptionError `ERR_API_KEYS_INVALID_OPTION` when an option is missing, misspelled or invalid, or when the router
 * was already created
 *
 * @example
 * app.use('/api/v2', deribitRouter(apiKeys, { verifyAccessToken: (token) => ownerOfSession(token) }));
 */
export function deribitRouter(apiKeys: WithDialectHost, options: DeribitOptions): Router {
  const host = getDialectHost('deribitRouter', apiKeys);
  const resolved = resolveDeribitOptions(options);
  refuseWithout('tokens', host.tokenIssuer !== null, "{ issuer: 'https://api.acme.example' }");
  refuseWithout('signatures', host.hasSignatures, '{}');
  const { verifyAccessToken, scopeMap, testnet, tokenLifetimeSeconds } = resolved;
  const methods: readonly DeribitMethod[] = [
    ...keyMethods,
    ...authenticationMethods,
    ...supportingMethods,
    ...webSocketOnlyMethods,
  ];
  refuseUnknownMethods(resolved.secondFactor?.methods, methods);

  const mapScopes = compileScopeMap(
    'deribitRouter',
    scopeMap,
    deribitScopes,
    host.scopes,
    coversDeribitScope,
  );
  const catalogue = createDeribitCatalogue(mapScopes, createTokenTerms(tokenLifetimeSeconds));
  const keyspace = host.registerKeyspace(createDeribitKeyspace(catalogue, resolved));
  const callers = createCallers({ host, keyspace, verifyAccessToken, challenge: deribitChallenge });
  const parts = { host, keyspace, options: resolved, callers };
  const authenticate = createCallerAuthenticator(parts);
  const { secondFactor } = resolved;
  // One for all connections: it counts wrong codes.
  const checkSecondFactor: CheckSecondFactor =
    secondFactor === null
      ? () => Promise.resolve(null)
      : createCheckSecondFactor(secondFactor, host, keyspace);
  const callMethod = createCallMethod({ ...parts, methods, authenticate, checkSecondFactor });

  const atItsPath: DialectRoute = {
    methods: ['GET', 'POST'],
    path: ['/public/:method', '/private/:method'],
    handle: (call) => callMethod(call, `${getKind(call.req.path)}/${call.params['method']}`),
  };
  const atTheRoot: DialectRoute = {
    methods: ['POST'],
    path: '/',
    handle: (call) => callMethod(call, null),
  };
  const router = createDialectRouter({
    ...{ name: 'the Deribit router', routes: [atItsPath, atTheRoot] },
    readRequestId: host.readRequestId,
    ...{ clientAddress: host.clientAddress, clock: host.clock, reportError: host.reportError },
    answerError: (error, call) => answerDeribitError(error, call, testnet),
  });
  return Object.assign(router, { [deribitParts]: { ...parts, methods, checkSecondFactor } });
}

function getKind(path: string): string {
  return path.startsWith('/public/') ? 'public' : 'private';
}

/** Half of the methods are about tokens, and clients sign requests with any secret. */
function refuseWithout(option: string, isThere: boolean, example: string): void {
  if (isThere) return;
  throw new InvalidOptionError(
    `deribitRouter: needs the option ${option} of createApiKeys, for example ${option}: ${example}`,
  );
}

/** A misspelled method would silently need no second factor. */
function refuseUnknownMethods(
  wanted: ReadonlySet<string> | null | undefined,
  methods: readonly DeribitMethod[],
): void {
  const known = methods.map(({ name }) => name).filter((name) => name.startsWith('private/'));
  const unknown = [...(wanted ?? [])].find((name) => !(known as readonly string[]).includes(name));
  if (unknown === undefined) return;
  throw new InvalidOptionError(
    `deribitRouter: secondFactor: methods: there is no ${JSON.stringify(unknown)}; it is one of ${known.join(', ')}`,
  );
}
