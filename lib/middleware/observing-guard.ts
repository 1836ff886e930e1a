import { hash } from 'node:crypto';
import type { NextFunction, Request, Response } from 'express';
import type { ObservationRecorder } from '../audit/observation-recorder.js';
import { isJwtLike, readUnprovenClaims } from '../domain/jwt.js';
import { toNetwork } from '../domain/network.js';
import { ApiKeysError, InvalidOptionError } from '../errors.js';
import {
  describeBoundedRoute,
  findAnsweredRoute,
  noteFilled,
  type RouteNotes,
} from '../http/answered-route.js';
import { parseCredentialSources } from '../http/credential-source.js';
import { describeMethod } from '../http/describe-method.js';
import type { ErrorReporter } from '../http/error-reporter.js';
import { describeHandler, readHandlerDescription } from '../http/handler-description.js';
import { hasEnded } from '../http/has-ended.js';
import { endKeepingBody, keepWholeBody } from '../http/kept-whole-body.js';
import type { Clock } from '../ports/clock.js';
import type { ApiKeyGuard } from './api-key-guard.js';
import { isFullyEnforced, type Enforcement } from '../http/enforcement-options.js';
import { isWithinShare } from './enforced-share.js';
import { createGuard, type GuardParts } from './guard.js';
import type { ReadGuardOptions } from './guard-options.js';
import type { MethodRequirements } from './method-requirements.js';
import { createCredentialReader } from './read-credential.js';

/** What guards in observe mode need besides. */
export interface ObservingParts extends RouteNotes {
  readonly clock: Clock;
  /** Counts requests. */
  readonly recorder: Pick<ObservationRecorder, 'note' | 'noteLater'>;
  /** For decisions that failed: these requests pass, too. */
  readonly reportError: ErrorReporter;
  /** The requests that were counted. One is counted once: the first guard would have ended it. */
  readonly noted: WeakSet<Request>;
}

/** What the deciding guard calls instead of the next handler. */
interface Outcome {
  (error?: unknown): void;
  /** Whether the decision was made: whatever comes after it is the app's own. */
  isDecided: boolean;
}

/**
 * Builds a guard that decides, and lets every request through until it is to be enforced. It is two guards: one enforces, and the
 * other one decides in the same way, with everything that this takes from limits and credits, but its refusals and its failures are
 * counted instead of answered.
 *
 * @throws InvalidOptionError for options that it does not understand
 */
export function createObservingGuard(
  parts: GuardParts,
  observing: ObservingParts,
  requirements: MethodRequirements,
  options: ReadGuardOptions,
  enforcement: Enforcement,
): ApiKeyGuard {
  const { clock } = observing;
  const { fallback } = options;
  const enforcing = createGuard(parts, requirements, options);
  const deciding = createGuard(createDecidingParts(parts, observing), requirements, {
    ...options,
    onRefusal: 'next',
    // What the app's own authentication decides holds: it was there before.
    fallback:
      fallback === undefined
        ? undefined
        : (req: Request, res: Response, next: NextFunction): unknown => {
            (next as Outcome).isDecided = true;
            endKeepingBody(req);
            return fallback(req, res, next);
          },
  });
  const isInShare = createShareCheck(parts, options, enforcement.enforcePercent);

  function observingGuard(req: Request, res: Response, next: NextFunction): void {
    if (isFullyEnforced(enforcement, clock.now()) || isInShare(req)) return enforcing(req, res, next);
    const settle: Outcome = (error) => {
      if (settle.isDecided) return next(error);
      settle.isDecided = true;
      endKeepingBody(req);
      if (error !== undefined) {
        try {
          noteRequest(observing, req, res, error);
        } catch {
          // A request that cannot be read still passes.
        }
      }
      next();
    };
    settle.isDecided = false;
    noteFilled(observing, req);
    if (options.signed !== undefined) keepWholeBody(req);
    deciding(req, res, settle);
  }

  const description = readHandlerDescription(enforcing);
  if (description?.kind === 'guard') {
    describeHandler(observingGuard, {
      ...description,
      isObserving: () => !isFullyEnforced(enforcement, clock.now()),
    });
  }
  return observingGuard as ApiKeyGuard;
}

