import { getErrorCode } from '../../domain/error-code.js';
import { DatabaseSetupError } from '../database-setup-error.js';
import { describeMissingPrivilege } from './describe-missing-privilege.js';

/** Where an error occurred. */
export interface SetupErrorPlace {
  /** The user of the connection, where it is known. */
  readonly user?: string | null;
  /** The statement; left out while connecting. */
  readonly text?: string;
}

/** Node's codes for a certificate that nothing vouches for. */
const untrusted =
  /^(?:SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_(?:VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT(?:_LOCALLY)?))$/;

/**
 * Explains the errors of PostgreSQL and its driver that go away only when an operator changes something: in words, with
 * what to write. Any other error is returned as it is.
 */
export function toSetupError(error: unknown, place: SetupErrorPlace = {}): unknown {
  const description = describeError(error, place);
  return description === null ? error : new DatabaseSetupError(description, error);
}

function describeError(error: unknown, { user = null, text }: SetupErrorPlace): string | null {
  if (typeof error !== 'object' || error === null || !('message' in error)) return null;
  const message = String(error.message);
  const code = getErrorCode(error) ?? '';
  // Only a reply of the server has a severity.
  if (!('severity' in error)) return describeConnectionError(code, message);
  switch (code) {
    case '42501':
      return describeMissingPrivilege({ message, user, text: text ?? '', isConnecting: text === undefined });
    case '3D000':
      return `PostgreSQL has no such database (${message}). Create it, or correct the name behind the host in the URL: schema and tables are created at start, the database is not`;
    case '28P01':
      return `PostgreSQL refused the password (${message}). Check user and password in the URL or the pool; in a URL, characters such as @ : / # % must be percent-encoded (encodeURIComponent)`;
    case '28000':
      return describeRefusedLogin(message);
    case '53300':
      return `PostgreSQL has no connection left (${message}). A process uses up to 10, and one that listens: raise max_connections, or use a pool of yours with a smaller max, or a pooler`;
    default:
      return null;
  }
}

/** No entry of `pg_hba.conf` fits, or the user may not log in. The sentence names addresses, so it stays in the cause. */
function describeRefusedLogin(message: string): string {
  if (/no encryption|SSL off/.test(message)) {
    return 'No entry of pg_hba.conf on the PostgreSQL server lets this user connect to this database without encryption. Add ?sslmode=verify-full to the URL, or the option ssl to the pool; or correct user and database';
  }
  if (/pg_hba\.conf/.test(message)) {
    return 'No entry of pg_hba.conf on the PostgreSQL server lets this user connect to this database from here. Add one, or correct user and database in the URL or the pool';
  }
  if (/sslmode|insecure/i.test(message)) {
    return 'PostgreSQL accepts encrypted connections only. Add ?sslmode=verify-full to the URL, or the option ssl to the pool';
  }
  return 'PostgreSQL does not let this user log in: there is no such role, or it lacks LOGIN. Correct the user in the URL or the pool';
}

function describeConnectionError(code: string, message: string): string | null {
  if (untrusted.test(code)) {
    return `No known authority vouches for the certificate of the PostgreSQL server (${code}). Give the certificate of its authority: ?sslmode=verify-full&sslrootcert=/path/to/ca.pem in the URL, ssl: { ca } in the pool, or NODE_EXTRA_CA_CERTS`;
  }
  if (code === 'CERT_HAS_EXPIRED') return 'The certificate of the PostgreSQL server has expired. Renew it';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return 'The certificate of the PostgreSQL server is for another host name. Connect by a name that is in it';
  }
  if (/does not support SSL/i.test(message)) {
    return 'The PostgreSQL server does not support TLS. Enable it there (ssl = on), or leave sslmode out of the URL and ssl out of the pool';
  }
  if (/password must be a(?: non-empty)? string/.test(message)) {
    return 'PostgreSQL asks for a password, and none was given. Write it into the URL (postgres://user:password@host/database), or give the pool one';
  }
  if (code === 'ERR_INVALID_URL' || message === 'URI malformed') {
    return 'The PostgreSQL URL cannot be read. In user and password, characters such as @ : / # % must be percent-encoded (encodeURIComponent)';
  }
  return null;
}
