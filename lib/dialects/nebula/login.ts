import type { Request } from 'express';
import { InvalidFieldError } from '../../domain/key-fields.js';
import { callHost } from '../../http/call-host.js';
import { readFields } from '../../manage/read-fields.js';
import type { JsonRecord } from '../parse-json-object.js';

/** The credentials of a login. */
export interface NebulaCredentials {
  readonly username: string;
  readonly password: string;
}

/** A logged-in user; omitted fields are omitted in the response. */
export interface NebulaUser {
  /** A token that `verifyAccessToken` accepts. */
  readonly jwtToken: string;
  readonly id?: number | string;
  readonly name?: string;
  readonly email?: string;
  readonly is_staff?: boolean;
  readonly is_active?: boolean;
}

/** Checks a password; `null` when it is invalid. A rejection is answered as an internal error. */
export type NebulaLogin = (
  credentials: NebulaCredentials,
  req: Request,
) => NebulaUser | null | Promise<NebulaUser | null>;

/** @throws ApiKeysError `invalid_request` */
export function readCredentials(body: JsonRecord | null): NebulaCredentials {
  const { username, password } = body ?? {};
  const readers = { username: parseNonEmptyString, password: parseNonEmptyString };
  return readFields<NebulaCredentials, keyof NebulaCredentials>({ username, password }, readers, [
    'username',
    'password',
  ]);
}

function parseNonEmptyString(value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new InvalidFieldError('must be a string that is not empty');
}

/** The fields of the response, in the order of the documents. */
const shown = ['id', 'name', 'email', 'is_staff', 'is_active', 'jwtToken'] as const;

/**
 * Calls the app's function.
 *
 * @throws ApiKeysError `internal_error` when it throws, or returns anything else
 */
export function callLogin(
  login: NebulaLogin,
  credentials: NebulaCredentials,
  req: Request,
): Promise<object | null> {
  return callHost(() => login(credentials, req), readLoggedIn);
}

/** Only documented fields are returned, whatever else the app includes. */
function readLoggedIn(answer: unknown): object {
  const user = (answer ?? {}) as Record<string, unknown>;
  if (typeof user['jwtToken'] !== 'string') throw new TypeError('login answers { jwtToken, … } or null');
  return Object.fromEntries(shown.map((name) => [name, user[name]]));
}
