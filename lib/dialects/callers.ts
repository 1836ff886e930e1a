import type { Actor } from '../domain/actor.js';
import { readUnprovenClaims } from '../domain/jwt.js';
import { noScope } from '../domain/scope-requirement.js';
import type { Refusal, Verdict } from '../domain/verdict.js';
import { callHost } from '../http/call-host.js';
import type { Challenge } from '../http/challenge.js';
import { anyScope } from '../domain/any-scope.js';
import type { ChangeContext } from '../manage/change.js';
import { toOpaqueRefusal, toRefusalError } from '../http/to-refusal-error.js';
import type { ApiKeyVerifier } from '../verify/verify-api-key.js';
import type { RequestCredential } from './credential-reader.js';
import type { DialectCall } from './dialect-call.js';
import type { DialectHost, DialectKeyspace } from './dialect-host.js';
import { readTokenHolder, type VerifyAccessToken } from './verify-access-token.js';

/** A caller of a dialect: an owner with an access token of the app, or a key of the dialect (or an access token of one). */
export type Caller = Extract<Actor, { readonly kind: 'owner' | 'key' }>;

/** The dependencies of caller authentication. */
export interface CallersParts {
  readonly host: DialectHost;
  readonly keyspace: DialectKeyspace;
  readonly verifyAccessToken: VerifyAccessToken;
  readonly challenge: Challenge;
}

/** The called method, where the path alone does not determine it. */
export interface CalledMethod {
  /** The scope of the dialect that a key must hold. Default: none. */
  readonly scope?: string | undefined;
  /** The route in the access log. Default: the route of the router. */
  readonly route?: string | undefined;
}

/** Authenticates callers. Each method throws ApiKeysError for a refusal. */
export interface Callers {
  /**
   * Authenticates a credential, after the whole request was received; the request counts against the limits of a key.
   */
  authenticate(call: DialectCall, credential: RequestCredential, called?: CalledMethod): Promise<Caller>;
  /**
   * The caller of an allowed verdict.
   *
   * @throws ApiKeysError for a refusal, which is recorded in the access log
   */
  admit(call: DialectCall, verdict: Verdict, called?: CalledMethod): Caller;
  /**
   * Refuses a request.
   *
   * @throws ApiKeysError for the refusal, which is recorded in the access log
   */
  refuse(call: DialectCall, refusal: Refusal, called?: CalledMethod): never;
  /** The context of commands on behalf of a caller; a key manages keys at or below itself. */
  createContext(call: DialectCall, caller: Caller): ChangeContext;
}

/** Builds the authentication of callers for one dialect. */
export function createCallers({ host, keyspace, verifyAccessToken, challenge }: CallersParts): Callers {
  const { format } = keyspace.keyspace;

  function refuse(call: DialectCall, refusal: Refusal, { route }: CalledMethod = {}): never {
    host.access.refused(call.req, refusal.code, { ...refusal, route });
    throw toRefusalError(host.opaqueRefusals ? toOpaqueRefusal(refusal) : refusal, challenge);
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
    // An app may have users without a token, whose column is empty: an empty token must not match them.
    const holder =
      token === '' ? null : await callHost(() => verifyAccessToken(token, call.req), readTokenHolder);
    return holder ?? refuse(call, { allowed: false, code: 'invalid_token' }, called);
  }

  return {
    admit,
    refuse,

    async authenticate(call, credential, called) {
      // A request that is held open must not be judged by the state at its beginning. Faults of the body are reported later.
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
      // Clients of Deribit and Yativo manage keys with the tokens of those keys.
      tokensActAsKeys: true,
      // In their contracts a key outlives the key that has made it: both are keys of the account.
      makesEquals: true,
    }),
  };
}

/** The owner id of a caller. */
export function getOwnerId(caller: Caller): string {
  return caller.kind === 'owner' ? caller.ownerId : caller.apiKey.ownerId;
}

const oneCredentialDetail = 'Send one credential, in one header, once.';

function isOwnToken({ tokenIssuer }: DialectHost, token: string): boolean {
  return tokenIssuer !== null && readUnprovenClaims(token)?.['iss'] === tokenIssuer;
}
