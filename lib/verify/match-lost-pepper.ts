import { isSecret } from '../domain/credential.js';
import { isOfKeyspace, type TokenOfKeyspace } from '../domain/keyspaces.js';
import type { SecretDigester } from '../ports/secret-digester.js';
import type { SecretHasher } from '../ports/secret-hasher.js';
import type { KeyFinder } from './find-key.js';
import { matchDigest, matchSlowly, type CredentialMatch } from './match-credential.js';
import type { PreparedKey } from './prepared-key.js';

/** What a secret is matched with when its pepper was lost. */
export interface LostPepperParts {
  readonly finder: Pick<KeyFinder, 'findInStore'>;
  readonly digester: SecretDigester;
  readonly hasher: SecretHasher;
}

/** An authenticated key, and the credential that matched. */
export interface ProvenKey {
  readonly prepared: PreparedKey;
  readonly match: CredentialMatch;
}

/**
 * Matches a secret when no stored digest was made with a known pepper: by the slow hash, which cached copies leave
 * out.
 */
export async function matchWithoutPepper(
  parts: LostPepperParts,
  token: TokenOfKeyspace,
): Promise<ProvenKey | null> {
  const { finder, digester, hasher } = parts;
  const { keyspace } = token;
  const stored = await finder.findInStore(token.id);
  if (stored === null || !isOfKeyspace(keyspace, stored.key)) return null;
  // The digest may have been added since the copy was made.
  const digestMatch = matchDigest(digester, stored.key, keyspace.environment, token);
  if (digestMatch !== null) return { prepared: stored, match: digestMatch };
  const slowMatch = await matchSlowly(digester, hasher, stored.key, keyspace.environment, token);
  if (slowMatch === null) return null;
  // The slow hash takes time: what counts is the present state of the key.
  const current = await finder.findInStore(token.id);
  const credential = current?.key.credentials
    .filter(isSecret)
    .find(({ id }) => id === slowMatch.credential.id);
  if (current === null || credential === undefined) return null;
  return { prepared: current, match: { ...slowMatch, credential } };
}
