import type { Request } from 'express';
import { InvalidFieldError } from '../../domain/key-fields.js';
import { callHost } from '../../http/call-host.js';
import { readFields } from '../../manage/read-fields.js';
import type { JsonRecord } from '../parse-json-object.js';

/** Who wants to sign in. */
export interface NebulaCredentials {
  readonly username: string;
  readonly password: string;
}

/** Who has signed in; what is left out is not shown. */
export interface NebulaUser {
  /** What `verifyAccessToken` will be asked about. */
  readonly jwtToken: string;
  readonly id?: number | string;
  readonly name?: string;
  readonly email?: string;
  readonly is_staff?: boolean;
  readonly is_active?: boolean;
}

/** Checks a password; `null` when it is not right. A rejection is answered like trouble. */
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
  throw new InvalidFieldError('must be a text that is not empty');
}

/** In the order of the documents. */
const shown = ['id', 'name', 'email', 'is_staff', 'is_active', 'jwtToken'] as const;

/**
 * Asks the app.
 *
 * @throws ApiKeysError `internal_error` when the app throws, or answers something else
 */
export function callLogin(
  login: NebulaLogin,
  credentials: NebulaCredentials,
  req: Request,
): Promise<object | null> {
  return callHost(() => login(credentials, req), readLoggedIn);
}

/** Only what is documented leaves, whatever else the app knows of its users. */
function readLoggedIn(answer: unknown): object {
  const user = (answer ?? {}) as Record<string, unknown>;
  if (typeof user['jwtToken'] !== 'string') throw new TypeError('login answers { jwtToken, … } or null');
  return Object.fromEntries(shown.map((name) => [name, user[name]]));
}