/** What the deciding guard does not do: refuse, and take keys out of requests that others may read them from. */
function createDecidingParts(parts: GuardParts, { reportError }: ObservingParts): GuardParts {
  const { hidden } = parts;
  return {
    ...parts,
    opaqueRefusals: false,
    hidden: hidden === null ? null : { find: (...from) => hidden.find(...from), hide: () => undefined },
    access: { ...parts.access, refused: () => undefined },
    reportError: (_component, error) => reportError('a guard in observe mode', error),
    // The enforcing guard has checked it.
    checkCost: () => undefined,
  };
}

/** Counts a request that passes, although it would have been refused or its decision failed. */
function noteRequest(observing: ObservingParts, req: Request, res: Response, thrown: unknown): void {
  const { recorder, noted, reportError } = observing;
  if (noted.has(req)) return;
  noted.add(req);
  const error =
    thrown instanceof ApiKeysError ? thrown : new ApiKeysError('internal_error', { cause: thrown });
  if (error !== thrown) reportError('a guard in observe mode', error);
  const { keyId = null, ownerId = null } = error.refusal ?? {};
  const { baseUrl } = req;
  const here = describeBoundedRoute(observing, req);
  const observation = { method: describeMethod(req), code: error.problem, keyId, ownerId };
  // Within a route it is known. In front of a router, it is known only when the request was answered, which may last, or never be.
  if (req.route !== undefined || typeof res.once !== 'function' || hasEnded(res)) {
    return recorder.note({ ...observation, route: here });
  }
  res.once(
    'close',
    recorder.noteLater(observation, () => findAnsweredRoute(observing, req, baseUrl) ?? here),
  );
}

/**
 * Builds the check whether a request belongs to the share that is enforced: by the id of the key, as it stands in the key; else by
 * the network of the client. A request of which neither is known is not enforced.
 *
 * @throws InvalidOptionError where a key may be named in a signature alone
 */
function createShareCheck(
  parts: GuardParts,
  { credentialFrom, signed }: ReadGuardOptions,
  percent: number,
): (req: Request) => boolean {
  if (percent === 0) return () => false;
  if (signed !== undefined) {
    throw new InvalidOptionError(
      'requireApiKey: enforcePercent cannot be used with signed, because the share is by key; use enforceFrom',
    );
  }
  const sources = credentialFrom === undefined ? parts.sources : parseCredentialSources(credentialFrom);
  const readCredential = createCredentialReader(sources);

  function deriveName(req: Request): string | null {
    const credential = parts.hidden?.find(req, sources) ?? readCredential(req);
    if (credential.kind === 'token') {
      const keyId = findKeyId(parts, credential.token);
      if (keyId !== null) return `key ${keyId}`;
    }
    const address = parts.clientAddress(req);
    return address === null ? null : `network ${toNetwork(address)}`;
  }

  return function isInShare(req) {
    try {
      const name = deriveName(req);
      return name !== null && isWithinShare(name, percent);
    } catch {
      // The deciding guard fails as well, and reports it.
      return false;
    }
  };
}

/** The id that a key or an access token claims; `null` for strings that are neither. */
function findKeyId({ keyspaces }: Pick<GuardParts, 'keyspaces'>, token: string): string | null {
  const parsed = keyspaces.parse(token);
  if (parsed !== null) return parsed.id;
  // Which key an imported one is takes the pepper to tell; its digest tells keys apart as well.
  if (keyspaces.foreign.recognises(token)) return hash('sha256', token);
  const keyId = isJwtLike(token) ? readUnprovenClaims(token)?.['client_id'] : undefined;
  return typeof keyId === 'string' ? keyId : null;
}
