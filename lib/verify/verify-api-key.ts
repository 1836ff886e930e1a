import type { VerifiableKey } from '../domain/api-key.js';
import type { ParsedToken } from '../domain/key-format.js';
import type { Keyspace } from '../domain/keyspace.js';
import { missingScopes, type ScopeRequirement } from '../domain/scope-requirement.js';
import type { Refusal, RefusalCode, Verdict } from '../domain/verdict.js';
import type { Clock } from '../ports/clock.js';
import type { SecretDigester } from '../ports/secret-digester.js';
import type { SecretHasher } from '../ports/secret-hasher.js';
import { checkState } from './check-state.js';
import type { KeyFinder } from './find-key.js';
import { matchDigest, matchSlowly, needsSlowMatch, type CredentialMatch } from './match-credential.js';
import type { MissingDigests } from './missing-digests.js';
import type { PreparedKey } from './prepared-key.js';
import type { UseRecorder } from './record-use.js';

/** What verification needs from outside. */
export interface VerifyPorts {
  readonly finder: KeyFinder;
  readonly digests: MissingDigests;
  readonly digester: SecretDigester;
  readonly hasher: SecretHasher;
  readonly uses: UseRecorder;
  readonly clock: Clock;
  readonly keyspace: Keyspace;
}

/** One request to be let in. */
export interface VerificationRequest {
  readonly token: string;
  readonly requirement: ScopeRequirement;
  /** The caller's address in canonical form, `null` when it is not known; asked only of keys with an allowlist. */
  readonly address: () => string | null;
}

/** Decides about one request. Rejects with ApiKeysError `unavailable` when the store does not answer. */
export type VerifyApiKey = (request: VerificationRequest) => Promise<Verdict>;

/** Verification, step by step. Everything that can change between two requests is decided in each of them. */
export function createVerifier(ports: VerifyPorts): VerifyApiKey {
  const { keyspace, finder, clock, uses, digests } = ports;

  return async function verifyApiKey({ token, requirement, address }) {
    const parsed = keyspace.format.parse(token);
    if (parsed === null) return refuse('invalid_token');

    const found = await finder.find(parsed.id);
    const proven = await matchCredential(ports, found, parsed);
    if (proven === null) return refuse('invalid_token');

    const { prepared, match } = proven;
    const { key } = prepared;
    if (match.missingDigest !== null) digests.add(key.id, match.credential.id, match.missingDigest);

    const stateRefusal = checkState(key, match.credential, clock.now());
    if (stateRefusal !== null) return refuse(stateRefusal, { keyId: key.id });

    if (key.ipAllowlist !== null && !prepared.allowsAddress(address())) {
      return refuse('address_not_allowed', { keyId: key.id });
    }

    const missing = missingScopes(requirement, prepared.heldScopes);
    if (missing.length > 0) {
      return refuse('insufficient_scope', {
        keyId: key.id,
        requiredScopes: requirement.scopes,
        missingScopes: missing,
      });
    }

    uses.record(key.id);
    return { allowed: true, apiKey: prepared.identity };
  };
}

interface ProvenKey {
  readonly prepared: PreparedKey;
  readonly match: CredentialMatch;
}

/** A secret counts only for the keyspace, environment and prefix that its key was made for. */
async function matchCredential(
  ports: VerifyPorts,
  found: PreparedKey | null,
  token: ParsedToken,
): Promise<ProvenKey | null> {
  const { digester, hasher, keyspace, finder } = ports;
  const { environment } = keyspace;
  const candidate = found !== null && belongsHere(found.key, keyspace) ? found : null;

  const match = matchDigest(digester, candidate?.key ?? null, environment, token);
  if (candidate === null) return null;
  if (match !== null) return { prepared: candidate, match };
  if (!needsSlowMatch(digester, candidate.key)) return null;

  // Copies in caches leave the slow hash out.
  const stored = await finder.findInStore(token.id);
  if (stored === null || !belongsHere(stored.key, keyspace)) return null;
  // Its digest may have been added since the copy was made.
  const digestMatch = matchDigest(digester, stored.key, environment, token);
  if (digestMatch !== null) return { prepared: stored, match: digestMatch };
  const slowMatch = await matchSlowly(digester, hasher, stored.key, environment, token);
  if (slowMatch === null) return null;
  // The slow hash took its time: what counts is the key as it is now.
  const current = await finder.findInStore(token.id);
  const credential = current?.key.credentials.find(({ id }) => id === slowMatch.credential.id);
  if (current === null || credential === undefined) return null;
  return { prepared: current, match: { ...slowMatch, credential } };
}

function belongsHere(key: VerifiableKey, keyspace: Keyspace): boolean {
  return (
    key.keyspace === keyspace.name &&
    key.environment === keyspace.environment &&
    key.hint.prefix === keyspace.format.head
  );
}

function refuse(code: RefusalCode, details: Omit<Refusal, 'allowed' | 'code'> = {}): Refusal {
  return { allowed: false, code, ...details };
}
