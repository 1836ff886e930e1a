import type { AccessNote } from './audit/access-recorder.js';
import type { ApiKeyIdentity } from './domain/api-key-identity.js';

/** The app let somebody in without a request, by a method of this name, with a secret that a rotation has replaced. */
export type DeprecatedCall = (
  method: string,
  apiKey: Pick<ApiKeyIdentity, 'id' | 'ownerId'>,
  address: string | null,
) => void;

/** @param note - takes one note, see `AccessRecorder` */
export function createDeprecatedCall(note: (note: AccessNote) => void): DeprecatedCall {
  return (method, { id: keyId, ownerId }, address) =>
    note({
      ...{ action: 'access.deprecated_secret', code: null, keyId, ownerId, address },
      ...{ actor: null, method: '', route: method, requestId: null },
    });
}
