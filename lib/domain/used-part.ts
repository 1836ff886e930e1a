/** A part of a key whose use is recorded: a scope that a request needed, or a secret that a rotation had replaced. */
export interface KeyPart {
  readonly kind: 'scope' | 'secret';
  /** The scope, or the id of the credential. */
  readonly name: string;
}

/** A part of a key with the days (UTC) on which it was used. Days are epoch milliseconds of their beginning. */
export interface UsedPart extends KeyPart {
  readonly keyId: string;
  readonly firstUsedOn: number;
  readonly lastUsedOn: number;
}
