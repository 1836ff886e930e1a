import type { Request } from 'express';
import { hasBody } from '../../admin/require-json.js';
import type { Verdict } from '../../domain/verdict.js';
import type { ApiKeysError } from '../../errors.js';
import { readRawBody } from '../../middleware/read-raw-body.js';
import { noScope } from '../../domain/scope-requirement.js';
import { fieldValue } from '../../signatures/field-value.js';
import { readHmacAuthorization } from '../../signatures/read-hmac-authorization.js';
import type { Caller } from '../callers.js';
import {
  createCredentialOfRequest,
  credentialOfToken,
  type RequestCredential,
} from '../credential-of-request.js';
import type { DialectCall } from '../dialect-call.js';
import { maxRequestBytes } from '../request-limit.js';
import { DeribitError } from './deribit-error.js';
import type { AuthenticateDeribit, DeribitParams, DeribitParts } from './deribit-method.js';
import { optionalParam, text } from './read-param.js';

/** Where Deribit's methods are, whatever the app calls the place; clients may sign this instead. */
const documentedPath = '/api/v2';

/**
 * Builds what finds out who calls a private method: a token as Bearer or in `access_token`, a pair as Basic, or a request
 * signed with a secret (`deri-hmac-sha256`). Two of them are one too many.
 */
export function createAuthenticateDeribit(parts: DeribitParts): AuthenticateDeribit {
  const { callers } = parts;
  const credentialOf = createCredentialOfRequest(['bearer', 'basic']);

  async function authenticate(call: DialectCall, params: DeribitParams): Promise<Caller> {
    const inParams = optionalParam(params, 'access_token', text) ?? '';
    if (isSigned(call.req)) {
      return inParams === ''
        ? callers.admitted(call, await verifySigned(parts, call))
        : callers.of(call, { kind: 'ambiguous' });
    }
    const inHeader = credentialOf(call.req);
    const credential = inParams === '' ? inHeader : oneOf(inHeader, inParams);
    try {
      return await callers.of(call, credential);
    } catch (error) {
      throw credential.kind === 'basic' ? asWrongPair(error) : error;
    }
  }

  return async (call, params) => {
    try {
      return await authenticate(call, params);
    } catch (error) {
      throw asWrongSignature(error);
    }
  };
}

function isSigned({ rawHeaders }: Request): boolean {
  return readHmacAuthorization(fieldValue(rawHeaders, 'authorization') ?? '') !== null;
}

/** The same token in both places is one. */
function oneOf(inHeader: RequestCredential, inParams: string): RequestCredential {
  const isSame = 'token' in inHeader && inHeader.token === inParams;
  return inHeader.kind === 'none' || isSame ? credentialOfToken(inParams) : { kind: 'ambiguous' };
}

/** A key of another keyspace signs nothing here. */
async function verifySigned({ keyspace }: DeribitParts, call: DialectCall): Promise<Verdict> {
  const { req } = call;
  const { method, originalUrl: target, rawHeaders } = req;
  const verdict = await keyspace.signatures().verify({
    ...{ requirement: noScope, cost: 1, rawHeaders, identity: req },
    ...{ credentialHeaders: [], hasCredential: false },
    address: (purpose) => call.address(purpose),
    // Neither scheme nor host is signed.
    message: { method, scheme: 'https', authority: '', target, rawHeaders, hasBody: hasBody(req) },
    otherTargets: documentedTargets(req.url).filter((other) => other !== target),
    body: () => readRawBody(req, maxRequestBytes),
  });
  if (verdict?.allowed === true && verdict.apiKey.keyspace === keyspace.keyspace.name) return verdict;
  return verdict?.allowed === false ? verdict : { allowed: false, code: 'invalid_signature' };
}

/** @param below - path and query below the router; Express writes a slash where there is nothing */
function documentedTargets(below: string): readonly string[] {
  const targets = [documentedPath + below];
  return /^\/(?:\?|$)/.test(below) ? [...targets, documentedPath + below.slice(1)] : targets;
}

/** Whatever is wrong with a pair: a client must not take it for a token that it could refresh. */
function asWrongPair(error: unknown): unknown {
  if (!isRefusal(error) || error.status !== 401 || error.problem === 'missing_credential') return error;
  return new DeribitError('invalid_credentials', undefined, { headers: error.headers });
}

function asWrongSignature(error: unknown): unknown {
  if (!isRefusal(error)) return error;
  if (error.problem !== 'invalid_signature' && error.problem !== 'signature_replayed') return error;
  return new DeribitError('unauthorized', { reason: error.problem }, { headers: error.headers });
}

function isRefusal(error: unknown): error is ApiKeysError {
  return error instanceof Error && 'problem' in error && 'refusal' in error && error.refusal !== undefined;
}
