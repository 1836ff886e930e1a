import { InvalidOptionError } from '../errors.js';

/** Where credentials are read from: `bearer` for `Authorization: Bearer …`, anything else names a header. */
export type CredentialSource = 'bearer' | 'x-api-key' | (string & {});

/** The places that are read when nothing else was configured. */
export const defaultCredentialSources: readonly CredentialSource[] = ['x-api-key', 'bearer'];

/** One header that is read. */
export interface CredentialHeader {
  /** In lower case. */
  readonly name: string;
  /** Whether the value begins with an authentication scheme. */
  readonly isAuthorization: boolean;
}

/** Each is looked up in every request; more are a mistake. */
const maxSources = 30;

const headerName = /^[a-z0-9!#$%&'*+.^_`|~-]+$/;
/** Headers that have a meaning of their own, so they must not carry a key. */
const takenHeaders = ['authorization', 'cookie', 'host', 'content-type', 'proxy-authorization'];
const urlSources = ['query', 'url', 'path', 'body', 'cookie'];

/**
 * Reads the option `credentialFrom`.
 *
 * @throws InvalidOptionError when it is empty, repeats a place, or names one that keys must not come from: URLs end up in
 * logs and histories (RFC 6750 section 5.3)
 */
export function parseCredentialSources(input: unknown): readonly CredentialHeader[] {
  if (!Array.isArray(input) || input.length === 0) {
    throw new InvalidOptionError(
      "credentialFrom: name at least one place, for example ['x-api-key', 'bearer']",
    );
  }
  const headers = input.map(parseSource);
  const names = new Set(headers.map((header) => header.name));
  if (headers.length > maxSources) {
    throw new InvalidOptionError(`credentialFrom: names more than ${maxSources} places`);
  }
  if (names.size < headers.length) {
    throw new InvalidOptionError('credentialFrom: names a place twice');
  }
  return headers;
}

function parseSource(input: unknown): CredentialHeader {
  const name = typeof input === 'string' ? input.toLowerCase() : '';
  if (name === 'bearer') return { name: 'authorization', isAuthorization: true };
  if (urlSources.includes(name)) {
    throw new InvalidOptionError(
      `credentialFrom: keys are not read from ${name}; they would end up in logs. Use a header`,
    );
  }
  if (!headerName.test(name) || takenHeaders.includes(name)) {
    throw new InvalidOptionError("credentialFrom: takes 'bearer' and names of headers such as 'x-api-key'");
  }
  return { name, isAuthorization: false };
}
