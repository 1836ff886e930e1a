import type { OwnerRecord } from '../domain/owner.js';
import type { ChangeContext, ExpectedVersion, KeyInput } from './change.js';
import type { ChangedOwner } from './change-owner.js';
import { getOwner } from './get-owner.js';
import type { Page } from './list-page.js';
import { listOwners, type OwnerFilter } from './list-owners.js';
import type { ManagePorts } from './manage-ports.js';
import type { ParsedFields } from './parsed-fields.js';
import { resumeOwner } from './resume-owner.js';
import { suspendOwner } from './suspend-owner.js';

/**
 * Management of owners without HTTP, for admins and the app's own code. Inputs are validated here, whatever their type, unless
 * an edge has parsed them.
 *
 * Every method throws ApiKeysError: `forbidden` to owners and keys, `invalid_request`, `precondition_failed` when `expected`
 * does not include the stored version, `unavailable` when the store does not respond (the change may have been made).
 */
export interface OwnerService {
  get(context: ChangeContext, ownerId: string): Promise<OwnerRecord>;
  list(context: ChangeContext, filter: OwnerFilter | ParsedFields): Promise<Page<OwnerRecord>>;
  /** `input` may contain a `suspensionReason`. */
  suspend(
    context: ChangeContext,
    ownerId: string,
    input?: KeyInput,
    expected?: ExpectedVersion,
  ): Promise<ChangedOwner>;
  resume(
    context: ChangeContext,
    ownerId: string,
    input?: KeyInput,
    expected?: ExpectedVersion,
  ): Promise<ChangedOwner>;
}

/** Binds the commands to their ports. */
export function createOwnerService(ports: ManagePorts): OwnerService {
  return {
    get: (context, ownerId) => getOwner(ports, context, ownerId),
    list: (context, filter) => listOwners(ports, context, filter),
    suspend: (context, ownerId, input, expected) => suspendOwner(ports, context, ownerId, input, expected),
    resume: (context, ownerId, input, expected) => resumeOwner(ports, context, ownerId, input, expected),
  };
}
