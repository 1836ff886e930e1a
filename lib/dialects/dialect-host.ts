import type { StepUpPorts } from '../ports/step-up-ports.js';
import type { anyScope } from '../domain/any-scope.js';
import type { FeatureCatalogue } from '../domain/feature-catalogue.js';
import type { KeyFormat } from '../domain/key-format.js';
import type { Keyspace } from '../domain/keyspace.js';
import type { KeyspacePolicy } from '../domain/keyspace-policy.js';
import type { ScopeCatalogue } from '../domain/scope-catalogue.js';
import { InvalidOptionError } from '../errors.js';
import type { AccessNotes } from '../http/access-notes.js';
import type { ClientAddress } from '../http/client-address.js';
import type { ErrorReporter } from '../http/error-reporter.js';
import type { RequestIdReader } from '../http/request-id-reader.js';
import type { KeyService } from '../manage/key-service.js';
import type { Clock } from '../ports/clock.js';
import type { SignedRequestVerifier } from '../signatures/verify-signed-request.js';
import type { TokenService } from '../tokens/token-service.js';
import type { ApiKeyVerifier } from '../verify/verify-api-key.js';

/**
 * Where an instance keeps what the routers of `express-api-keys/dialects` need of it. A registered symbol: an app may load
 * the two entries as different kinds of modules.
 */
export const dialectHost: unique symbol = Symbol.for('express-api-keys.dialect-host');

/** An instance, for the compatibility routers. */
export interface WithDialectHost {
  readonly [dialectHost]: DialectHost;
}

/** The definition of a dialect's keyspace; everything else is as in the native one. */
export interface NewKeyspace {
  /** Stored with every key, so it must never change. */
  readonly name: string;
  readonly catalogue: ScopeCatalogue;
  /** Whether the scopes are those of the app, so that plans bound them. */
  readonly hasAppScopes: boolean;
  readonly features: FeatureCatalogue;
  readonly policy: KeyspacePolicy;
  /** The scope with which its keys manage keys at its router; `anyScope`: every key does; `null`: none does. */
  readonly managementScope: string | typeof anyScope | null;
  readonly formatFor: (environment: string) => KeyFormat;
  /** What its clients call the scheme of requests that are signed with a secret, in lower case. Default: none. */
  readonly hmacScheme?: string;
}

/** The part of an instance that dialects use. */
export interface DialectHost {
  /** The scopes that the app's routes can require. */
  readonly scopes: readonly string[];
  readonly environment: string;
  readonly clock: Clock;
  readonly clientAddress: ClientAddress;
  readonly readRequestId: RequestIdReader;
  readonly reportError: ErrorReporter;
  readonly access: AccessNotes;
  /** `null` without the option `tokens`. */
  readonly tokenIssuer: string | null;
  readonly hasSignatures: boolean;
  /** Whether the reason for refusing a key is withheld, even from a caller that holds its secret. */
  readonly opaqueRefusals: boolean;
  /** Calls back with every change of a key, and when any key may have changed. Returns a function that stops it. */
  onKeyChange(keyId: string, listener: () => void): () => void;
  /**
   * Adds a keyspace to the instance: guards let its keys in from now on.
   *
   * @throws InvalidOptionError when there is one of that name or with tokens that look the same
   */
  registerKeyspace(keyspace: NewKeyspace): DialectKeyspace;
}

/** A registered keyspace. Each method throws ApiKeysError `unavailable` before the instance is ready. */
export interface DialectKeyspace {
  readonly keyspace: Keyspace;
  /** The key service of this keyspace: it creates keys there and sees no others. */
  keys(): DialectKeyService;
  /** Verifies keys (whole tokens) of this keyspace only. */
  verifier(): ApiKeyVerifier;
  /** Verifies access tokens of keys of this keyspace only. Throws an Error without the option `tokens`. */
  tokenVerifier(): ApiKeyVerifier;
  /** The token service for keys of this keyspace. Throws an Error without the option `tokens`. */
  tokens(): TokenService;
  /** Verifies requests that are signed with keys of this keyspace only. Throws an Error without the option `signatures`. */
  signatures(): SignedRequestVerifier;
  /** The ports of second factors. */
  stepUp(): StepUpPorts;
}

/** The commands of the key service of one keyspace. */
export type DialectKeyService = Pick<
  KeyService,
  'create' | 'createOnce' | 'get' | 'list' | 'update' | 'rotate' | 'rotateOnce' | 'revoke'
>;

/**
 * Reads the dialect host of the instance that a router was given.
 *
 * @param what - the name of the router, for the message
 * @throws InvalidOptionError for anything that `createApiKeys` did not return
 */
export function getDialectHost(what: string, apiKeys: unknown): DialectHost {
  const host = (apiKeys as Partial<WithDialectHost> | null | undefined)?.[dialectHost];
  if (host !== undefined) return host;
  throw new InvalidOptionError(
    `${what}: takes what createApiKeys returned as its first argument, for example ${what}(apiKeys, { … })`,
  );
}
