import type { ApiKey } from '../domain/api-key-view.js';

/** A key after a change. */
export interface ChangedKey extends ApiKey {
  /** `null` when every process sees the change already; otherwise when all of them do at the latest. */
  readonly effectiveBy: Date | null;
}

/** A new key with its token. */
export interface CreatedKey extends ChangedKey {
  /** The token to hand to the owner. It is shown this once, and cannot be read again. */
  readonly key: string;
}

/** A key after a rotation, with its new token. */
export interface RotatedKey extends ChangedKey {
  /** The token to hand to the owner. It is shown this once, and cannot be read again. */
  readonly key: string;
}

/** Without a public key (`P` is `never`) there is a token to be shown. */
export type WithTokenUnless<P extends string, T extends ChangedKey> = [P] extends [never] ? T : ChangedKey;
