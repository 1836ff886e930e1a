import { idleDetail } from '../domain/idle-detail.js';
import type { ApiKeyIdentity } from '../domain/api-key-identity.js';
import type { Keyspace } from '../domain/keyspace.js';
import { allowEveryBinding } from '../domain/named-resources.js';
import { noScope } from '../domain/scope-requirement.js';
import type { DeprecatedSecret } from '../domain/verdict.js';
import { problems } from '../errors.js';
import { isOfKeyspace } from '../domain/keyspaces.js';
import { createDecider, type RequestToDecide } from '../verify/decide-request.js';
import { findCurrentKey } from '../verify/find-current-key.js';
import { matchDigest, needsSlowMatch } from '../verify/match-credential.js';
import { matchWithoutPepper } from '../verify/match-lost-pepper.js';
import { checkAssertion } from './client-assertion.js';
import { createSignatureCheck, type ClientSignature } from './client-signature.js';
import { TokenError } from './token-error.js';
import type { ClientPorts, ProvenClient } from './client.js';

/** A client's proof of identity at the token endpoint. */
export type ClientProof =
  | {
      readonly method: 'client_secret_basic' | 'client_secret_post';
      /** The id of the key; `null` when the secret is a whole token, which names it. */
      readonly clientId: string | null;
      /** The secret part of a token, or a whole token. */
      readonly secret: string;
    }
  | { readonly method: 'private_key_jwt'; readonly clientId: string | null; readonly assertion: string }
  | ClientSignature;

/** An authenticated client. */
export interface Client {
  readonly keyId: string;
  readonly ownerId: string;
  readonly credentialId: string;
  readonly apiKey: ApiKeyIdentity;
  /** When the secret is not the newest one of its key. */
  readonly deprecatedSecret: DeprecatedSecret | undefined;
}

/** Authenticates the client of each request, without a session. `address` has the same meaning as for requests with a key. */
export type AuthenticateClient = (proof: ClientProof, address: RequestToDecide['address']) => Promise<Client>;

/**
 * Builds the authentication of clients, which are keys. The specific reason for a refusal is disclosed only after the key was
 * proven; all other failures look alike.
 *
 * The returned function throws TokenError `invalid_client`, and ApiKeysError `unavailable` when the store does not respond.
 */
export function createClientAuthenticator(ports: ClientPorts): AuthenticateClient {
  const { uses, clock } = ports;
  const decide = createDecider(ports);
  const checkSignature = createSignatureCheck(ports);

  function check(proof: ClientProof, request: RequestToDecide): Promise<ProvenClient | null> {
    switch (proof.method) {
      case 'private_key_jwt':
        return checkAssertion(ports, proof, request);
      case 'client_signature':
        return checkSignature(proof, request);
      case 'client_secret_basic':
      case 'client_secret_post':
        return checkSecret(ports, proof);
    }
  }

  return async function authenticateClient(proof, address) {
    // A token request does not count against the limits of the key: using the token does. TokenBudget bounds requests.
    // Its tokens are bound as the key is, and checked where they are used.
    const request = { requirement: noScope, cost: 0, allowsBinding: allowEveryBinding, address };
    const proven = await check(proof, request);
    if (proven === null) throw createUnknownClientError();
    const { prepared, credential } = proven;
    const { id: keyId, ownerId } = prepared.key;
    const verdict = await decide(prepared, credential, uses.counterFor(prepared.key), request, clock.now());
    if (!verdict.allowed) {
      throw new TokenError(
        'invalid_client',
        verdict.reason === 'idle' ? idleDetail : problems[verdict.code].detail,
        { keyId, ownerId },
      );
    }
    const { apiKey, deprecatedSecret } = verdict;
    return { keyId, ownerId, credentialId: credential.id, apiKey, deprecatedSecret };
  };
}

async function checkSecret(
  ports: ClientPorts,
  { clientId, secret }: Extract<ClientProof, { readonly secret: string }>,
): Promise<ProvenClient | null> {
  const { digester, digests, keyspace } = ports;
  const parsed = keyspace.format.parse(secret) ?? keyspace.format.parsePair(clientId ?? '', secret);
  if (parsed === null || !namesKey(keyspace, clientId, parsed.id)) return null;
  const token = { ...parsed, keyspace };
  const prepared = await findCurrentKey(ports, parsed.id);
  const candidate = prepared !== null && isOfKeyspace(keyspace, prepared.key) ? prepared : null;
  const found = matchDigest(digester, candidate?.key ?? null, keyspace.environment, parsed);
  if (candidate === null) return null;
  if (found !== null) {
    if (found.missingDigest !== null) digests.add(parsed.id, found.credential.id, found.missingDigest);
    return { prepared: candidate, credential: found.credential };
  }
  const proven = needsSlowMatch(digester, candidate.key) ? await matchWithoutPepper(ports, token) : null;
  if (proven === null) return null;
  return { prepared: proven.prepared, credential: proven.match.credential };
}

/** A caller that sends a whole token may omit the client id, but must not send a different one. */
function namesKey({ format }: Keyspace, clientId: string | null, keyId: string): boolean {
  return clientId === null || clientId === keyId || clientId === format.toClientId(keyId);
}

/** The same for an unknown client and for an invalid proof. */
export function createUnknownClientError(): TokenError {
  return new TokenError('invalid_client', 'The client is unknown, or its proof is invalid.');
}
