import type { AuditActor } from './audit-entry.js';

/** What the access log tells of requests. */
export type AccessAction =
  /** A request was refused: by a guard, or by the management side. */
  | 'access.refused'
  /** A request was let in with a secret that a rotation has replaced. */
  | 'access.deprecated_secret'
  /** More happened in a window than it has rows for; only their number is known. */
  | 'access.overflow';

/** Every {@link AccessAction}. */
export const accessActions: readonly AccessAction[] = [
  'access.refused',
  'access.deprecated_secret',
  'access.overflow',
];

/** One or several requests that were alike. It never holds a secret, a hash, a token, a query or what a path held. */
export interface AccessEntry {
  /** Random. */
  readonly id: string;
  readonly action: AccessAction;
  /** The `code` of the answer; `null` for what was let in, and for an overflow. */
  readonly code: string | null;
  /** The first of them, epoch milliseconds. */
  readonly at: number;
  /** The last of them. */
  readonly lastAt: number;
  /** How many, at least 1. */
  readonly count: number;
  /** The key whose secret was right, or that the management side was asked about; `null` when there is none. */
  readonly keyId: string | null;
  /** Whose key it is, or which owner asked; `null` when that is not known. */
  readonly ownerId: string | null;
  /** Who asked the management side; `null` for requests to the app. */
  readonly actor: AuditActor | null;
  /** Where the first of them came from, in canonical form; `null` when that is not known. */
  readonly address: string | null;
  /** The HTTP method, `''` without HTTP. */
  readonly method: string;
  /** The route, with placeholders for what could be a value. */
  readonly route: string;
  /** The id that the first of them came with. */
  readonly requestId: string | null;
}
