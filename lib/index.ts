// The entry: one call makes everything, the rest are the types and errors that go with it.
export { createApiKeys } from './create-api-keys.js';
export type { AnyApiKeys, ApiKeys } from './api-keys.js';
export type { ApiKeysStatus } from './domain/api-keys-status.js';
export type { ApiKeysOptions } from './options/api-keys-options.js';
export type { PlanOption } from './options/plans-option.js';
export type { PolicyOption } from './options/policy-option.js';
export type { ExpiryNoticeMessage, ExpiryNoticesOption } from './options/expiry-notices-option.js';
export type { ChangeListener } from './feed/change-listeners.js';
export type { KeyEvent } from './domain/key-change.js';
export type { FailureBudgetOptions } from './verify/failure-budget.js';
export type { Clock } from './ports/clock.js';
export type { Logger } from './ports/logger.js';

// Limits and credits.
export type { RateLimit } from './domain/rate-limit.js';
export type { RateLimitState } from './domain/rate-limit-state.js';
export type { Credits, NewCredits } from './domain/credits.js';

// What handlers see of the caller.
export { apiKeyOf } from './middleware/api-key-of.js';
export type { ApiKeyIdentity, CallerVia } from './domain/api-key-identity.js';

// Guards and their answers.
export type { RefusalAnswer, RefusalHandler } from './http/refusal-handler.js';
export type { ApiKeyGuard } from './middleware/api-key-guard.js';
export type { ForwardAuthOptions } from './middleware/forward-auth-options.js';
export type { GuardOptions } from './middleware/guard-options.js';
export type { McpGuardOptions } from './middleware/mcp-guard-options.js';
export type { RequiredScopes } from './domain/required-scopes.js';
export type { RequireApiKey } from './middleware/require-api-key.js';
export type { RequiredScopesByMethod } from './http/required-scopes-by-method.js';
export type { RequestVerdict } from './http/request-verdict.js';
export type { VerifiableRequest } from './http/verifiable-request.js';
export type { VerifyRequestOptions } from './http/verify-request-options.js';
export type { CredentialSource } from './http/credential-source.js';
export type { Allowed, DeprecatedSecret, Refusal, RefusalCode, Verdict } from './domain/verdict.js';

// Signed requests.
export { keepRawBody } from './http/keep-raw-body.js';
export {
  signRequest,
  type PrivateKeySigner,
  type RequestToSign,
  type SecretSigner,
} from './signatures/sign-request.js';
export type { SignaturesOption } from './options/signatures-option.js';

// Access tokens.
export type { TokensOption } from './options/tokens-option.js';

// Managing keys, over HTTP and without.
export type { AdminRouterOptions } from './admin/admin-router.js';
export type {
  StepUpAttempt,
  StepUpOperation,
  StepUpOptions,
  StepUpResult,
  VerifyStepUp,
} from './http/step-up-options.js';
export type { Actor } from './domain/actor.js';
export type { ApiKey } from './domain/api-key-view.js';
export type { ShownPublicKey } from './domain/shown-public-key.js';
export type { KeyState } from './domain/key-state.js';
export type { RevocationReason } from './domain/revocation-reason.js';
export type { JsonObject, JsonValue } from './domain/json.js';
export type { GrantableScope } from './domain/grantable-scope.js';
export type { KeyUpdate, NewKey } from './api/key-inputs.js';
export type { ChangedKey, CreatedKey, RotatedKey } from './api/key-results.js';
export type { KeysApi } from './api/keys-api.js';
export type { ActingKeysApi } from './api/acting-keys-api.js';
export type { VerifyInput } from './api/read-verify-input.js';
export type { CallActor } from './api/call-actor.js';
export type { CallOptions, ChangeOptions } from './api/call-options.js';
export type { Owner } from './domain/owner-view.js';
export type { ActingOwnersApi, ChangedOwner, OwnersApi } from './api/owners-api.js';
export type { AuditApi } from './api/audit-api.js';
export type { ActingAuditApi } from './api/acting-audit-api.js';
export type { AccessFilter } from './audit/list-access.js';
export type { TrailProblem, TrailReport } from './audit/trail-report.js';
export type { AuditConditions } from './manage/audit-conditions.js';
export type { AuditFilter } from './manage/list-events.js';
export type { ResealReport } from './manage/reseal-secrets.js';
export type { KeyUsage, UsagePeriod } from './domain/usage-view.js';
export type { UseVerdict } from './domain/key-usage.js';
export type { AuditAction, AuditActor } from './domain/audit-entry.js';
export type { AuditEvent } from './domain/audit-event.js';
export type { AccessAction } from './domain/access-entry.js';
export type { AccessEvent } from './domain/access-event.js';
export type { KeyFilter } from './manage/list-keys.js';
export type { Page } from './manage/list-page.js';

// Events.
export type { ApiKeysEvent } from './domain/api-keys-event.js';

// What is thrown.
export {
  ApiKeysError,
  InvalidOptionError,
  type ApiKeysErrorCode,
  type FieldProblem,
  type StepUpChallenge,
  type ProblemCode,
} from './errors.js';
