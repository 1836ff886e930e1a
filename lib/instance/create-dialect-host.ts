import type { DialectHost, DialectKeyspace, NewKeyspace } from '../dialects/dialect-host.js';
import type { Keyspace } from '../domain/keyspace.js';
import type { Keyspaces } from '../domain/keyspaces.js';
import { InvalidOptionError } from '../errors.js';
import type { KeyService } from '../manage/key-service.js';
import { signaturesOf, tokensOf, type Running } from './running.js';
import type { SignedRequestVerifier } from '../signatures/verify-signed-request.js';
import type { TokenService } from '../tokens/token-service.js';
import type { ApiKeyVerifier } from '../verify/verify-api-key.js';

/** What a dialect host is made from. */
export interface DialectHostParts extends Omit<DialectHost, 'scopes' | 'environment' | 'registerKeyspace'> {
  readonly keyspaces: Keyspaces;
  /** @throws ApiKeysError `unavailable` before the instance is ready */
  readonly running: () => Running;
}

/** Opens an instance to routers that speak other systems' contracts. */
export function createDialectHost({ keyspaces, running, ...parts }: DialectHostParts): DialectHost {
  const { native } = keyspaces;

  function registerKeyspace({ formatFor, ...given }: NewKeyspace): DialectKeyspace {
    const { ownerCeilings, environments, environment } = native;
    const keyspace: Keyspace = {
      ...{ ownerCeilings, environments, environment },
      ...given,
      format: formatFor(environment),
      formatFor,
    };
    try {
      keyspaces.add(keyspace);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new InvalidOptionError(`keyspace ${given.name}: ${reason}`);
    }
    return atWork(keyspace, running);
  }

  return { ...parts, scopes: native.catalogue.names, environment: native.environment, registerKeyspace };
}

function atWork(keyspace: Keyspace, running: () => Running): DialectKeyspace {
  const keys = oncePerStart((started): KeyService => started.serviceOf(keyspace));
  const verifier = oncePerStart((started) => within(keyspace, started.verifier));
  const tokenVerifier = oncePerStart((started) => within(keyspace, tokensOf(started).verifier));
  const signatures = oncePerStart((started): SignedRequestVerifier => {
    const signed = signaturesOf(started).verifier;
    return { verify: (request) => signed.verify({ ...request, keyspace }) };
  });
  const tokens = oncePerStart((started): TokenService => tokensOf(started).serviceOf(keyspace));
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

/** An instance that could not start may start later, with other parts. */
function oncePerStart<T>(make: (started: Running) => T): (started: Running) => T {
  const made = new WeakMap<Running, T>();
  return (started) => {
    const known = made.get(started);
    if (known !== undefined) return known;
    const value = make(started);
    made.set(started, value);
    return value;
  };
}

/** A key of another keyspace is a right key, but not here: that is decided before it pays for anything. */
function within(keyspace: Keyspace, verifier: ApiKeyVerifier): ApiKeyVerifier {
  return {
    verifyAtOnce: (request) => verifier.verifyAtOnce({ ...request, keyspace }),
    verify: (request) => verifier.verify({ ...request, keyspace }),
  };
}
