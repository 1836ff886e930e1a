import type { DialectHost, DialectKeyspace, NewKeyspace } from '../dialects/dialect-host.js';
import type { Keyspace } from '../domain/keyspace.js';
import type { Keyspaces } from '../domain/keyspaces.js';
import { InvalidOptionError } from '../errors.js';
import type { KeyService } from '../manage/key-service.js';
import { requireSignatures, requireTokens, type Running } from './running.js';
import type { SignedRequestVerifier } from '../signatures/verify-signed-request.js';
import type { TokenService } from '../tokens/token-service.js';
import type { ApiKeyVerifier } from '../verify/verify-api-key.js';

/** What a dialect host needs. */
export interface DialectHostParts extends Omit<DialectHost, 'scopes' | 'environment' | 'registerKeyspace'> {
  readonly keyspaces: Keyspaces;
  /** @throws ApiKeysError `unavailable` before the instance is ready */
  readonly running: () => Running;
}

/** Creates what the compatibility routers use of an instance. */
export function createDialectHost({ keyspaces, running, ...parts }: DialectHostParts): DialectHost {
  const { native } = keyspaces;

  function registerKeyspace({ formatFor, ...given }: NewKeyspace): DialectKeyspace {
    const { resources, plans, environments, environment } = native;
    const keyspace: Keyspace = {
      ...given,
      resources,
      plans,
      isNative: false,
      environments,
      environment,
      format: formatFor(environment),
      formatFor,
    };
    try {
      keyspaces.add(keyspace);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new InvalidOptionError(`keyspace ${given.name}: ${reason}`);
    }
    return createDialectKeyspace(keyspace, running);
  }

  return { ...parts, scopes: native.catalogue.names, environment: native.environment, registerKeyspace };
}

function createDialectKeyspace(keyspace: Keyspace, running: () => Running): DialectKeyspace {
  const keys = memoizePerStart((started): KeyService => started.createServiceFor(keyspace));
  const verifier = memoizePerStart((started) => limitToKeyspace(keyspace, started.verifier));
  const tokenVerifier = memoizePerStart((started) =>
    limitToKeyspace(keyspace, requireTokens(started).verifier),
  );
  const signatures = memoizePerStart((started): SignedRequestVerifier => {
    const signed = requireSignatures(started).verifier;
    return { verify: (request) => signed.verify({ ...request, keyspace }) };
  });
  const tokens = memoizePerStart((started): TokenService =>
    requireTokens(started).createServiceFor(keyspace),
  );
  return {
    keyspace,
    keys: () => keys(running()),
    verifier: () => verifier(running()),
    tokenVerifier: () => tokenVerifier(running()),
    tokens: () => tokens(running()),
    signatures: () => signatures(running()),
    stepUp: () => running().stepUp,
  };
}

/** Creates a value for a start and returns it until the next one: an instance that failed to start may start later. */
function memoizePerStart<T>(make: (started: Running) => T): (started: Running) => T {
  const made = new WeakMap<Running, T>();
  return (started) => {
    const known = made.get(started);
    if (known !== undefined) return known;
    const value = make(started);
    made.set(started, value);
    return value;
  };
}

/** A key of another keyspace is valid, but not here: it is refused before limits or credits are counted. */
function limitToKeyspace(keyspace: Keyspace, verifier: ApiKeyVerifier): ApiKeyVerifier {
  return {
    verifyAtOnce: (request) => verifier.verifyAtOnce({ ...request, keyspace }),
    verify: (request) => verifier.verify({ ...request, keyspace }),
  };
}
