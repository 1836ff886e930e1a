import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { KeyFormat } from '../domain/key-format.js';
import type { ScopeCatalogue } from '../domain/scope-catalogue.js';
import { noScope } from '../domain/scope-requirement.js';
import type { Refusal, Verdict } from '../domain/verdict.js';
import { ApiKeysError, InvalidOptionError } from '../errors.js';
import type { Challenge } from '../http/challenge.js';
import { hasRepeatedHost, repeatedHostDetail } from '../http/repeated-host.js';
import { sendProblem } from '../http/send-problem.js';
import type { Logger } from '../ports/logger.js';
import type { VerifyApiKey } from '../verify/verify-api-key.js';
import type { ClientAddress } from './client-address.js';
import { parseCredentialSources, type CredentialHeader } from './credential-source.js';
import './express-request.js';
import { checkGuardOptions, type GuardOptions } from './guard-options.js';
import { hideCredentials } from './hide-credentials.js';
import { forAllMethods, parseMethodRequirements, type MethodRequirements } from './method-requirements.js';
import { createCredentialReader } from './read-credential.js';
import { opaque, refusalError } from './refusal-error.js';

/** What guards need from outside. */
export interface GuardParts {
  /** @throws ApiKeysError `unavailable` before the instance is ready */
  readonly verify: VerifyApiKey;
  readonly catalogue: ScopeCatalogue;
  readonly format: KeyFormat;
  readonly clientAddress: ClientAddress;
  readonly challenge: Challenge;
  readonly sources: readonly CredentialHeader[];
  readonly opaqueRefusals: boolean;
  readonly hideCredentials: boolean;
  readonly logger: Logger;
}

/** One or several scopes; a list in `all` or `any` needs at least one. */
export type RequiredScopes<S extends string> =
  S | { readonly all: readonly [S, ...S[]] } | { readonly any: readonly [S, ...S[]] };

/** Scopes by method, for `app.use`. Methods that are not named are refused with 405; HEAD is what GET is. */
export type RequiredScopesByMethod<S extends string> = {
  readonly [M in GuardedMethod]?: RequiredScopes<S>;
};

type GuardedMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';

/** Makes guards: middleware that lets in only requests with a valid API key. */
export interface RequireApiKey<S extends string> {
  /**
   * Guards what comes after it.
   *
   * @param scopes - what the key must hold
   * @throws InvalidOptionError at mount, for a scope or an option that is not known
   */
  (scopes: RequiredScopes<S> | RequiredScopesByMethod<S>, options?: GuardOptions): RequestHandler;
  /** Guards what comes after it; any valid key will do. */
  anyScope(options?: GuardOptions): RequestHandler;
}

/** More header lines than Node keeps: what was dropped could have been the address that a proxy appended. */
const maxHeaderLines = 1000;

const oneCredentialDetail = 'Send one API key, in one header, once.';

/** Builds the guard factory of one instance. All that can be decided at mount is decided there. */
export function createRequireApiKey<S extends string>(parts: GuardParts): RequireApiKey<S> {
  function requireApiKey(...args: readonly unknown[]): RequestHandler {
    refuseExtraArguments(args, 2);
    const requirements = parseMethodRequirements(args[0], parts.catalogue);
    return createGuard(parts, requirements, args[1]);
  }
  requireApiKey.anyScope = (...args: readonly unknown[]): RequestHandler => {
    refuseExtraArguments(args, 1);
    return createGuard(parts, forAllMethods(noScope), args[0]);
  };
  return requireApiKey;
}

/** `requireApiKey('a:read', 'a:write')` looks as if both were asked for; only the first would be. */
function refuseExtraArguments(args: readonly unknown[], most: number): void {
  if (args.length <= most) return;
  throw new InvalidOptionError('requireApiKey: too many arguments; several scopes go into { all: […] }');
}

function createGuard(
  parts: GuardParts,
  requirements: MethodRequirements,
  optionsInput: unknown = {},
): RequestHandler {
  checkGuardOptions(optionsInput);
  const { otherwise, onRefusal = 'respond', allowPreflight = false } = optionsInput;
  const sources =
    optionsInput.credentialFrom === undefined
      ? parts.sources
      : parseCredentialSources(optionsInput.credentialFrom);
  const readCredential = createCredentialReader(sources);
  const varyOn = sources.map((source) => source.name).join(', ');
  const challenge: Challenge = {
    ...parts.challenge,
    scheme: sources.some((source) => source.isAuthorization) ? 'Bearer' : 'ApiKey',
  };

  /** The verdict on one request, or the reason to hand it on. */
  async function decide(req: Request): Promise<Verdict | 'otherwise'> {
    if (req.rawHeaders.length >= 2 * maxHeaderLines) return refuse('too_many_headers');
    if (hasRepeatedHost(req)) return { ...refuse('invalid_request'), detail: repeatedHostDetail };
    const requirement = requirements.of(req.method);
    if (requirement === null) {
      return { ...refuse('method_not_allowed'), allowedMethods: requirements.methods };
    }
    const credential = readCredential(req);
    if (credential.kind === 'ambiguous') return { ...refuse('invalid_request'), detail: oneCredentialDetail };
    if (otherwise !== undefined && !isOurs(credential)) return 'otherwise';
    if (credential.kind === 'none') return refuse('missing_credential');
    return parts.verify({
      token: credential.token,
      requirement,
      address: () => parts.clientAddress(req),
    });
  }

  function isOurs(credential: ReturnType<typeof readCredential>): boolean {
    return credential.kind === 'token' && parts.format.recognises(credential.token);
  }

  async function answerRefusal(
    refusal: Refusal,
    req: Request,
    res: Response,
    next: NextFunction,
  ): Promise<void> {
    const shown = parts.opaqueRefusals ? opaque(refusal) : refusal;
    const error = refusalError(shown, challenge);
    res.vary(varyOn);
    if (onRefusal === 'respond') return sendProblem(res, error);
    if (onRefusal === 'next') return next(error);
    const { status, headers, message } = error;
    return onRefusal({ ...shown, status, detail: message, headers }, req, res, next);
  }

  function answerTrouble(error: unknown, res: Response, next: NextFunction): void {
    const trouble =
      error instanceof ApiKeysError ? error : new ApiKeysError('internal_error', { cause: error });
    if (trouble.problem !== 'unavailable') parts.logger.error('api-keys: a guard failed', error);
    if (onRefusal === 'next') next(trouble);
    else sendProblem(res, trouble);
  }

  async function guard(req: Request, res: Response, next: NextFunction): Promise<void> {
    let verdict: Verdict | 'otherwise';
    try {
      verdict = await decide(req);
    } catch (error) {
      return answerTrouble(error, res, next);
    }
    if (verdict === 'otherwise') return void otherwise?.(req, res, next);
    if (!verdict.allowed) return answerRefusal(verdict, req, res, next);

    req.apiKey = verdict.apiKey;
    res.vary(varyOn);
    if (!res.hasHeader('Cache-Control')) res.setHeader('Cache-Control', 'private');
    if (parts.hideCredentials) hideCredentials(req, sources);
    next();
  }

  return function apiKeyGuard(req, res, next) {
    if (allowPreflight && isPreflight(req)) return next();
    guard(req, res, next).catch((error: unknown) => next(error));
  };
}

function refuse(code: Refusal['code']): Refusal {
  return { allowed: false, code };
}

/** A CORS preflight as browsers send it (Fetch standard, "CORS-preflight request"). */
function isPreflight(req: Request): boolean {
  return (
    req.method === 'OPTIONS' &&
    req.headers.origin !== undefined &&
    req.headers['access-control-request-method'] !== undefined
  );
}
