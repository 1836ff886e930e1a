import type { DialectHost, DialectKeyspace, NewKeyspace } from '../dialects/dialect-host.js';
import type { Keyspace } from '../domain/keyspace.js';
import type { Keyspaces } from '../domain/keyspaces.js';
import type { Refusal, Verdict } from '../domain/verdict.js';
import { InvalidOptionError } from '../errors.js';
import type { KeyService } from '../manage/key-service.js';
import { signaturesOf, tokensOf, type Running } from './running.js';
import type { TokenService } from '../tokens/token-service.js';
import type { ApiKeyVerifier } from '../verify/verify-api-key.js';

/** What a dialect host is made from. */
export interface DialectHostParts extends Omit<DialectHost, 'scopes' | 'environment' | 'addKeyspace'> {
  readonly keyspaces: Keyspaces;
  /** @throws ApiKeysError `unavailable` before the instance is ready */
  readonly running: () => Running;
}

/** Opens an instance to routers that speak other systems' contracts. */
export function createDialectHost({ keyspaces, running, ...parts }: DialectHostParts): DialectHost {
  const { native } = keyspaces;

  function addKeyspace({ formatFor, ...given }: NewKeyspace): DialectKeyspace {
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

  return { ...parts, scopes: native.catalogue.names, environment: native.environment, addKeyspace };
}

function atWork(keyspace: Keyspace, running: () => Running): DialectKeyspace {
  const keys = oncePerStart((started): KeyService => started.serviceOf(keyspace));
  const verifier = oncePerStart((started) => within(keyspace, started.verifier));
  const tokenVerifier = oncePerStart((started) => within(keyspace, tokensOf(started).verifier));
  const tokens = oncePerStart((started): TokenService => tokensOf(started).serviceOf(keyspace));
  return {
    keyspace,
    keys: () => keys(running()),
    verifier: () => verifier(running()),
    tokenVerifier: () => tokenVerifier(running()),
    tokens: () => tokens(running()),
    signatures: () => signaturesOf(running()).verifier,
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

/** A key of another keyspace is a right key, but not here. */
function within({ name }: Keyspace, verifier: ApiKeyVerifier): ApiKeyVerifier {
  const orRefused = (verdict: Verdict): Verdict =>
    !verdict.allowed || verdict.apiKey.keyspace === name ? verdict : notHere;
  return {
    verifyAtOnce(request) {
      const verdict = verifier.verifyAtOnce(request);
      if (verdict === null) return null;
      return verdict instanceof Promise ? verdict.then(orRefused) : orRefused(verdict);
    },
    verify: async (request) => orRefused(await verifier.verify(request)),
  };
}

const notHere: Refusal = { allowed: false, code: 'invalid_token' };
