import type { NextFunction, Request, Response } from 'express';
import { isJwtLike, readUnprovenClaims } from '../domain/jwt.js';
import type { FeatureCatalogue } from '../domain/feature-catalogue.js';
import type { Keyspaces } from '../domain/keyspaces.js';
import { allowEveryBinding, createHandlerCheck, createServiceCheck } from '../domain/named-resources.js';
import type { ResourceCatalogue } from '../domain/resource-catalogue.js';
import type { ScopeCatalogue } from '../domain/scope-catalogue.js';
import type { Allowed, DeprecatedSecret, Refusal } from '../domain/verdict.js';
import { ApiKeysError, InvalidOptionError } from '../errors.js';
import type { AccessNotes } from '../http/access-notes.js';
import { createChallenge, type Challenge } from '../http/challenge.js';
import type { ClientAddress } from '../http/client-address.js';
import { describeHandler } from '../http/handler-description.js';
import { holdBody } from '../http/hold-body.js';
import { noteDecision } from '../http/note-decision.js';
import { hasRepeatedHost, repeatedHostDetail } from '../http/repeated-host.js';
import type { ProblemTypes } from '../http/problem-types.js';
import { setAnswerHeaders } from '../http/set-answer-headers.js';
import { composeProblem, sendProblem } from '../http/send-problem.js';
import type { ErrorReporter } from '../http/error-reporter.js';
import type { DecisionTrace, VerificationObserver } from '../ports/verification-observer.js';
import type { ApiKeyVerifier } from '../verify/verify-api-key.js';
import { parseCredentialSources, type CredentialHeader } from '../http/credential-source.js';
import type { ApiKeyGuard } from './api-key-guard.js';
import { createBindingCheck } from './binding-check.js';
import { assertKnownFeature } from '../verify/known-feature.js';
import { readGuardOptions } from './guard-options.js';
import type { HiddenCredentials } from './hidden-credentials.js';
import type { MethodRequirements } from './method-requirements.js';
import { setDeprecatedSecretHeaders } from '../http/deprecated-secret-headers.js';
import type { CheckCost } from './check-cost.js';
import { isPreflight } from './preflight.js';
import {
  addHidden,
  createCredentialReader,
  type FoundCredential,
  type ReadCredential,
} from './read-credential.js';
import type { RouteCounter } from './route-counter.js';
import { composeRateLimitHeaders } from '../http/rate-limit-headers.js';
import { describeRefusal } from './describe-refusal.js';
import { createRefusalAnswers } from './refusal-answers.js';
import { toOpaqueRefusal, toRefusalError } from '../http/to-refusal-error.js';
import { readRequestCost } from '../verify/request-cost.js';
import { setCaller } from './set-caller.js';
import { keepOffSharedCaches, varyOnHeaders } from './shared-caches.js';
import { verifyObserved } from './verify-observed.js';
import { watchDecisions, type Decision } from './watch-decisions.js';
import { createSignedDecider, type DecideSigned, type SignatureParts } from './signed-requests.js';
import { hasTooManyHeaders } from '../http/too-many-headers.js';
import { readOnce, type ReadHeaders } from '../http/read-once.js';

/** What guards need from outside. */
export interface GuardParts {
  /** @throws ApiKeysError `unavailable` before the instance is ready */
  readonly verifier: () => ApiKeyVerifier;
  /** For access tokens; `null` when there are none. */
  readonly tokenVerifier: (() => ApiKeyVerifier) | null;
  readonly tokenIssuer: string | null;
  /** `null`: signatures are not checked. */
  readonly signatures: SignatureParts | null;
  readonly catalogue: ScopeCatalogue;
  readonly features: FeatureCatalogue;
  readonly resources: ResourceCatalogue;
  readonly keyspaces: Pick<Keyspaces, 'recognises' | 'hasHmacScheme' | 'all' | 'parse' | 'foreign'>;
  readonly clientAddress: ClientAddress;
  readonly challenge: Challenge;
  readonly problemTypes: ProblemTypes;
  readonly sources: readonly CredentialHeader[];
  readonly opaqueRefusals: boolean;
  /** Takes keys out of requests and keeps them; `null` when they stay there. */
  readonly hidden: Pick<HiddenCredentials, 'find' | 'hide'> | null;
  readonly reportError: ErrorReporter;
  readonly access: AccessNotes;
  /** For limits that a cost can never fit into. */
  readonly checkCost: CheckCost;
  /** Measures every decision; `null`: none is measured, and none takes longer for it. */
  readonly observer: VerificationObserver | null;
  /** Counts requests by route; `null`: none is counted. */
  readonly routes: Pick<RouteCounter, 'follow' | 'mark'> | null;
}

