import type { Generated } from 'kysely';
import type { KeyFieldColumns } from './key-field-columns.js';

/**
 * Times are epoch milliseconds, JSON is text, booleans are 0 or 1, so that SQLite and PostgreSQL run the same
 * statements.
 */
export interface Tables {
  keys: KeysTable;
  removed_keys: RemovedKeysTable;
  owners: OwnersTable;
  key_uses: KeyUsesTable;
  key_usage: KeyUsageTable;
  key_used_parts: KeyUsedPartsTable;
  key_routes: KeyRoutesTable;
  key_credits: KeyCreditsTable;
  owner_credits: OwnerCreditsTable;
  credentials: CredentialsTable;
  credential_digests: CredentialDigestsTable;
  audit_events: AuditEventsTable;
  audit_head: AuditHeadTable;
  access_events: AccessEventsTable;
  observed_refusals: ObservedRefusalsTable;
  idempotency_keys: IdempotencyKeysTable;
  expiry_notices: ExpiryNoticesTable;
  nonces: NoncesTable;
  signing_keys: SigningKeysTable;
  refresh_grants: RefreshGrantsTable;
  revoked_tokens: RevokedTokensTable;
  instances: InstancesTable;
  signature_place: SignaturePlaceTable;
  event_queues: EventQueuesTable;
  event_deliveries: EventDeliveriesTable;
  webhooks: WebhooksTable;
  schema_versions: SchemaVersionsTable;
}

export interface KeysTable extends KeyFieldColumns {
  id: string;
  keyspace: string;
  owner_id: string;
  number: number | null;
  environment: string;
  enabled: number;
  revoked_at: number | null;
  revocation_reason: string | null;
  revocation_comment: string | null;
  has_credits: number;
  max_idle_days: number | null;
  /** Null for keys from before there was one: `created_at` counts. */
  activated_at: number | null;
  hint_prefix: string;
  hint_last_four: string;
  version: number;
  created_at: number;
  /** The author of its creation; null in rows from before authors were recorded. */
  created_by_kind: string | null;
  created_by_id: string | null;
  created_by_member_id: string | null;
  created_by_member_name: string | null;
  /** The key that made it. */
  parent_id: string | null;
  updated_at: number;
}

/** What is left of keys that were removed: no other key gets their id, or their number. */
export interface RemovedKeysTable {
  id: string;
  keyspace: string;
  owner_id: string;
  number: number | null;
}

/** What is known of owners; `OwnerRecord` of lib/domain/owner.ts describes the columns. */
export interface OwnersTable {
  owner_id: string;
  plan: string | null;
  /** JSON. */
  overrides: string | null;
  suspended_at: number | null;
  suspension_reason: string | null;
  version: number;
  created_at: number;
  updated_at: number;
}

/**
 * When and how often keys were used. A table of its own, because it is written far more often than keys: a use
 * rewrites no wide row, and its row locks and those of changes never meet, so that neither waits for the other.
 */
export interface KeyUsesTable {
  key_id: string;
  last_used_at: number;
  use_count: number;
  last_used_address: string | null;
}

/** How often a key was used in one hour, by verdict. */
export interface KeyUsageTable {
  key_id: string;
  /** When the hour begins. */
  hour: number;
  /** `allowed`, or the code of a refusal. */
  verdict: string;
  count: number;
}

/** How often a key was used on one day, by route and class of status. */
export interface KeyRoutesTable {
  key_id: string;
  /** When the day begins. */
  day: number;
  /** As the app has declared it; `other` for those beyond the bound. */
  route: string;
  status: string;
  count: number;
}

/** A scope of a key that requests needed, or a replaced secret that was used; one row for each, with days of its use. */
export interface KeyUsedPartsTable {
  key_id: string;
  kind: 'scope' | 'secret';
  /** The scope, or the id of the credential. */
  name: string;
  /** When the first day begins (UTC). */
  first_used_on: number;
  last_used_on: number;
}

/** The credits of a key; a table of its own, because it is written with every use. */
export interface KeyCreditsTable {
  key_id: string;
  remaining: number;
  refill_amount: number | null;
  refill_interval_seconds: number | null;
  refilled_at: number;
}

/** What the keys of an owner have spent of shared credits; `SpentCredits` of lib/domain/plan-credits.ts describes the columns. */
export interface OwnerCreditsTable {
  owner_id: string;
  environment: string;
  spent: number;
  since: number;
}

export interface CredentialsTable {
  key_id: string;
  id: string;
  /**
   * The position in the record's list, the highest number first, because times of creation may be equal. Rotation
   * inserts a new credential in front, and numbered this way the others keep their numbers.
   */
  position: number;
  kind: string;
  bcrypt_hash: string | null;
  secret_check: string | null;
  /** Only of secrets that sign requests. */
  sealed_secret: string | null;
  /** This and the next three only of public keys. */
  algorithm: string | null;
  spki: string | null;
  sha256_fingerprint: string | null;
  md5_fingerprint: string | null;
  created_at: number;
  ended_at: number | null;
  ends_at: number | null;
  grace_from_first_use_seconds: number | null;
}

