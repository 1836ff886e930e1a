import type { RequestHeaders } from '../../http/header-lines.js';
import {
  createCredentialReader,
  type ReadRequestCredential,
  type RequestCredential,
} from '../credential-reader.js';

const readBearer = createCredentialReader(['bearer']);
const readKeyHeader = createCredentialReader(['x-api-key']);
const readSecretHeader = createCredentialReader(['x-api-secret']);

/** @param acceptsKeyHeaders - whether `X-API-Key` with `X-API-Secret` is accepted in place of a token */
export function createYativoCredentialReader(acceptsKeyHeaders: boolean): ReadRequestCredential {
  return acceptsKeyHeaders ? readBearerOrPair : readBearer;
}

function readBearerOrPair(req: RequestHeaders): RequestCredential {
  const [bearer, key, secret] = [readBearer(req), readKeyHeader(req), readSecretHeader(req)];
  const found = [bearer, key, secret].filter(({ kind }) => kind !== 'none');
  if (found.some(({ kind }) => kind === 'ambiguous')) return { kind: 'ambiguous' };
  // An id alone proves nothing, and is ignored.
  if (!('token' in key) || !('token' in secret)) return bearer;
  if (bearer.kind !== 'none') return { kind: 'ambiguous' };
  return { kind: 'basic', id: key.token, secret: secret.token, header: secret.header };
}
