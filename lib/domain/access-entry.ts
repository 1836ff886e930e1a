import type { AuditActor } from './audit-entry.js';

/** What the access log records about requests. */
export type AccessAction =
  /** A request was refused, by a guard or by the management API. */
  | 'access.refused'
  /** A request was allowed with a secret that a rotation has replaced. */
  | 'access.deprecated_secret'
  /** A window had more distinct requests than it has rows for; only their number is known. */
  | 'access.overflow';

/** Every {@link AccessAction}. */
export const accessActions: readonly AccessAction[] = [
  'access.refused',
  'access.deprecated_secret',
  'access.overflow',
];

/** One or more similar requests. Never contains a secret, a hash, a token, a query string or a value from the path. */
export interface AccessEntry {
  /** Random. */
  readonly id: string;
  readonly action: AccessAction;
  /** The `code` of the response; `null` for allowed requests and for an overflow. */
  readonly code: string | null;
  /** When the first of them arrived, in epoch milliseconds. */
  readonly at: number;
  /** When the last of them arrived, in epoch milliseconds. */
  readonly lastAt: number;
  /** How many, at least 1. */
  readonly count: number;
  /** The key whose secret was valid, or that a management request was about; `null` if there is none. */
  readonly keyId: string | null;
  /** The owner of the key, or the owner that sent the request; `null` if unknown. */
  readonly ownerId: string | null;
  /** The caller of the management API; `null` for requests to the app. */
  readonly actor: AuditActor | null;
  /** The address that the first of them came from, in canonical form; `null` if unknown. */
  readonly address: string | null;
  /** The HTTP method, `OTHER` for one that Node.js does not know; `''` without HTTP. */
  readonly method: string;
  /** The route, with placeholders for anything that could be a value. */
  readonly route: string;
  /** The request id of the first of them. */
  readonly requestId: string | null;
}