export interface CredentialDigestsTable {
  key_id: string;
  credential_id: string;
  pepper_id: string;
  digest: string;
}

export interface AuditEventsTable {
  sequence: number;
  /** Empty for a change of an owner. */
  key_id: string;
  owner_id: string;
  action: string;
  actor_id: string | null;
  member_id: string | null;
  at: number;
  /** The bytes that the hash covers; the columns before are copies for filters. */
  payload: string;
  /** What may name a person; the payload has its hash. Null: nothing, or it was erased. */
  personal: string | null;
  hash: string;
}

/** One row: the last sequence number, and the lock that orders all changes. */
export interface AuditHeadTable {
  id: number;
  sequence: number;
  hash: string;
  /** Entries up to this one were cut off by retention; 0: none. */
  start_sequence: Generated<number>;
  /** Its hash. */
  start_hash: Generated<string>;
  /** The entry that records the cut. */
  start_entry: Generated<number>;
  /** The history that the server continued when it took the last change; empty where that cannot be read. */
  history: Generated<string>;
  /** Since when, by the time of the server; 0: it is the first one. */
  history_since: Generated<number>;
}

/** Refused requests and other noteworthy requests: batched, counted and bounded, never part of the trail. */
export interface AccessEventsTable {
  /** Random. */
  id: string;
  at: number;
  action: string;
  code: string | null;
  key_id: string | null;
  owner_id: string | null;
  /** JSON; the columns before are copies for filters. */
  payload: string;
}

/** What guards in observe mode would have refused; `ObservedRefusal` of lib/domain/observed-refusal.ts describes the columns. */
export interface ObservedRefusalsTable {
  hour: number;
  method: string;
  route: string;
  code: string;
  /** Empty without a key, as `owner_id`. */
  key_id: string;
  owner_id: string;
  count: number;
  first_at: number;
  last_at: number;
}

/** Changes that a caller may repeat without making them twice. */
export interface IdempotencyKeysTable {
  /** Digest of the caller, the route and the header. */
  name: string;
  payload_hash: string;
  key_id: string;
  created_at: number;
}

/** Recorded notices of keys' expiry. */
export interface ExpiryNoticesTable {
  key_id: string;
  expires_at: number;
  threshold_seconds: number;
}

/** Nonces: what must not be used twice, until it would be refused for its age. */
export interface NoncesTable {
  name: string;
  expires_at: number;
}

/** Keys that tokens are signed with; `StoredSigningKey` of lib/ports/token-store.ts describes the columns. */
export interface SigningKeysTable {
  id: string;
  algorithm: string;
  sealed_key: string;
  created_at: number;
  active_from: number;
}

/** Chains of refresh tokens, one row each; `RefreshGrant` of lib/ports/token-store.ts describes the columns. */
export interface RefreshGrantsTable {
  id: string;
  key_id: string;
  credential_id: string;
  /** JSON list. */
  scopes: string;
  session: string | null;
  expires_at: number;
  digest: string;
}

/** Revoked access tokens, until they would have expired. */
export interface RevokedTokensTable {
  id: string;
  key_id: string;
  expires_at: number;
}

/** The processes that follow the trail; `Instance` of lib/ports/change-feed.ts describes the columns. */
export interface InstancesTable {
  id: string;
  beat: number;
  acked: number;
  lease_ms: number;
  place: Generated<string | null>;
  /** 1 or 0. */
  takes_signatures: Generated<number>;
}

/** One row: the place where all processes record signatures. */
export interface SignaturePlaceTable {
  id: number;
  place: string | null;
  since: number;
}

/** The queue of one receiver of events; `EventQueue` of lib/ports/event-store.ts describes the columns. */
export interface EventQueuesTable {
  id: string;
  cursor: number;
  holder: string | null;
  beat: number;
  declared_at: number | null;
}

/** Events that were not taken yet; `EventDelivery` of lib/ports/event-store.ts describes the columns. */
export interface EventDeliveriesTable {
  queue_id: string;
  sequence: number;
  event_id: string;
  type: string;
  subject: string;
  body: string;
  attempts: number;
  due_at: number;
  /** 1 or 0. */
  is_dead: number;
  last_status: number | null;
  last_error: string | null;
}

/** Endpoints that events are sent to; `WebhookRecord` of lib/domain/webhook.ts describes the columns. */
export interface WebhooksTable {
  id: string;
  url: string;
  description: string | null;
  /** JSON list. */
  types: string | null;
  /** 1 or 0. */
  is_enabled: number;
  disabled_reason: string | null;
  /** JSON list. */
  secrets: string;
  version: number;
  created_at: number;
  updated_at: number;
}

export interface SchemaVersionsTable {
  version: number;
  name: string;
}
