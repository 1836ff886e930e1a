import type { IncomingMessage } from 'node:http';
import {
  createCredentialOfRequest,
  type CredentialOf,
  type RequestCredential,
} from '../credential-of-request.js';

const bearerOf = createCredentialOfRequest(['bearer']);
const keyOf = createCredentialOfRequest(['x-api-key']);
const secretOf = createCredentialOfRequest(['x-api-secret']);

/** @param acceptsKeyHeaders - whether `X-API-Key` with `X-API-Secret` counts like a token */
export function createYativoCredential(acceptsKeyHeaders: boolean): CredentialOf {
  return acceptsKeyHeaders ? bearerOrPair : bearerOf;
}

function bearerOrPair(req: Pick<IncomingMessage, 'rawHeaders'>): RequestCredential {
  const [bearer, key, secret] = [bearerOf(req), keyOf(req), secretOf(req)];
  const found = [bearer, key, secret].filter(({ kind }) => kind !== 'none');
  if (found.some(({ kind }) => kind === 'ambiguous')) return { kind: 'ambiguous' };
  // An id is no proof: alone it is as if nothing was sent.
  if (!('token' in key) || !('token' in secret)) return bearer;
  if (bearer.kind !== 'none') return { kind: 'ambiguous' };
  return { kind: 'basic', id: key.token, secret: secret.token, header: secret.header };
}
