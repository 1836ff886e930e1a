import type { Actor } from '../domain/actor.js';
import { readUnprovenClaims } from '../domain/jwt.js';
import { parseOwnerId } from '../domain/key-fields.js';
import { noScope } from '../domain/scope-requirement.js';
import type { Refusal, Verdict } from '../domain/verdict.js';
import { callHost } from '../http/call-host.js';
import type { Challenge } from '../http/challenge.js';
import { anyScope } from '../manage/any-scope.js';
import type { ChangeContext } from '../manage/change.js';
import { opaque, refusalError } from '../http/refusal-error.js';
import type { ApiKeyVerifier } from '../verify/verify-api-key.js';
import type { RequestCredential } from './credential-reader.js';
import type { DialectCall } from './dialect-call.js';
import type { DialectHost, DialectKeyspace } from './dialect-host.js';
import type { VerifyAccessToken } from './verify-access-token.js';

/** Who calls a dialect: somebody with an access token of the app, or with a key of the dialect or a token of one. */
export type Caller = Extract<Actor, { readonly kind: 'owner' | 'key' }>;

/** What finding out who calls needs. */
export interface CallersParts {
  readonly host: DialectHost;
  readonly keyspace: DialectKeyspace;
  readonly verifyAccessToken: VerifyAccessToken;
  readonly challenge: Challenge;
}

/** What is called, where the path alone does not say it. */
export interface CalledMethod {
  /** What a key must hold in the words of the dialect. Default: nothing. */
  readonly scope?: string | undefined;
  /** The route as the dialect calls it, for the access log. Default: as the router has it. */
  readonly route?: string | undefined;
}

/** Finds out who calls. Each method throws ApiKeysError for who may not. */
export interface Callers {
  /**
   * Whoever sent this credential, as of when all of the request is there; a key has one request less in its limits then.
   */
  authenticate(call: DialectCall, credential: RequestCredential, called?: CalledMethod): Promise<Caller>;
  /**
   * Whoever a verdict lets in.
   *
   * @throws ApiKeysError for a refusal, which is written down
   */
  admit(call: DialectCall, verdict: Verdict, called?: CalledMethod): Caller;
  /**
   * Lets nobody in.
   *
   * @throws ApiKeysError for the refusal, which is written down
   */
  refuse(call: DialectCall, refusal: Refusal, called?: CalledMethod): never;
  /** On whose behalf a command runs; a key manages keys at or below itself. */
  createContext(call: DialectCall, caller: Caller): ChangeContext;
}

/** Builds it for one dialect. */
export function createCallers({ host, keyspace, verifyAccessToken, challenge }: CallersParts): Callers {
  const { format } = keyspace.keyspace;

  function refuse(call: DialectCall, refusal: Refusal, { route }: CalledMethod = {}): never {
    host.access.refused(call.req, refusal.code, { ...refusal, route });
    throw refusalError(host.opaqueRefusals ? opaque(refusal) : refusal, challenge);
  }

  function admit(call: DialectCall, verdict: Verdict, called?: CalledMethod): Caller {
    if (!verdict.allowed) return refuse(call, verdict, called);
    if (verdict.deprecatedSecret !== undefined) host.access.usedDeprecatedSecret(call.req, verdict.apiKey);
    return { kind: 'key', apiKey: verdict.apiKey };
  }

  async function authenticateByKey(
    call: DialectCall,
    verifier: ApiKeyVerifier,
    token: string,
    called: CalledMethod | undefined,
  ): Promise<Caller> {
    const request = {
      ...{ token, requirement: noScope, keyspaceScope: called?.scope, cost: 1 },
      address: (purpose?: 'decide') => call.address(purpose),
    };
    return admit(call, await (verifier.verifyAtOnce(request) ?? verifier.verify(request)), called);
  }

  async function authenticateByAccessToken(
    call: DialectCall,
    token: string,
    called?: CalledMethod,
  ): Promise<Caller> {
    // An app may have users without a token, whose column is empty.
    const ownerId =
      token === '' ? null : await callHost(() => verifyAccessToken(token, call.req), parseOwnerId);
    return ownerId === null
      ? refuse(call, { allowed: false, code: 'invalid_token' }, called)
      : { kind: 'owner', ownerId };
  }

  return {
    admit,
    refuse,

    async authenticate(call, credential, called) {
      // Who holds a request open must not be judged by what was right when it began. What is wrong with the body is for later.
      await call.body().catch(() => null);
      switch (credential.kind) {
        case 'none':
          return refuse(call, { allowed: false, code: 'missing_credential' }, called);
        case 'ambiguous':
          return refuse(
            call,
            { allowed: false, code: 'invalid_request', detail: oneCredentialDetail },
            called,
          );
        case 'basic':
          return authenticateByKey(
            call,
            keyspace.verifier(),
            `${credential.id}:${credential.secret}`,
            called,
          );
        case 'jwt':
          return isOwnToken(host, credential.token)
            ? authenticateByKey(call, keyspace.tokenVerifier(), credential.token, called)
            : authenticateByAccessToken(call, credential.token, called);
        case 'opaque':
          return format.recognises(credential.token)
            ? authenticateByKey(call, keyspace.verifier(), credential.token, called)
            : authenticateByAccessToken(call, credential.token, called);
      }
    },

    createContext: (call, actor) => ({
      actor,
      address: call.address(),
      requestId: call.requestId,
      managementScope: anyScope,
      // Deribit's and Yativo's clients manage keys with the tokens that they get for them.
      tokensActAsKeys: true,
    }),
  };
}

/** The owner behind a caller. */
export function getOwnerId(caller: Caller): string {
  return caller.kind === 'owner' ? caller.ownerId : caller.apiKey.ownerId;
}

const oneCredentialDetail = 'Send one credential, in one header, once.';

function isOwnToken({ tokenIssuer }: DialectHost, token: string): boolean {
  return tokenIssuer !== null && readUnprovenClaims(token)?.['iss'] === tokenIssuer;
}
