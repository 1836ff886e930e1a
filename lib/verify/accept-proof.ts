import { hash } from 'node:crypto';
import type { Verdict } from '../domain/verdict.js';
import type { Clock } from '../ports/clock.js';
import {
  createDecider,
  type DecideRequest,
  type DecisionPorts,
  type RequestToDecide,
} from './decide-request.js';
import type { LocalCache } from './local-cache.js';
import type { CredentialMatch } from './match-credential.js';
import type { MissingDigests } from './missing-digests.js';
import type { PreparedKey } from './prepared-key.js';

/** What is consulted and recorded once a secret was valid. */
export interface AcceptPorts extends DecisionPorts {
  /** `null` when this process caches no keys. */
  readonly local: LocalCache | null;
  readonly digests: MissingDigests;
  readonly clock: Clock;
}

/** Records that the secret of a request was valid, and decides about the request. */
export type AcceptProof = (
  prepared: PreparedKey,
  match: CredentialMatch,
  request: RequestToDecide & { readonly token: string },
) => Verdict | Promise<Verdict>;

/** Creates what follows a match, whatever the format of the key. */
export function createAcceptor(
  ports: AcceptPorts,
  decide: DecideRequest = createDecider(ports),
): AcceptProof {
  const { local, digests, uses, clock } = ports;
  return function acceptProof(prepared, { credential, missingDigest }, request) {
    if (missingDigest !== null) digests.add(prepared.key.id, credential.id, missingDigest);
    local?.prove(prepared, hashToken(request.token), credential);
    // The slow hash may have taken time: what counts is the present moment.
    return decide(prepared, credential, uses.counterFor(prepared.key), request, clock.now());
  };
}

/** The digest under which an authenticated token is found again; the token itself is not kept. */
export function hashToken(token: string): string {
  return hash('sha256', token, 'base64url');
}
