import type { VerifiableKey } from '../domain/api-key.js';
import type { Keyspace } from '../domain/keyspace.js';

/** A secret counts only for the keyspace, environment and prefix that its key was made for. */
export function belongsTo(keyspace: Keyspace, key: VerifiableKey): boolean {
  return (
    key.keyspace === keyspace.name &&
    key.environment === keyspace.environment &&
    key.hint.prefix === keyspace.format.head
  );
}
