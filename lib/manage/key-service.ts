import type { ApiKeyRecord } from '../domain/api-key.js';
import type { AuditEntry } from '../domain/audit-entry.js';
import type { PostureFinding } from '../domain/posture.js';
import type { Moment } from '../domain/moment.js';
import { createKey } from './create-key.js';
import type { Caller } from '../domain/caller.js';
import type { Grantable } from '../domain/grantable.js';
import { getCaller } from './get-caller.js';
import type { RecordedUsage } from '../domain/usage-view.js';
import { getGrantable } from './get-grantable.js';
import { getKey } from './get-key.js';
import { getKeyUsage, type UsageFilter } from './get-key-usage.js';
import { getPosture, type PostureFilter } from './get-posture.js';
import { getUsableKey } from './get-usable-key.js';
import { listEvents, type AuditFilter } from './list-events.js';
import { listKeys, type KeyFilter } from './list-keys.js';
import type { Page } from './list-page.js';
import type { ManagePorts } from './manage-ports.js';
import type { ParsedFields } from './parsed-fields.js';
import { RepeatableChanges, type RepeatableKeyChange, type RepeatableResult } from './repeatable-changes.js';
import { replayKeyChange } from './replay-key-change.js';
import { resealSecrets, type ResealReport } from './reseal-secrets.js';
import { importKeys, type ImportInput, type ImportReport } from './import-keys.js';
import { importRows, type RowImport } from './import-rows.js';
import { revokeAllKeys } from './revoke-all-keys.js';
import { revokeKey } from './revoke-key.js';
import { assertRole } from './role-authority.js';
import { rotateKey } from './rotate-key.js';
import { updateKey } from './update-key.js';
import type { ChangeContext, Changed, WithToken, ExpectedVersion, KeyInput } from './change.js';

/**
 * Key management without HTTP. Inputs are validated here, whatever their type, unless an edge has parsed them
 * (`ParsedFields`).
 *
 * Every method throws ApiKeysError: `invalid_request` with the invalid fields, `not_found` for keys that do not exist or that
 * the actor may not see, `forbidden` and `insufficient_scope` for what the actor may not do, `conflict`, `precondition_failed`
 * when `expected` does not include the stored version, `unavailable` when the store does not respond (the change may have been
 * made).
 */
