import type { ObservedFilter } from '../audit/list-observed.js';
import type { TrailReport } from '../audit/trail-report.js';
import type { ApiKey } from '../domain/api-key-view.js';
import type { AuditEvent } from '../domain/audit-event.js';
import type { ObservedReport } from '../domain/observed-view.js';
import type { Owner } from '../domain/owner-view.js';
import type { KeyUsage } from '../domain/usage-view.js';
import type { PostureItem } from '../domain/posture-view.js';
import type { ImportProblem, ImportProgress, ImportReport } from '../manage/import-keys.js';
import type { Page } from '../manage/list-page.js';

/** Conditions and inputs as the options of a command give them: what was left out has no member. The command checks them. */
export type GivenInput = object;

/** What every change answers with. */
export interface WithEffect {
  /** `null`: every process sees the change. Otherwise the time from which all of them do. */
  readonly effectiveBy: Date | null;
}

/** A key after a change. */
export type ChangedKey = ApiKey & WithEffect;

/** A key whose string is shown this once. */
export type KeyWithToken = ChangedKey & { readonly key: string };

/** What an import takes. */
export interface InstanceImport {
  readonly format: string;
  /** Their type is that of the app's scopes, which nothing here knows; the import checks every row. */
  readonly rows: AsyncIterable<never>;
  readonly dryRun: boolean;
  readonly onProgress: (progress: ImportProgress) => unknown;
  readonly onProblem: (problem: ImportProblem) => unknown;
}

/** The commands of `apiKeys.keys.as(actor)` that the program offers. */
export interface KeyCommands {
  list(filter: GivenInput): Promise<Page<ApiKey>>;
  get(input: GivenInput): Promise<ApiKey | null>;
  create(input: GivenInput): Promise<KeyWithToken>;
  update(input: GivenInput): Promise<ChangedKey>;
  rotate(input: GivenInput): Promise<KeyWithToken>;
  revoke(input: GivenInput): Promise<ChangedKey>;
  revokeAll(input: GivenInput): Promise<readonly ChangedKey[]>;
  usage(input: GivenInput): Promise<KeyUsage>;
  posture(filter: GivenInput): Promise<Page<PostureItem>>;
  import(input: InstanceImport): Promise<ImportReport>;
}

/** The commands of `apiKeys.owners.as(actor)` that the program offers. */
export interface OwnerCommands {
  list(filter: GivenInput): Promise<Page<Owner>>;
  suspend(input: GivenInput): Promise<Owner & WithEffect>;
  resume(input: GivenInput): Promise<Owner & WithEffect>;
}

/** The commands of `apiKeys.audit.as(actor)` that the program offers. */
export interface AuditCommands {
  list(filter: GivenInput): Promise<Page<AuditEvent>>;
  listObserved(filter: ObservedFilter): Promise<ObservedReport>;
  export(filter: GivenInput): AsyncIterable<AuditEvent>;
  verify(input: GivenInput): Promise<TrailReport>;
}
