import type { Request } from 'express';
import type { AccessNote } from '../audit/access-recorder.js';
import type { ApiKeyIdentity } from '../domain/api-key-identity.js';
import type { AuditActor } from '../domain/audit-entry.js';
import type { Refusal } from '../domain/verdict.js';
import { maySecretBeIn } from '../domain/secret-like.js';
import type { ClientAddress } from './client-address.js';
import { requestIdOf } from './request-id.js';
import { routeOf } from './route-of.js';

/** Who is concerned by a refusal; what is left out is not known. */
export interface Concerned {
  readonly keyId?: string | null | undefined;
  readonly ownerId?: string | null | undefined;
  readonly actor?: AuditActor | undefined;
  /** The route as the package itself has it. */
  readonly route?: string | undefined;
}

/** Writes down what is worth knowing of requests. Never throws, and nobody waits for it. */
export interface AccessNotes {
  /** A request was refused with this code. */
  refused(req: Request, code: string, concerned: Concerned): void;
  /** A request was let in with a secret that a rotation has replaced. */
  usedDeprecatedSecret(req: Request, apiKey: KeyOfOwner): void;
  /** The app asked without a request, by a method of this name, and was told no. */
  refusedCall(method: string, refusal: Refusal, address: string | null): void;
  /** The app let somebody in so, with a secret that a rotation has replaced. */
  calledWithDeprecatedSecret(method: string, apiKey: KeyOfOwner, address: string | null): void;
}

type KeyOfOwner = Pick<ApiKeyIdentity, 'id' | 'ownerId'>;

/**
 * @param note - takes one note, see `AccessRecorder`
 * @param isIdOfKey - whether a text is written like the ids of keys: what a request names may be a secret instead
 */
export function createAccessNotes(
  note: (note: AccessNote) => void,
  clientAddress: ClientAddress,
  isIdOfKey: (text: string) => boolean,
): AccessNotes {
  function namedKey(keyId: string | null): string | null {
    return keyId === null || isIdOfKey(keyId) || !maySecretBeIn(keyId) ? keyId : null;
  }

  function noteRequest(
    req: Request,
    action: AccessNote['action'],
    code: string | null,
    { keyId = null, ownerId = null, actor, route }: Concerned,
  ): void {
    try {
      note({
        action,
        code,
        keyId: namedKey(keyId),
        ownerId,
        actor: actor ?? null,
        address: clientAddress(req),
        method: req.method,
        route: route ?? routeOf(req),
        requestId: requestIdOf(req),
      });
    } catch {
      // A request that cannot be read is answered all the same.
    }
  }

  return {
    refused: (req, code, concerned) => noteRequest(req, 'access.refused', code, concerned),
    usedDeprecatedSecret: (req, { id, ownerId }) =>
      noteRequest(req, 'access.deprecated_secret', null, { keyId: id, ownerId }),
    refusedCall: (route, { code, keyId = null, ownerId = null }, address) =>
      note({ ...withoutRequest, action: 'access.refused', code, keyId, ownerId, route, address }),
    calledWithDeprecatedSecret: (route, { id: keyId, ownerId }, address) =>
      note({
        ...withoutRequest,
        ...{ action: 'access.deprecated_secret', code: null, keyId, ownerId, route, address },
      }),
  };
}

/** What a call of the app's own does not have. */
const withoutRequest = { actor: null, method: '', requestId: null } as const;
