/** Times are epoch milliseconds, JSON is text, booleans are 0 or 1: SQLite and PostgreSQL run the same statements. */
export interface Tables {
  keys: KeysTable;
  key_uses: KeyUsesTable;
  credentials: CredentialsTable;
  credential_digests: CredentialDigestsTable;
  audit_events: AuditEventsTable;
  audit_head: AuditHeadTable;
  instances: InstancesTable;
  schema_versions: SchemaVersionsTable;
}

export interface KeysTable {
  id: string;
  keyspace: string;
  owner_id: string;
  name: string;
  description: string | null;
  /** JSON list. */
  scopes: string;
  environment: string;
  enabled: number;
  revoked_at: number | null;
  expires_at: number | null;
  /** JSON list, or null for any address. */
  ip_allowlist: string | null;
  /** JSON object. */
  metadata: string;
  hint_prefix: string;
  hint_last_four: string;
  version: number;
  created_at: number;
  updated_at: number;
}

/**
 * When and how often keys were used. Apart from the keys, because it is written far more often: a use rewrites no wide row, and
 * its row locks and those of changes never meet, so that neither waits for the other.
 */
export interface KeyUsesTable {
  key_id: string;
  last_used_at: number;
  use_count: number;
}

export interface CredentialsTable {
  key_id: string;
  id: string;
  /**
   * Place in the record's list, the highest number first: times of creation may be equal. Rotation puts a new credential
   * in front, and counting this way the others keep their numbers.
   */
  position: number;
  kind: string;
  bcrypt_hash: string | null;
  secret_check: string | null;
  created_at: number;
  ended_at: number | null;
  ends_at: number | null;
}

export interface CredentialDigestsTable {
  key_id: string;
  credential_id: string;
  pepper_id: string;
  digest: string;
}

export interface AuditEventsTable {
  sequence: number;
  key_id: string;
  owner_id: string;
  action: string;
  at: number;
  /** The bytes that the hash covers; the columns before are copies to filter by. */
  payload: string;
  hash: string;
}

/** One row: the last number given, and the lock that puts all changes in order. */
export interface AuditHeadTable {
  id: number;
  sequence: number;
  hash: string;
}

/** The processes that follow the trail; `Instance` of lib/ports/change-feed.ts says what the columns mean. */
export interface InstancesTable {
  id: string;
  beat: number;
  acked: number;
  lease_ms: number;
}

export interface SchemaVersionsTable {
  version: number;
  name: string;
}
