import type { Request } from 'express';
import { listAllHeaderLines } from '../../http/all-header-lines.js';
import { listHeaderLines } from '../../http/header-lines.js';
import { readBodyPresence } from '../../http/body-presence.js';
import type { Verdict } from '../../domain/verdict.js';
import type { ApiKeysError } from '../../errors.js';
import { readRawBody } from '../../http/read-raw-body.js';
import { noScope } from '../../domain/scope-requirement.js';
import { readHmacAuthorization } from '../../signatures/hmac/read-hmac-authorization.js';
import { deribitHmacScheme } from './deribit-hmac-scheme.js';
import type { Caller } from '../callers.js';
import { createCredentialReader, toTokenCredential, type RequestCredential } from '../credential-reader.js';
import type { DialectCall } from '../dialect-call.js';
import { maxRequestBytes } from '../request-limit.js';
import { DeribitError } from './deribit-error.js';
import type {
  AuthenticateCaller,
  CalledPrivateMethod,
  DeribitParams,
  DeribitParts,
} from './deribit-method.js';
import { readOptionalParam, readString } from './read-param.js';

/** The documented path of the methods, wherever the app mounts them; clients may sign this path instead. */
const documentedPath = '/api/v2';
/**
 * Within a second of its timestamp a signed read is accepted again: the nonce of ccxt is its clock, so two programs with one key
 * sign the same read of one millisecond with the same bytes. A write is executed once, however it was signed.
 */
const repeatableReadMs = 1000;

/**
 * Builds the authentication of private method calls: a token as Bearer or in `access_token`, a pair as Basic, or a request
 * signed with a secret (`deri-hmac-sha256`). More than one of them is ambiguous.
 */
export function createCallerAuthenticator(parts: DeribitParts): AuthenticateCaller {
  const { callers } = parts;
  const readCredential = createCredentialReader(['bearer', 'basic']);

  async function authenticate(
    call: DialectCall,
    params: DeribitParams,
    called: CalledPrivateMethod,
  ): Promise<Caller> {
    const inParams = readOptionalParam(params, 'access_token', readString) ?? '';
    if (isSigned(call.req)) {
      if (inParams !== '') return callers.authenticate(call, { kind: 'ambiguous' }, called);
      return callers.admit(call, await verifySigned(parts, call, called), called);
    }
    const inHeader = readCredential(call.req);
    return callers.authenticate(
      call,
      inParams === '' ? inHeader : combineCredentials(inHeader, inParams),
      called,
    );
  }

  return async (call, params, called) => {
    try {
      return await authenticate(call, params, called);
    } catch (error) {
      throw isAuthenticationFailure(error) ? toDeribitError(error, call.req) : error;
    }
  };
}

function isSigned(req: Request): boolean {
  const authorization = listHeaderLines(req, 'authorization').join(', ');
  return readHmacAuthorization(authorization, isDeribitScheme) !== null;
}

function isDeribitScheme(scheme: string): boolean {
  return scheme === deribitHmacScheme;
}

/** The same token in both places counts as one. */
function combineCredentials(inHeader: RequestCredential, inParams: string): RequestCredential {
  const isSame = 'token' in inHeader && inHeader.token === inParams;
  return inHeader.kind === 'none' || isSame ? toTokenCredential(inParams) : { kind: 'ambiguous' };
}

async function verifySigned(
  { keyspace }: DeribitParts,
  call: DialectCall,
  { scope: keyspaceScope, isRead }: CalledPrivateMethod,
): Promise<Verdict> {
  const { req } = call;
  const { method, originalUrl: target } = req;
  const rawHeaders = listAllHeaderLines(req);
  const verdict = await keyspace.signatures().verify({
    ...{ requirement: noScope, keyspaceScope, cost: 1, rawHeaders, identity: req },
    ...{ isHmacScheme: isDeribitScheme, credentialHeaders: [], hasCredential: false },
    address: (purpose) => call.address(purpose),
    // Neither scheme nor host is signed.
    message: {
      method,
      scheme: 'https',
      authority: '',
      target,
      rawHeaders,
      bodyPresence: readBodyPresence(req),
    },
    repeatableForMs: isRead ? repeatableReadMs : 0,
    otherTargets: listDocumentedTargets(req.url).filter((other) => other !== target),
    body: () => readRawBody(req, maxRequestBytes),
  });
  return verdict ?? { allowed: false, code: 'invalid_signature' };
}

/** @param below - path and query below the router; Express inserts a slash when they are empty */
function listDocumentedTargets(below: string): readonly string[] {
  const targets = [documentedPath + below];
  return /^\/(?:\?|$)/.test(below) ? [...targets, documentedPath + below.slice(1)] : targets;
}

/** Clients interpret 13009 with `invalid_token` as a token that they can refresh, so it is returned for tokens only. */
function toDeribitError(error: ApiKeysError, req: Request): ApiKeysError {
  const { problem, headers } = error;
  if (isSigned(req)) return new DeribitError('unauthorized', { reason: problem }, { headers });
  const isPair = /^basic(?:[ \t]|$)/i.test(req.headers.authorization ?? '');
  return isPair ? new DeribitError('invalid_credentials', undefined, { headers }) : error;
}

/** Whether a credential was sent and refused. */
function isAuthenticationFailure(error: unknown): error is ApiKeysError {
  if (!(error instanceof Error) || !('problem' in error) || !('status' in error)) return false;
  return error.status === 401 && error.problem !== 'missing_credential';
}
