import type { VerifiableKey } from '../domain/api-key.js';
import { isSecret, type VerifiableSecret } from '../domain/credential.js';
import type { ParsedToken } from '../domain/key-format.js';
import type { SecretDigester } from '../ports/secret-digester.js';
import type { SecretHasher } from '../ports/secret-hasher.js';

/** The credential that a secret belongs to, and its digest under the current pepper when that is not stored yet. */
export interface CredentialMatch {
  readonly credential: VerifiableSecret;
  readonly missingDigest: string | null;
}

/**
 * Compares a secret with the fast digests of a key, each in constant time. `null` means that none matches.
 *
 * An unknown key costs the same digest and the same comparison as a known one.
 */
export function matchDigest(
  digester: SecretDigester,
  key: VerifiableKey | null,
  environment: string,
  token: ParsedToken,
): CredentialMatch | null {
  const currentId = getCurrentPepperId(digester);
  const digest = digester.digest(currentId, environment, token.id, token.secret);
  const match = findByDigest(digester, key, currentId, digest);
  if (match !== null || key === null) {
    return match === null ? null : { credential: match, missingDigest: null };
  }

  for (const pepperId of digester.pepperIds.slice(1)) {
    if (!listSecrets(key).some((secret) => Object.hasOwn(secret.digests, pepperId))) continue;
    const older = digester.digest(pepperId, environment, token.id, token.secret);
    const found = findByDigest(digester, key, pepperId, older);
    if (found === null) continue;
    const isStored = Object.hasOwn(found.digests, currentId);
    return { credential: found, missingDigest: isStored ? null : digest };
  }
  return null;
}

function findByDigest(
  digester: SecretDigester,
  key: VerifiableKey | null,
  pepperId: string,
  digest: string,
): VerifiableSecret | null {
  let match: VerifiableSecret | null = null;
  for (const credential of key === null ? [noSecret] : listSecrets(key)) {
    const stored = Object.hasOwn(credential.digests, pepperId) ? credential.digests[pepperId] : null;
    // Every credential is compared, so that the time does not reveal which one matched.
    const isEqual = digester.equal(stored ?? noDigest, digest);
    if (isEqual && typeof stored === 'string') match ??= credential;
  }
  return match;
}

const noDigest = '0'.repeat(64);
const noSecret: VerifiableSecret = {
  id: '',
  kind: 'secret',
  digests: {},
  createdAt: 0,
  endedAt: null,
  endsAt: null,
  graceFromFirstUseSeconds: null,
  sealedSecret: null,
};

/** The secrets of a key; without any, one that matches nothing, so that the time does not reveal it. */
function listSecrets(key: VerifiableKey): readonly VerifiableSecret[] {
  const secrets = key.credentials.filter(isSecret);
  return secrets.length === 0 ? [noSecret] : secrets;
}

/** Whether a key has a credential without a digest under any known pepper: its pepper was lost. */
export function needsSlowMatch(digester: SecretDigester, key: VerifiableKey): boolean {
  return key.credentials.some(
    (credential) => isSecret(credential) && !isUnproven(credential) && isUndigested(digester, credential),
  );
}

/** Whether a secret was imported with a slow hash and not used since: it has no digest at all. Our own have one from the start. */
export function isUnproven({ digests }: VerifiableSecret): boolean {
  for (const _ in digests) return false;
  return true;
}

function isUndigested(digester: SecretDigester, credential: VerifiableSecret): boolean {
  return !digester.pepperIds.some((pepperId) => Object.hasOwn(credential.digests, pepperId));
}

/**
 * Compares a secret with the durable hashes of a key whose pepper was lost. The first bytes of the secret's SHA-256
 * must match before the slow hash is computed: a wrong secret at a known id costs no more here than anywhere else.
 *
 * @throws ApiKeysError `unavailable` when the queue of the slow hash is full
 */
export async function matchSlowly(
  digester: SecretDigester,
  hasher: SecretHasher,
  key: VerifiableKey,
  environment: string,
  token: ParsedToken,
): Promise<CredentialMatch | null> {
  const check = digester.secretCheck(token.secret);
  for (const credential of key.credentials.filter(isSecret)) {
    const { bcryptHash, secretCheck } = credential;
    if (bcryptHash === undefined || secretCheck === undefined) continue;
    if (!isUndigested(digester, credential) || !digester.equal(secretCheck, check)) continue;
    if (!(await hasher.matches(token.secret, bcryptHash))) continue;
    const currentId = getCurrentPepperId(digester);
    const missingDigest = digester.digest(currentId, environment, token.id, token.secret);
    return { credential, missingDigest };
  }
  return null;
}

function getCurrentPepperId(digester: SecretDigester): string {
  const [currentId] = digester.pepperIds;
  if (currentId === undefined) throw new TypeError('a digester knows at least one pepper');
  return currentId;
}
