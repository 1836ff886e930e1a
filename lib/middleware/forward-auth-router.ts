import express, { type Request, type Response, type Router } from 'express';
import type { ResourceCatalogue } from '../domain/resource-catalogue.js';
import { noScope } from '../domain/scope-requirement.js';
import { ApiKeysError, InvalidOptionError } from '../errors.js';
import { parseCredentialSources } from '../http/credential-source.js';
import { describeHandler } from '../http/handler-description.js';
import { holdBody } from '../http/hold-body.js';
import { noteDecision } from '../http/note-decision.js';
import { composeProblem, sendProblem } from '../http/send-problem.js';
import { assertKnownFeature } from '../verify/known-feature.js';
import { readRequestCost } from '../verify/request-cost.js';
import { apiKeyOf } from './api-key-of.js';
import { createOriginalRequest } from './create-original-request.js';
import { readForwardAuthOptions } from './forward-auth-options.js';
import { createGuard, type GuardParts } from './guard.js';
import { composeIdentityHeaders, identityHeaderNames } from './identity-headers.js';
import { parseMethodRequirements, requireForAllMethods } from './method-requirements.js';

const what = 'forwardAuthRouter';

/**
 * Builds the router that a proxy asks about each request of its clients. It answers on every path below it and to every method,
 * because Envoy asks with those of the client. Allowed is 200, which all proxies take as consent.
 *
 * @throws InvalidOptionError for an option that is unknown or has a wrong value
 */
export function createForwardAuthRouter(parts: GuardParts, input: unknown): Router {
  const { proxy, feature, on, cost, credentialFrom, scopes, signed } = readForwardAuthOptions(input);
  assertKnownFeature(what, feature, parts.features);
  readRequestCost(what, cost);
  // A variable that got lost must not open what is behind the proxy.
  const requirements = Object.hasOwn(input as object, 'scopes')
    ? parseMethodRequirements(scopes, parts.catalogue, { what, forAnyKey: 'leave scopes out' })
    : requireForAllMethods(noScope);
  const needsProxy = requirements.methods.length > 0 || signed !== undefined || typeof on === 'function';
  if (proxy === undefined && needsProxy) {
    throw new InvalidOptionError(
      `${what}: scopes by method, signed, and on with a function, need the proxy that asks, for example proxy: 'nginx'`,
    );
  }
  refuseIdentitySources(
    credentialFrom === undefined ? parts.sources : parseCredentialSources(credentialFrom),
  );
  // What is hidden from logs and handlers stays in the proxy's request: nothing reads it after this.
  const guard = createGuard(
    { ...parts, hidden: null },
    requirements,
    { feature, on, cost, credentialFrom, signed },
    { what, isForService: true },
  );

  function answerFailure(thrown: unknown, res: Response): void {
    const error =
      thrown instanceof ApiKeysError ? thrown : new ApiKeysError('internal_error', { cause: thrown });
    parts.reportError('the forward auth router', error);
    sendProblem(res, composeProblem(error, parts.problemTypes));
  }

  const router = express.Router();
  router.use((req, res) => {
    noteDecision(res);
    // The guard holds only the request that it decides about, which may be another one.
    holdBody(req);
    let subject: Request;
    try {
      subject = proxy === undefined ? req : createOriginalRequest(req, proxy);
    } catch (error) {
      return answerFailure(error, res);
    }
    guard(subject, res, (error) => {
      if (error === undefined) answerAllowed(subject, res, parts.resources);
      else answerFailure(error, res);
    });
  });
  return describeHandler(router, { kind: 'router', what, scopes: requirements.scopes });
}

function answerAllowed(subject: Request, res: Response, resources: ResourceCatalogue): void {
  for (const [name, value] of composeIdentityHeaders(apiKeyOf(subject), resources))
    res.setHeader(name, value);
  // A stored answer would outlive a revocation.
  res.setHeader('Cache-Control', 'no-store');
  res.statusCode = 200;
  res.end();
}

/** A client that sends its key in an identity header would be taken for the caller that it names there. */
function refuseIdentitySources(sources: GuardParts['sources']): void {
  const taken = sources.find(({ name }) => identityHeaderNames.includes(name));
  if (taken === undefined) return;
  throw new InvalidOptionError(
    `${what}: keys cannot be read from ${taken.name}, which names the caller; name another header in credentialFrom`,
  );
}
