import type { Keyspace } from '../domain/keyspace.js';
import type { Keyspaces } from '../domain/keyspaces.js';
import type { ChangeAnnouncer } from '../ports/change-announcer.js';
import type { Clock } from '../ports/clock.js';
import type { CursorSigner } from '../ports/cursor-signer.js';
import type { QueuedStore } from '../ports/queued-store.js';
import type { RandomSource } from '../ports/random-source.js';
import type { SecretDigester } from '../ports/secret-digester.js';
import type { SecretSealer } from '../ports/secret-sealer.js';
import type { SecretHasher } from '../ports/secret-hasher.js';
import type { AuthorityPorts } from './authority.js';

/** The ports of the management commands. */
export interface ManagePorts extends AuthorityPorts {
  readonly store: QueuedStore;
  readonly changes: ChangeAnnouncer;
  readonly hasher: SecretHasher;
  readonly digester: SecretDigester;
  readonly secretSealer: SecretSealer;
  readonly random: RandomSource;
  readonly cursorSigner: CursorSigner;
  readonly clock: Clock;
  /** The keyspace of new keys. */
  readonly keyspace: Keyspace;
  readonly keyspaces: Keyspaces;
}
