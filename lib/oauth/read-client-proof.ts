import { listHeaderLines, type RequestHeaders } from '../http/header-lines.js';
import type { ClientProof } from '../tokens/authenticate-client.js';
import { TokenError } from '../tokens/token-error.js';
import type { Form } from './read-form.js';

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/**
 * Reads the client authentication of a request (RFC 6749 section 2.3, RFC 7521 section 4.2): exactly one method, used once.
 *
 * @throws TokenError `invalid_request` for several methods at once, `invalid_client` for none
 */
export function readClientProof(req: RequestHeaders, form: Form): ClientProof {
  const authorization = readAuthorization(req);
  const secret = form.get('client_secret');
  const assertion = form.get('client_assertion');
  const methods = [authorization, secret, assertion ?? form.get('client_assertion_type')];
  if (methods.filter((way) => way !== undefined).length > 1) {
    throw new TokenError('invalid_request', 'Use one authentication method: a header, or the body.');
  }
  const clientId = form.get('client_id') ?? null;
  if (authorization !== undefined) return readBasicProof(authorization, clientId);
  if (secret !== undefined) return { method: 'client_secret_post', clientId, secret };
  if (assertion === undefined) throw createMissingClientError();
  if (form.get('client_assertion_type') !== assertionType) {
    throw new TokenError('invalid_request', `Send client_assertion_type=${assertionType}.`);
  }
  return { method: 'private_key_jwt', clientId, assertion };
}

/** The only Authorization header; an empty one, and the scheme alone, count as absent. */
function readAuthorization(req: RequestHeaders): string | undefined {
  const found = listHeaderLines(req, 'authorization');
  if (found.length > 1) throw new TokenError('invalid_request', 'Send one Authorization header.');
  const [value = ''] = found;
  return /^(?:basic)? *$/i.test(value) ? undefined : value;
}

/** `Basic`; both parts are form-encoded before they are joined (RFC 6749 section 2.3.1). */
function readBasicProof(authorization: string, clientId: string | null): ClientProof {
  const [, credentials] = /^basic +(.+)$/i.exec(authorization) ?? [];
  if (credentials === undefined) throw createMissingClientError();
  const text = /^[A-Za-z0-9+/_-]+={0,2}$/.test(credentials)
    ? Buffer.from(credentials, 'base64').toString()
    : '';
  const colon = text.indexOf(':');
  const id = colon === -1 ? null : decodeFormValue(text.slice(0, colon));
  const secret = decodeFormValue(text.slice(colon + 1));
  // Unreadable credentials are an invalid secret, so that they count as a failed attempt.
  if (id === null || secret === null) return { method: 'client_secret_basic', clientId, secret: '' };
  if (clientId !== null && clientId !== id) {
    throw new TokenError('invalid_request', 'client_id is not the one in the Authorization header.');
  }
  return { method: 'client_secret_basic', clientId: id === '' ? null : id, secret };
}

function decodeFormValue(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return null;
  }
}

function createMissingClientError(): TokenError {
  return new TokenError('invalid_client', 'Authenticate with the id of an API key and its secret.');
}