export interface KeyService {
  create(context: ChangeContext, input: KeyInput): Promise<Changed & WithToken>;
  /**
   * The same, once for each `Idempotency-Key` of the caller: a repetition within 24 hours returns the key without its token.
   * Also throws `request_in_progress` and `idempotency_key_reused`.
   *
   * @param asked - the input, as it was sent, that determines whether two requests are the same; default: `input`
   */
  createOnce(
    context: ChangeContext,
    idempotencyKey: string,
    input: KeyInput,
    asked?: KeyInput,
  ): Promise<RepeatableResult>;
  get(context: ChangeContext, id: string): Promise<ApiKeyRecord>;
  /** The same, with what the plan of its owner includes of its scopes and features now. */
  getUsable(context: ChangeContext, id: string): Promise<ApiKeyRecord>;
  /** How often a key was used. */
  usage(
    context: ChangeContext,
    id: string,
    filter: UsageFilter<Moment> | ParsedFields,
  ): Promise<RecordedUsage>;
  list(context: ChangeContext, filter: KeyFilter<Moment> | ParsedFields): Promise<Page<ApiKeyRecord>>;
  /** What deserves attention about the active keys of one page of the list. */
  posture(context: ChangeContext, filter: PostureFilter | ParsedFields): Promise<Page<PostureFinding>>;
  listEvents(context: ChangeContext, filter: AuditFilter<Moment> | ParsedFields): Promise<Page<AuditEntry>>;
  /** `input` contains at least one of the fields that can be changed (domain/key-field-table.ts). */
  update(context: ChangeContext, id: string, input: KeyInput, expected?: ExpectedVersion): Promise<Changed>;
  /**
   * `input`: `{}` invalidates the old secret immediately, `{ gracePeriodSeconds }` keeps it valid for that long, and with
   * `graceStartsOnFirstUse` the period starts when the new secret is first used.
   */
  rotate(
    context: ChangeContext,
    id: string,
    input: KeyInput,
    expected?: ExpectedVersion,
  ): Promise<Changed & WithToken>;
  /** The same, once for each `Idempotency-Key` of the caller; `asked` as for `createOnce`. */
  rotateOnce(
    context: ChangeContext,
    idempotencyKey: string,
    id: string,
    input: KeyInput,
    expected?: ExpectedVersion,
    asked?: KeyInput,
  ): Promise<RepeatableResult>;
  /**
   * Final. Revoking a revoked key changes nothing and succeeds. `input` may contain a `reason` (one of the reasons of RFC 5280)
   * and a `comment`.
   */
  revoke(context: ChangeContext, id: string, expected?: ExpectedVersion, input?: KeyInput): Promise<Changed>;
  /**
   * Revokes every key of an owner, including keys that are created meanwhile; in steps, so that other changes can proceed. When
   * it fails, some keys may have been revoked: call it again to continue with the rest.
   */
  revokeAll(context: ChangeContext, ownerId: string, input?: KeyInput): Promise<readonly Changed[]>;
  /** Imports keys of another system. For admins and the app itself. */
  import(context: ChangeContext, input: ImportInput): Promise<ImportReport>;
  /** The same for the rows of one request. Also throws `conflict` when there is no such format. */
  importRows(context: ChangeContext, input: RowImport): Promise<ImportReport>;
  /** What the actor may give to keys. */
  grantable(context: ChangeContext): Promise<Grantable>;
  /** Who the actor is, and what it may do with keys. */
  caller(context: ChangeContext): Promise<Caller>;
  /** Seals the secrets that sign, and those of webhooks, under the current pepper. For the app itself alone. */
  resealSecrets(context: ChangeContext): Promise<ResealReport>;
}

/** Binds the commands to their ports. */
export function createKeyService(ports: ManagePorts): KeyService {
  const repeatable = new RepeatableChanges(ports);
  return {
    create: (context, input) => createKey(ports, context, input),
    async createOnce(context, idempotencyKey, input, asked = input) {
      // A repetition reads only, and must not be open to those who could not make the change.
      assertRole(context, 'create');
      return repeatable.make<RepeatableKeyChange>(
        context,
        { operation: 'create', subject: null, idempotencyKey, input: asked },
        (claim) => createKey(ports, context, input, claim),
        (claim) => replayKeyChange(ports, context, 'create', claim),
      );
    },
    get: (context, id) => getKey(ports, context, id),
    getUsable: (context, id) => getUsableKey(ports, context, id),
    grantable: (context) => getGrantable(ports, context),
    caller: (context) => getCaller(ports, context),
    import: (context, input) => importKeys(ports, context, input),
    importRows: (context, input) => importRows(ports, context, input),
    resealSecrets: (context) => resealSecrets(ports, context),
    usage: (context, id, filter) => getKeyUsage(ports, context, id, filter),
    list: (context, filter) => listKeys(ports, context, filter),
    posture: (context, filter) => getPosture(ports, context, filter),
    listEvents: (context, filter) => listEvents(ports, context, filter),
    update: (context, id, input, expected) => updateKey(ports, context, id, input, expected),
    rotate: (context, id, input, expected) => rotateKey(ports, context, id, input, expected),
    async rotateOnce(context, idempotencyKey, id, input, expected, asked = input) {
      assertRole(context, 'rotate');
      return repeatable.make<RepeatableKeyChange>(
        context,
        { operation: 'rotate', subject: id, idempotencyKey, input: asked },
        (claim) => rotateKey(ports, context, id, input, expected, claim),
        (claim) => replayKeyChange(ports, context, 'rotate', claim),
      );
    },
    revoke: (context, id, expected, input) => revokeKey(ports, context, id, expected, input),
    revokeAll: (context, ownerId, input) => revokeAllKeys(ports, context, ownerId, input),
  };
}