/** How a guard that is part of another one differs from one that stands by itself. */
export interface GuardVariant {
  /** What it is called in messages. Default: `requireApiKey`. */
  readonly what?: string;
  /** Only checks: nothing is consumed, recorded as used or set. */
  readonly isProbe?: boolean;
  /** Whether its requests are about the key itself, so that keys that are bound to single resources are allowed. */
  readonly isAboutKey?: boolean;
  /** Whether the handler is a service of its own, which is sent what the key is bound to as a list of ids. */
  readonly isForService?: boolean;
  /** What tokens may be restricted to. Default: tokens for a single resource are refused. */
  readonly resource?: string | undefined;
  /** For the challenge. */
  readonly resourceMetadata?: string | undefined;
  /** How many times the cost a request takes. Default: once. */
  readonly timesOf?: (req: Request) => number;
  /** Notified of each request that is allowed, before the next handler is called. */
  readonly onAllowed?: (allowed: Allowed, req: Request, credential: ReadCredential) => void;
}

const oneCredentialDetail = 'Send one API key, in one header, once.';

/**
 * Builds one guard. It decides, then answers or calls the next handler; what the app's own code throws afterwards is not treated
 * as a failure of the decision.
 *
 * @throws InvalidOptionError for options that it does not understand
 */
export function createGuard(
  parts: GuardParts,
  requirements: MethodRequirements,
  options: unknown = {},
  variant: GuardVariant = {},
): ApiKeyGuard {
  const { what = 'requireApiKey', isProbe = false, resource, resourceMetadata, timesOf, onAllowed } = variant;
  const given = readGuardOptions(options, what);
  const { fallback, onRefusal, allowPreflight, cacheHeaders, credentialFrom, feature, signed } = given;
  const costOnce = readRequestCost(what, given.cost);
  parts.checkCost(costOnce);
  assertKnownFeature(what, feature, parts.features);
  const checkBinding =
    variant.isAboutKey === true
      ? () => allowEveryBinding
      : createBindingCheck(
          what,
          given.on,
          parts.resources,
          variant.isForService === true ? createServiceCheck : createHandlerCheck,
        );
  const sources = credentialFrom === undefined ? parts.sources : parseCredentialSources(credentialFrom);
  const readCredential = createCredentialReader(sources);
  const howToSend = `Send an API key as ${sources.map(describeSource).join(' or ')}.`;
  const emptyDetail = `A header for API keys was sent without one: the client does not have the key. ${howToSend}`;
  const decideSigned = signed === undefined ? null : requireSignedDecider(parts, sources);
  const howToSign = `Sign the request (RFC 9421) with tag="${parts.signatures?.tag ?? ''}".`;
  const varyOn = [...sources.map(({ name }) => name), ...(signed === undefined ? [] : ['signature'])].join(
    ', ',
  );
  const challenge = {
    ...createChallenge(parts.challenge.realm, sources),
    // Only where the token that clients get there can be sent.
    ...(resourceMetadata === undefined || !sources.some(({ isAuthorization }) => isAuthorization)
      ? {}
      : { resourceMetadata }),
  };

  const answerTo = createRefusalAnswers(challenge, parts.problemTypes);

  /** What every method requires; `null` where that depends on the method. */
  const always = requirements.methods.length === 0 ? requirements.of('') : null;

  /** Decides synchronously where no I/O is needed. */
  function decide(
    trace: DecisionTrace | undefined,
    req: Request,
    headers: ReadHeaders,
    credential: ReadCredential,
  ): Decision | Promise<Decision> {
    if (hasTooManyHeaders(headers)) return refuse('too_many_headers');
    if (hasRepeatedHost(headers)) return refuse('invalid_request', { detail: repeatedHostDetail });
    const requirement = always ?? requirements.of(req.method);
    if (requirement === null) {
      return refuse('method_not_allowed', { allowedMethods: requirements.methods });
    }
    if (credential.kind === 'ambiguous') return refuse('invalid_request', { detail: oneCredentialDetail });
    const readAddress = (purpose?: 'decide'): string | null => parts.clientAddress(req, purpose);
    const cost = timesOf === undefined ? costOnce : costOnce * timesOf(req);
    const allowsBinding = checkBinding?.(req);
    const decision =
      decideSigned?.(req, credential, {
        requirement,
        feature,
        allowsBinding,
        cost,
        address: readAddress,
        trace,
      }) ?? null;
    if (decision !== null) return decision;
    if (fallback !== undefined && !isOurs(credential)) return 'fallback';
    if (signed === 'required') return refuse('signature_required', { detail: howToSign });
    if (credential.kind === 'none') {
      return refuse('missing_credential', { detail: credential.isEmpty ? emptyDetail : howToSend });
    }
    const { token } = credential;
    const request = {
      token,
      requirement,
      feature,
      allowsBinding,
      cost,
      address: readAddress,
      isProbe,
      resource,
      trace,
    };
    const verifier = isJwt(credential) ? (parts.tokenVerifier ?? parts.verifier)() : parts.verifier();
    if (trace !== undefined) return verifyObserved(verifier, request, trace);
    return verifier.verifyAtOnce(request) ?? verifier.verify(request);
  }

  /** `null`: no decision is observed. Chosen here, so that a request pays a comparison at most. */
  const decideObserved = parts.observer === null ? null : watchDecisions(parts.observer, decide, isProbe);

  function isOurs(credential: ReadCredential): boolean {
    if (credential.kind !== 'token') return false;
    return parts.keyspaces.recognises(credential.token) || isOurToken(credential);
  }

  /** Tokens of other issuers are left to the app's own authentication. */
  function isOurToken(credential: FoundCredential): boolean {
    if (parts.tokenIssuer === null || !isJwt(credential)) return false;
    return readUnprovenClaims(credential.token)?.['iss'] === parts.tokenIssuer;
  }

  function admit(allowed: Allowed, credential: ReadCredential, req: Request, res: Response): void {
    onAllowed?.(allowed, req, credential);
    if (isProbe) return;
    setCaller(req, allowed.apiKey);
    if (allowed.deprecatedSecret !== undefined)
      noteDeprecatedSecret(allowed, allowed.deprecatedSecret, req, res);
    if (allowed.rateLimits !== undefined)
      setAnswerHeaders(res, Object.entries(composeRateLimitHeaders(allowed.rateLimits)));
    if (cacheHeaders) keepOffSharedCaches(res);
    if (parts.hidden !== null && credential.kind === 'token') parts.hidden.hide(req, credential);
  }

  /** The caller should be changing to the newer secret. */
  function noteDeprecatedSecret(
    { apiKey }: Allowed,
    secret: DeprecatedSecret,
    req: Request,
    res: Response,
  ): void {
    setDeprecatedSecretHeaders(res, secret);
    parts.access.usedDeprecatedSecret(req, apiKey);
  }

  function answerRefusal(
    refusal: Refusal,
    credential: ReadCredential,
    req: Request,
    res: Response,
    next: NextFunction,
  ): void | Promise<void> {
    parts.access.refused(req, refusal.code, refusal);
    // The state of a key is hidden first, so that an explanation cannot depend on it.
    const visible = parts.opaqueRefusals ? toOpaqueRefusal(refusal) : refusal;
    const shown = describeRefusal(visible, credential, parts.keyspaces);
    if (onRefusal === 'respond') return sendProblem(res, answerTo(shown));
    const error = toRefusalError(shown, challenge);
    if (onRefusal === 'next') return next(error);
    const { status, headers, message } = error;
    return onRefusal({ ...shown, status, detail: message, headers }, req, res, next);
  }

  function answerError(thrown: unknown, res: Response, next: NextFunction): void {
    const error =
      thrown instanceof ApiKeysError ? thrown : new ApiKeysError('internal_error', { cause: thrown });
    parts.reportError('a guard', error);
    if (onRefusal === 'next') return next(error);
    try {
      sendProblem(res, composeProblem(error, parts.problemTypes));
    } catch (cause) {
      // The app may have answered meanwhile, so that even the error response fails.
      next(cause);
    }
  }

  /**
   * Returns whether the handlers behind the guard come next.
   *
   * @param mark - of the routes, from before the decision
   */
  function carryOut(
    decision: Decision,
    credential: ReadCredential,
    mark: number,
    req: Request,
    res: Response,
    next: NextFunction,
  ): boolean {
    if (parts.routes !== null && decision !== 'fallback' && !isProbe)
      parts.routes.follow(req, res, decision, mark);
    if (cacheHeaders) varyOnHeaders(res, varyOn);
    if (decision !== 'fallback' && decision.allowed) {
      admit(decision, credential, req, res);
      return true;
    }
    const answered =
      decision === 'fallback'
        ? fallback?.(req, res, next)
        : answerRefusal(decision, credential, req, res, next);
    // A rejection of the app's own code goes to its error handling, whatever the version of Express.
    if (isPromise(answered)) Promise.resolve(answered).catch((error: unknown) => next(error));
    return false;
  }

  /** Decides and answers; returns whether the handlers behind the guard come next at once. Never throws. */
  function handle(req: Request, res: Response, next: NextFunction): boolean {
    let credential: ReadCredential;
    let decision: Decision | Promise<Decision>;
    // A signature may cover the body, which is read while it is decided. Otherwise only a decision that waits loses any of it.
    let releaseBody: (() => void) | null = null;
    const mark = parts.routes === null ? 0 : parts.routes.mark;
    noteDecision(res);
    try {
      if (allowPreflight && isPreflight(req)) return true;
      if (decideSigned !== null) releaseBody = holdBody(req);
      const headers = readOnce(req);
      credential = addHidden(parts.hidden?.find(req, sources) ?? null, readCredential(headers));
      decision =
        decideObserved === null
          ? decide(undefined, req, headers, credential)
          : decideObserved(req, headers, credential);
      if (isPromise(decision)) releaseBody ??= holdBody(req);
    } catch (error) {
      // What comes next may read the body, an error handler as well.
      releaseBody?.();
      answerError(error, res, next);
      return false;
    }
    if (!isPromise(decision)) {
      try {
        releaseBody?.();
        return carryOut(decision, credential, mark, req, res, next);
      } catch (error) {
        next(error);
        return false;
      }
    }
    decision
      .then(
        (later) => {
          releaseBody?.();
          if (carryOut(later, credential, mark, req, res, next)) next();
        },
        (error: unknown) => {
          releaseBody?.();
          answerError(error, res, next);
        },
      )
      .catch((error: unknown) => next(error));
    return false;
  }

  /** What the handlers behind it throw is theirs: they are called outside of everything that is caught here. */
  function apiKeyGuard(req: Request, res: Response, next: NextFunction): void {
    if (handle(req, res, next)) next();
  }

  describeHandler(apiKeyGuard, {
    kind: 'guard',
    what,
    requirementOf: (method) => requirements.of(method),
    scopes: requirements.scopes,
    feature: feature ?? null,
    cost: costOnce,
    hasFallback: fallback !== undefined,
  });
  // Express passes whole requests; the type asks for less, so that it does not fix the params of the handlers behind.
  return apiKeyGuard as ApiKeyGuard;
}

/** @throws InvalidOptionError without the option `signatures` */
function requireSignedDecider(
  { signatures, keyspaces }: Pick<GuardParts, 'signatures' | 'keyspaces'>,
  sources: readonly CredentialHeader[],
): DecideSigned {
  if (signatures !== null) return createSignedDecider(signatures, sources, keyspaces);
  throw new InvalidOptionError(
    'requireApiKey: signed needs the option signatures of createApiKeys, for example {}',
  );
}

/** Also what only has a `then`, as some libraries return. */
function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}

/** Access tokens are sent as Bearer only. */
function isJwt({ header, token }: FoundCredential): boolean {
  return header === 'authorization' && isJwtLike(token);
}

function describeSource({ name, isAuthorization }: CredentialHeader): string {
  return isAuthorization ? 'Authorization: Bearer <key>' : `${name}: <key>`;
}

function refuse(code: Refusal['code'], details: Partial<Refusal> = {}): Refusal {
  return { ...details, allowed: false, code };
}
