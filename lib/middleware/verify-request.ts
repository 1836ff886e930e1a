import type { Response } from 'express';
import { toCanonicalAddress } from '../domain/address.js';
import type { Allowed } from '../domain/verdict.js';
import { noScope } from '../domain/scope-requirement.js';
import { ApiKeysError, InvalidOptionError } from '../errors.js';
import type { CredentialSource } from '../http/credential-source.js';
import type { ProblemTypes } from '../http/problem-types.js';
import type { RequestVerdict } from '../http/request-verdict.js';
import { composeProblem } from '../http/send-problem.js';
import type { VerifyRequestOptions } from '../http/verify-request-options.js';
import { allowAbsent, take, takeAsGiven, takeOneOf } from '../options/option-readers.js';
import { readOptions, refuseUnset, type ReadBy, type ReadersOf } from '../options/read-options.js';
import { readGivenResources } from '../verify/given-resources.js';
import { assertKnownFeature } from '../verify/known-feature.js';
import { readRequestCost } from '../verify/request-cost.js';
import { createGuardedRequest } from './create-guarded-request.js';
import { createGuard, type GuardParts } from './guard.js';
import {
  parseMethodRequirements,
  requireForAllMethods,
  type MethodRequirements,
} from './method-requirements.js';
import { RecordedResponse } from './recorded-response.js';

const what = 'keys.verifyRequest';
const readers = {
  scopes: takeAsGiven<unknown>(),
  feature: takeAsGiven<string | undefined>(),
  resources: takeAsGiven<unknown>(),
  cost: takeAsGiven<number | undefined>(),
  address: takeAsGiven<string | undefined>(),
  signed: allowAbsent(takeOneOf('required', 'accepted')),
  body: allowAbsent(take('the bytes of the body, or a function that returns them', isBody)),
  credentialFrom: takeAsGiven<readonly CredentialSource[] | undefined>(),
} satisfies ReadersOf<VerifyRequestOptions<string, string, string>>;

/**
 * Builds what verifies a request of any platform: a guard decides about it, and what the guard would send is returned.
 *
 * @param whenReady - waits until the instance is ready
 */
export function createRequestVerifier(
  parts: GuardParts,
  whenReady: () => Promise<unknown>,
): (args: readonly unknown[]) => Promise<RequestVerdict> {
  // The request belongs to the app, which takes no key out of it here, and a cost may differ from call to call.
  const ownParts: GuardParts = {
    ...parts,
    hidden: null,
    checkCost: () => undefined,
    reportError: (_component, error) => parts.reportError(what, error),
  };

  /** @throws InvalidOptionError for what no caller of the app decides: the options, and what is passed as a request */
  return async function verifyRequest([given, ...rest]) {
    // A variable that got lost must not open anything.
    const options = readVerifyOptions(rest.length === 0 ? {} : rest[0], parts);
    const address = toCanonicalAddress(options.address);
    const req = createGuardedRequest(what, given, { address, body: options.body });
    if (req.method === '' && options.requirements.methods.length > 0) {
      throw new InvalidOptionError(`${what}: scopes by method need a request with a method`);
    }
    const { feature, resources, cost, signed, credentialFrom } = options;
    const on = typeof resources === 'object' ? () => resources : resources;
    const res = new RecordedResponse();
    let allowed: Allowed | null = null;
    const guard = createGuard(
      { ...ownParts, clientAddress: () => address },
      options.requirements,
      { feature, on, cost, signed, credentialFrom, onRefusal: 'next' },
      {
        onAllowed: (verdict) => {
          allowed = verdict;
        },
      },
    );
    // A guard answers 503 until the instance is ready.
    await whenReady().catch(() => undefined);
    const error = await new Promise<unknown>((resolve) => {
      guard(req, res as unknown as Response, resolve);
    });
    if (error === undefined && allowed !== null) return { ...(allowed as Allowed), headers: res.headers };
    return refuse(toError(error), res, parts.problemTypes);
  };
}

function refuse(error: ApiKeysError, res: RecordedResponse, problemTypes: ProblemTypes): RequestVerdict {
  const { status, headers, body } = composeProblem(error, problemTypes);
  for (const [name, value] of headers) res.setHeader(name, value);
  return { ...error.refusal, allowed: false, code: error.problem, status, headers: res.headers, body };
}

function toError(error: unknown): ApiKeysError {
  return error instanceof ApiKeysError ? error : new ApiKeysError('internal_error', { cause: error });
}

type ReadOptions = ReadBy<typeof readers> & { readonly requirements: MethodRequirements };

/** @throws InvalidOptionError for unknown names and values of the wrong kind */
function readVerifyOptions(
  input: unknown,
  {
    catalogue,
    features,
    resources,
    signatures,
  }: Pick<GuardParts, 'catalogue' | 'features' | 'resources' | 'signatures'>,
): ReadOptions {
  refuseUnset(what, input);
  const given = readOptions(what, input, readers, { example: "{ scopes: 'orders:read' }" });
  assertKnownFeature(what, given.feature, features);
  readGivenResources(what, given.resources, resources);
  readRequestCost(what, given.cost);
  if (given.signed !== undefined && signatures === null) {
    throw new InvalidOptionError(
      `${what}: signed needs the option signatures of createApiKeys, for example {}`,
    );
  }
  const requirements = Object.hasOwn(input as object, 'scopes')
    ? parseMethodRequirements(given.scopes, catalogue, { what, forAnyKey: 'leave scopes out' })
    : requireForAllMethods(noScope);
  return { ...given, requirements };
}

function isBody(value: unknown): value is Exclude<VerifyRequestOptions<string, string>['body'], undefined> {
  return typeof value === 'string' || typeof value === 'function' || value instanceof Uint8Array;
}
