import type { RequestHandler } from 'express';
import type { AuditService } from '../audit/audit-service.js';
import type { Keyspace } from '../domain/keyspace.js';
import type { Keyspaces } from '../domain/keyspaces.js';
import type { AccessNotes } from '../http/access-notes.js';
import type { Challenge } from '../http/challenge.js';
import type { ClientAddress } from '../http/client-address.js';
import type { ProblemTypes } from '../http/problem-types.js';
import type { RequestIdReader } from '../http/request-id-reader.js';
import type { ApiKeysStatus } from '../domain/api-keys-status.js';
import type { KeyService } from '../manage/key-service.js';
import type { WebhookService } from '../events/webhook-service.js';
import type { OwnerService } from '../manage/owner-service.js';
import type { Clock } from '../ports/clock.js';
import type { ErrorReporter } from '../http/error-reporter.js';
import type { CredentialHeader } from '../http/credential-source.js';
import type { ResolvedAdminRouterOptions } from './admin-router-options.js';
import type { RefusalNotes } from './refusal-notes.js';
import type { FindRequestChains } from './request-chains.js';
import type { StepUpPorts } from '../ports/step-up-ports.js';
import type { StepUp } from './step-up.js';

/** The dependencies of an admin router. */
export interface AdminRouterParts {
  readonly keys: KeyService;
  readonly owners: OwnerService;
  readonly keyspace: Keyspace;
  /** Where it is noted with which scopes keys manage keys. */
  readonly keyspaces: Pick<Keyspaces, 'addManagementScope'>;
  readonly clock: Clock;
  readonly audit: AuditService;
  /** `null` without the option `events.webhooks`. */
  readonly webhooks: WebhookService | null;
  readonly stepUp: StepUpPorts;
  readonly reportError: ErrorReporter;
  readonly access: AccessNotes;
  readonly clientAddress: ClientAddress;
  readonly readRequestId: RequestIdReader;
  /** Rejects with ApiKeysError `unavailable` while keys cannot be read or changed. */
  readonly whenReady: () => Promise<void>;
  /** Begins to load code, and makes `ready()` wait for it, and reject when it cannot be loaded; the next `ready()` tries again. */
  readonly awaitLoading: (load: () => Promise<unknown>) => void;
  /** Accepts any valid key and sets `req.apiKey`; answers all other requests itself. */
  readonly holderGuard: RequestHandler;
  readonly challenge: Challenge;
  readonly problemTypes: ProblemTypes;
  /** How long access tokens of keys without a lifetime of their own live; `null`: keys get none. */
  readonly tokenLifetimeSeconds: number | null;
  /** The state of the instance, without I/O. */
  readonly status: () => ApiKeysStatus;
  /** Where `holderGuard` reads keys from. */
  readonly credentialHeaders: readonly CredentialHeader[];
}

/** The settings of one router, derived from its options. */
export interface RouterSettings extends ResolvedAdminRouterOptions {
  /** Loaded once, from when the router is created: an app without one does not pay for express-validator. */
  readonly loadChains: () => Promise<FindRequestChains>;
  readonly refusals: RefusalNotes;
  /** `null`: no second factor is required. */
  readonly secondFactor: StepUp | null;
  /** Returns the OpenAPI document for the path that the router is mounted at. */
  readonly documentText: (mountedAt: string) => string;
}
