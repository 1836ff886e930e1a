import type { Request } from 'express';
import type { AccessNote } from '../audit/access-recorder.js';
import type { ApiKeyIdentity } from '../domain/api-key-identity.js';
import type { AuditActor } from '../domain/audit-entry.js';
import type { Refusal } from '../domain/verdict.js';
import { maySecretBeIn, maySecretBeSplitIn } from '../domain/secret-like.js';
import type { ClientAddress } from './client-address.js';
import type { RequestIdReader } from './request-id-reader.js';
import { describeMethod } from './describe-method.js';
import { describeRoute } from './describe-route.js';
import type { MountWords } from './mount-words.js';

/** The key, owner and actor of a refused request; omitted if unknown. */
export interface Concerned {
  readonly keyId?: string | null | undefined;
  readonly ownerId?: string | null | undefined;
  readonly actor?: AuditActor | undefined;
  /** The route, as the package itself defines it. */
  readonly route?: string | undefined;
}

/** Records requests in the access log. Never throws, and is never awaited. */
export interface AccessNotes {
  /** A request was refused with this code. */
  refused(req: Request, code: string, concerned: Concerned): void;
  /** A request was authenticated with a secret that a rotation has replaced. */
  usedDeprecatedSecret(req: Request, apiKey: KeyOfOwner): void;
  /** A call of the app without a request, to a method of this name, was refused. */
  refusedCall(method: string, refusal: Refusal, address: string | null): void;
  /** Such a call was allowed with a secret that a rotation has replaced. */
  calledWithDeprecatedSecret(method: string, apiKey: KeyOfOwner, address: string | null): void;
}

type KeyOfOwner = Pick<ApiKeyIdentity, 'id' | 'ownerId'>;

/**
 * @param note - takes one note, see `AccessRecorder`
 * @param isIdOfKey - whether a string has the form of a key id: what a request names may be a secret instead
 * @param isKey - whether there is a key in a string, of whichever keyspace or system
 * @param words - of mount paths
 */
export function createAccessNotes(
  note: (note: AccessNote) => void,
  clientAddress: ClientAddress,
  readRequestId: RequestIdReader,
  isIdOfKey: (id: string) => boolean,
  isKey: (text: string) => boolean,
  words: MountWords,
): AccessNotes {
  function getNamableKeyId(keyId: string | null): string | null {
    if (keyId === null || isKey(keyId)) return null;
    return isIdOfKey(keyId) || !(maySecretBeIn(keyId) || maySecretBeSplitIn(keyId)) ? keyId : null;
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
        keyId: getNamableKeyId(keyId),
        ownerId,
        actor: actor ?? null,
        address: clientAddress(req),
        method: describeMethod(req),
        route: route ?? describeRoute(req, words),
        requestId: readRequestId(req),
      });
    } catch {
      // A request that cannot be read is still answered.
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
