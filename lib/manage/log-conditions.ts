import { accessActions } from '../domain/access-entry.js';
import type { AuditAction } from '../domain/audit-entry.js';
import { InvalidFieldError, parseMoment } from '../domain/key-fields.js';
import { problems } from '../errors.js';
import { parseCondition } from './list-filter.js';
import type { FieldReaders } from './read-fields.js';

/** What every log is filtered by, after parsing: times are epoch milliseconds. */
export interface ReadLogConditions {
  readonly ownerId?: string | undefined;
  readonly keyId?: string | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

/** Conditions after parsing. */
export type ReadConditions<F> = Omit<F, 'limit' | 'cursor' | 'from' | 'to'> & ReadLogConditions;

/** The readers of the conditions that all logs have. */
export const logConditions: FieldReaders<ReadLogConditions> = {
  ownerId: parseCondition,
  keyId: parseCondition,
  from: parseMoment,
  to: parseMoment,
};

/** A record, so that the compiler finds a missing action. */
const auditActions: Readonly<Record<AuditAction, true>> = {
  'key.created': true,
  'key.imported': true,
  'key.updated': true,
  'key.enabled': true,
  'key.disabled': true,
  'key.rotated': true,
  'key.grace_started': true,
  'key.revoked': true,
  'key.erased': true,
  'key.removed': true,
  'key.carried': true,
  'key.expiring': true,
  'token.revoked': true,
  'owner.suspended': true,
  'owner.resumed': true,
  'owner.updated': true,
  'owner.erased': true,
  'audit.trimmed': true,
  'webhook.created': true,
  'webhook.updated': true,
  'webhook.secret_rotated': true,
  'webhook.disabled': true,
  'webhook.deleted': true,
};

/** Every action of the audit log, in the order of a key's lifecycle. */
export const auditActionNames: readonly string[] = Object.keys(auditActions);

/** Actions of the audit log and of the access log; neither contains entries of the other. */
export const soughtActions: readonly string[] = [...auditActionNames, ...accessActions];

/** The code of every answer. */
export const soughtCodes: readonly string[] = Object.keys(problems);

/** The action of an entry. A misspelt one would be a list without entries, which looks as if nothing had happened. */
export function parseAction(value: unknown): string {
  return requireOneOf(value, soughtActions);
}

/** The code of an answer; as with actions, a misspelt one is refused. */
export function parseProblemCode(value: unknown): string {
  return requireOneOf(value, soughtCodes);
}

function requireOneOf(value: unknown, allowed: readonly string[]): string {
  const found = allowed.find((each) => each === value);
  if (found !== undefined) return found;
  throw new InvalidFieldError(`must be one of ${allowed.join(', ')}`);
}
