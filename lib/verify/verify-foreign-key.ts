import { isOfKeyspace, type Keyspaces } from '../domain/keyspaces.js';
import { isSecret } from '../domain/credential.js';
import { listForeignTokens, type ForeignToken } from '../domain/foreign-token.js';
import type { Refusal, Verdict } from '../domain/verdict.js';
import type { SecretDigester } from '../ports/secret-digester.js';
import { createAcceptor, hashToken } from './accept-proof.js';
import { createDecider } from './decide-request.js';
import { findCurrentKey } from './find-current-key.js';
import { isOfNoKey } from './is-of-no-key.js';
import { isUnproven, matchDigest } from './match-credential.js';
import { noteSource } from './note-source.js';
import type { PreparedKey } from './prepared-key.js';
import { SlowMatches } from './slow-matches.js';
import type { ApiKeyVerifier, VerificationRequest, VerifyPorts } from './verify-api-key.js';

/** Reads what a string of another system stands for, once for each format and pepper; of our own keys, and of junk, nothing. */
export type ReadForeignTokens = (text: string) => readonly ForeignToken[];

/** Creates that reader. Strings without any of the formats cost no hash. */
export function createForeignReader(keyspaces: Keyspaces, digester: SecretDigester): ReadForeignTokens {
  const { native, foreign } = keyspaces;
  return function readForeignTokens(text) {
    const formats = foreign.listMatching(text);
    if (formats.length === 0 || keyspaces.parse(text) !== null) return [];
    return formats.flatMap((format) => {
      const key = format.read(text);
      return key === null ? [] : listForeignTokens(digester, native.environment, native.format.id, key);
    });
  };
}

/**
 * Lets a verifier accept imported keys by the strings that their clients have always sent. A string is looked at only after the
 * verifier has refused it as no key of ours: our own keys pay nothing. From then on an imported key is a key like any other, found
 * by its id, under the same lease and with the same caches.
 */
export function acceptForeignKeys(
  verifier: ApiKeyVerifier,
  ports: VerifyPorts,
  readTokens: ReadForeignTokens,
): ApiKeyVerifier {
  const { keyspaces, finder, local, lease, clock, digester } = ports;
  const { native } = keyspaces;
  const decide = createDecider(ports);
  const accept = createAcceptor(ports, decide);
  const slow = new SlowMatches(ports);

  function tryMatch(
    prepared: PreparedKey | null,
    token: ForeignToken,
    request: VerificationRequest,
  ): Verdict | Promise<Verdict> | null {
    const candidate = prepared !== null && isOfKeyspace(native, prepared.key) ? prepared : null;
    // An unknown key costs the same digest as a known one.
    const match = matchDigest(digester, candidate?.key ?? null, native.environment, token);
    return candidate === null || match === null ? null : accept(candidate, match, request);
  }

  function verifyForeignAtOnce(
    request: VerificationRequest,
    refusal: Refusal,
  ): Verdict | Promise<Verdict> | null {
    const now = clock.now();
    if (!lease.isHeld(now)) {
      local?.forgetAll();
      return readTokens(request.token).length === 0 ? refusal : null;
    }
    const proven = local?.findByToken(hashToken(request.token), now);
    if (proven !== undefined) {
      return decide(proven.entry.prepared, proven.credential, proven.entry.uses, request, now);
    }
    let isEveryoneKnown = true;
    for (const token of readTokens(request.token)) {
      const prepared = local?.findById(token.id, now);
      if (prepared === undefined && !finder.isKnownAbsent(token.id)) isEveryoneKnown = false;
      const verdict = tryMatch(prepared ?? null, token, request);
      if (verdict !== null) return verdict;
      if (needsComparison(prepared ?? null, token)) isEveryoneKnown = false;
    }
    return isEveryoneKnown ? refusal : null;
  }

  return {
    verifyAtOnce(request) {
      const verdict = verifier.verifyAtOnce(request);
      if (verdict === null || verdict instanceof Promise || !isOfNoKey(verdict)) return verdict;
      return keyspaces.foreign.recognises(request.token) ? verifyForeignAtOnce(request, verdict) : verdict;
    },

    async verify(request) {
      const tokens = readTokens(request.token);
      if (tokens.length === 0) return verifier.verify(request);
      for (const token of tokens) {
        const prepared = await findCurrentKey(ports, token.id, request.trace);
        const verdict = tryMatch(prepared, token, request);
        if (verdict !== null) return verdict;
        if (!needsComparison(prepared, token)) continue;
        noteSource(request.trace, null);
        const outcome = await slow.match(token, request.token, request.address());
        if (outcome === null) continue;
        if (!('prepared' in outcome)) return outcome;
        // The cached copy has no digest: the next request reads the key again.
        finder.forget(token.id);
        return accept(outcome.prepared, outcome.match, request);
      }
      return { allowed: false, code: 'invalid_token' };
    },
  };
}

/** Whether what was stored has to be compared: until an imported key is used for the first time. */
function needsComparison(prepared: PreparedKey | null, { comparison }: ForeignToken): boolean {
  return (
    comparison !== null && prepared !== null && prepared.key.credentials.filter(isSecret).some(isUnproven)
  );
}
