// For authors of stores: the port, what it stores, the rules that every store applies, and the contract as tests.

// The port.
export type {
  AuditQuery,
  ChangeLane,
  ChangeQueuing,
  ExpiryNotice,
  KeyPosition,
  KeyQuery,
  KeyStore,
  KeyStoreTransaction,
  KeyUse,
  OwnerKeyCounts,
} from '../ports/key-store.js';
export type {
  BeatAnswer,
  ChangeFeed,
  FeedChange,
  FeedPosition,
  FeedWatch,
  Instance,
  ListedBeat,
  PlaceAnswer,
  PlaceClaim,
} from '../ports/change-feed.js';
export type { ObservationLog, ObservationQuery } from '../ports/observation-log.js';
export type { AccessLog, AccessQuery } from '../ports/access-log.js';
export type { AuditTrail, KeyWithLastEntry, StoredEntry } from '../ports/audit-trail.js';
export type {
  CreditChange,
  CreditLedger,
  CreditPayer,
  CreditPayment,
  SharedCredits,
} from '../ports/credit-ledger.js';
export { refusePayment } from '../ports/refuse-payment.js';
export type { ErasedTraces, Erasure } from '../ports/erasure.js';
export type {
  AttemptResult,
  DeliveryQuery,
  EventDelivery,
  EventQueue,
  EventStore,
  QueueStep,
} from '../ports/event-store.js';
export type { ExpiredRows, Housekeeping } from '../ports/housekeeping.js';
export type { IdempotencyClaim, IdempotencyClaims } from '../ports/idempotency-claims.js';
export type { OwnerQuery, OwnerStore } from '../ports/owner-store.js';
export type { NonceStore } from '../ports/nonce-store.js';
export type {
  RefreshGrant,
  RefreshGrantStore,
  RevokedToken,
  SigningAlgorithm,
  SigningKeyStore,
  StoredSigningKey,
  TokenStore,
} from '../ports/token-store.js';
export type { RouteUsageQuery, UsageLog, UsageQuery } from '../ports/usage-log.js';

// What is stored.
export type { ApiKeyRecord, KeyHint } from '../domain/api-key.js';
export type { QueuedEvent } from '../domain/api-keys-event.js';
export type { SealedWebhookSecret, WebhookRecord } from '../domain/webhook.js';
export type { OwnerRecord, OwnerStanding } from '../domain/owner.js';
export type { Credential, PublicKeyCredential, SecretCredential } from '../domain/credential.js';
export type { Credits, CreditBalance } from '../domain/credits.js';
export type { RateLimit } from '../domain/rate-limit.js';
export type { RevocationReason } from '../domain/revocation-reason.js';
export type { KeyState } from '../domain/key-state.js';
export type { LifetimeBounds } from '../domain/lifetime-bounds.js';
export type { JsonObject, JsonValue } from '../domain/json.js';
export type { UsageCount, UseVerdict } from '../domain/key-usage.js';
export { maxRoutesPerDay, otherRoutes } from '../domain/route-usage.js';
export type { DailyRouteCount, RouteCount, StatusClass } from '../domain/route-usage.js';
export type { ObservedGroup, ObservedRefusal } from '../domain/observed-refusal.js';
export type { AccessAction, AccessEntry } from '../domain/access-entry.js';
export type { AuditAction, AuditActor, AuditEntry, AuditEntryDraft } from '../domain/audit-entry.js';

// Rules that stores apply and that are the same for all of them.
export { getKeyState } from '../domain/key-state.js';
export { getExpiresAt, getIdleAt } from '../domain/key-lifetime.js';
export type { LivingKey } from '../domain/key-lifetime.js';
export { refillCredits } from '../domain/credits.js';
export { toSharedBalance } from '../domain/plan-credits.js';
export type { PlanCredits, SpentCredits } from '../domain/plan-credits.js';
export { startOfFeed } from '../ports/change-feed.js';
export {
  hashAuditEntry,
  serializeAuditEntry,
  firstAuditHash,
  parseAuditEntry,
} from '../ports/audit-chain.js';
export type { SerializedAuditEntry } from '../ports/audit-chain.js';

// The contract.
export { describeKeyStore } from './key-store-contract.js';
export type { StoreUnderTest } from './key-store-contract.js';
export type { Expectation, TestApi } from './test-api.js';
