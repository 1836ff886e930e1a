import type { AuditService } from '../audit/audit-service.js';
import type { Keyspace } from '../domain/keyspace.js';
import type { OtherProcess } from '../domain/other-process.js';
import type { WebhookService } from '../events/webhook-service.js';
import type { KeyService } from '../manage/key-service.js';
import type { OwnerService } from '../manage/owner-service.js';
import type { KeyPlace } from '../feed/change-listeners.js';
import type { SessionBinder } from '../ports/session-binder.js';
import type { StepUpPorts } from '../ports/step-up-ports.js';
import type { LimitCountingMode } from '../verify/limit-counting.js';
import type { ApiKeyVerifier } from '../verify/verify-api-key.js';
import type { RunningSignatures } from './start-signatures.js';
import type { RunningTokens } from './start-tokens.js';

/** What exists while an instance is ready. */
export interface Running {
  /** Creates keys in the native keyspace, and lists and changes those of all keyspaces. */
  readonly service: KeyService;
  /** Builds a service that is limited to one keyspace. */
  readonly createServiceFor: (keyspace: Keyspace) => KeyService;
  readonly owners: OwnerService;
  readonly audit: AuditService;
  /** `null` without the option `events.webhooks`. */
  readonly webhooks: WebhookService | null;
  readonly verifier: ApiKeyVerifier;
  /** `null` without the option `tokens`. */
  readonly tokens: RunningTokens | null;
  /** `null` without the option `signatures`. */
  readonly signatures: RunningSignatures | null;
  /** What verifying second factors needs. */
  readonly stepUp: StepUpPorts;
  /** Whose key it is and which keys are above it, if this process caches the key; else `null`. */
  readonly findCachedPlace: (keyId: string) => KeyPlace | null;
  /** Whose key it is, and which keys are above it. */
  readonly findPlace: (keyId: string) => Promise<KeyPlace>;
  /** Binds sessions of MCP servers to keys. */
  readonly sessions: SessionBinder;
  /** Returns the current state of its parts without I/O. */
  readonly health: () => RunningHealth;
  /** Follows the changes from now on, also after a quiet time; without waiting. */
  readonly followChanges: () => void;
  /** Records that a request or a call needs this process: it does not go quiet for a while. */
  readonly noteActivity: () => void;
  readonly stop: () => Promise<void>;
}

/** The state of the parts of a running instance. */
export interface RunningHealth {
  /** `down`: the lease has expired because the database did not respond, so cached keys must not be used. */
  readonly database: 'up' | 'down';
  readonly quiet: boolean;
  readonly redis: 'up' | 'down' | 'none';
  readonly wakeMode: 'push' | 'poll' | 'none';
  readonly processes: number;
  readonly lagMs: number | null;
  readonly others: readonly OtherProcess[];
  readonly cachedKeys: number;
  readonly limits: LimitCountingMode;
}

/** Returns what handles access tokens; to be called only with the option `tokens`. */
export function requireTokens({ tokens }: Running): RunningTokens {
  if (tokens === null) throw new Error('There are no tokens without the option tokens.');
  return tokens;
}

/** Returns what handles signed requests; to be called only with the option `signatures`. */
export function requireSignatures({ signatures }: Running): RunningSignatures {
  if (signatures === null) throw new Error('There are no signed requests without the option signatures.');
  return signatures;
}
